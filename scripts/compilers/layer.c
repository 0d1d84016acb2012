/*
 * A Vulkan layer that asks a driver's compiler about every compute pipeline: its statistics and its listings, as the extension
 * VK_KHR_pipeline_executable_properties tells them. Dawn neither enables the extension nor asks, so that both happen here.
 *
 * Records are appended to the file named by AF3_GPU_COMPILER_RECORDS; scripts/compilers/records.mjs reads them:
 *   pipeline <tab> lanes of a subgroup
 *   number <tab> name <tab> value
 *   text <tab> name <tab> count of bytes, and after the line so many bytes and a line's end
 *   end
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vulkan/vk_layer.h>
#include <vulkan/vulkan.h>

/* The functions below this layer. A process of the lab makes pipelines on one device, the one that it opened last. */
static struct {
  VkInstance instance;
  PFN_vkGetInstanceProcAddr of_instance;
  PFN_vkGetDeviceProcAddr of_device;
} below;

static void write_number(FILE *out, const VkPipelineExecutableStatisticKHR *statistic) {
  fprintf(out, "number\t%s\t", statistic->name);
  switch (statistic->format) {
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_BOOL32_KHR: fprintf(out, "%d\n", statistic->value.b32 ? 1 : 0); break;
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_INT64_KHR: fprintf(out, "%lld\n", (long long)statistic->value.i64); break;
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_FLOAT64_KHR: fprintf(out, "%.17g\n", statistic->value.f64); break;
    default: fprintf(out, "%llu\n", (unsigned long long)statistic->value.u64);
  }
}

static void write_numbers(FILE *out, VkDevice device, const VkPipelineExecutableInfoKHR *executable) {
  PFN_vkGetPipelineExecutableStatisticsKHR get =
      (PFN_vkGetPipelineExecutableStatisticsKHR)below.of_device(device, "vkGetPipelineExecutableStatisticsKHR");
  uint32_t count = 0;
  if (!get || get(device, executable, &count, NULL) != VK_SUCCESS || count == 0) return;
  VkPipelineExecutableStatisticKHR *all = calloc(count, sizeof *all);
  if (!all) return;
  for (uint32_t at = 0; at < count; at++) all[at].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR;
  if (get(device, executable, &count, all) >= 0)
    for (uint32_t at = 0; at < count; at++) write_number(out, &all[at]);
  free(all);
}

static void write_texts(FILE *out, VkDevice device, const VkPipelineExecutableInfoKHR *executable) {
  PFN_vkGetPipelineExecutableInternalRepresentationsKHR get =
      (PFN_vkGetPipelineExecutableInternalRepresentationsKHR)below.of_device(
          device, "vkGetPipelineExecutableInternalRepresentationsKHR");
  uint32_t count = 0;
  if (!get || get(device, executable, &count, NULL) < 0 || count == 0) return;
  VkPipelineExecutableInternalRepresentationKHR *all = calloc(count, sizeof *all);
  if (!all) return;
  for (uint32_t at = 0; at < count; at++)
    all[at].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INTERNAL_REPRESENTATION_KHR;
  /* Asked without memory, drivers tell sizes; asked again, they fill it. */
  bool told = get(device, executable, &count, all) >= 0;
  for (uint32_t at = 0; told && at < count; at++) told = (all[at].pData = calloc(1, all[at].dataSize + 1)) != NULL;
  if (told && get(device, executable, &count, all) >= 0)
    for (uint32_t at = 0; at < count; at++) {
      if (!all[at].isText) continue;
      size_t bytes = strnlen(all[at].pData, all[at].dataSize);
      fprintf(out, "text\t%s\t%zu\n", all[at].name, bytes);
      fwrite(all[at].pData, 1, bytes, out);
      fputc('\n', out);
    }
  for (uint32_t at = 0; at < count; at++) free(all[at].pData);
  free(all);
}

static void write_records(VkDevice device, VkPipeline pipeline) {
  const char *path = getenv("AF3_GPU_COMPILER_RECORDS");
  PFN_vkGetPipelineExecutablePropertiesKHR get =
      (PFN_vkGetPipelineExecutablePropertiesKHR)below.of_device(device, "vkGetPipelineExecutablePropertiesKHR");
  FILE *out = path && get ? fopen(path, "ab") : NULL;
  if (!out) return;
  VkPipelineInfoKHR which = {.sType = VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR, .pipeline = pipeline};
  /* A compute pipeline is one executable. */
  uint32_t count = 1;
  VkPipelineExecutablePropertiesKHR properties = {.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_PROPERTIES_KHR};
  if (get(device, &which, &count, &properties) >= 0 && count > 0) {
    VkPipelineExecutableInfoKHR executable = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR, .pipeline = pipeline, .executableIndex = 0};
    fprintf(out, "pipeline\t%u\n", properties.subgroupSize);
    write_numbers(out, device, &executable);
    write_texts(out, device, &executable);
    fprintf(out, "end\n");
  }
  fclose(out);
  fflush(stdout); /* some drivers print their listings */
}

static VKAPI_ATTR VkResult VKAPI_CALL make_pipelines(VkDevice device, VkPipelineCache cache, uint32_t count,
                                                     const VkComputePipelineCreateInfo *wanted,
                                                     const VkAllocationCallbacks *allocator, VkPipeline *made) {
  (void)cache; /* what comes out of a cache has no statistics */
  PFN_vkCreateComputePipelines make =
      (PFN_vkCreateComputePipelines)below.of_device(device, "vkCreateComputePipelines");
  VkComputePipelineCreateInfo *captured = malloc(count * sizeof *captured);
  if (!captured) return VK_ERROR_OUT_OF_HOST_MEMORY;
  memcpy(captured, wanted, count * sizeof *captured);
  for (uint32_t at = 0; at < count; at++)
    captured[at].flags |= VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR |
                          VK_PIPELINE_CREATE_CAPTURE_INTERNAL_REPRESENTATIONS_BIT_KHR;
  VkResult result = make(device, VK_NULL_HANDLE, count, captured, allocator, made);
  free(captured);
  for (uint32_t at = 0; result == VK_SUCCESS && at < count; at++) write_records(device, made[at]);
  return result;
}

static PFN_vkVoidFunction of_device(VkDevice device, const char *name) {
  if (strcmp(name, "vkGetDeviceProcAddr") == 0) return (PFN_vkVoidFunction)of_device;
  if (strcmp(name, "vkCreateComputePipelines") == 0) return (PFN_vkVoidFunction)make_pipelines;
  return below.of_device(device, name);
}

static VKAPI_ATTR VkResult VKAPI_CALL make_device(VkPhysicalDevice physical, const VkDeviceCreateInfo *wanted,
                                                  const VkAllocationCallbacks *allocator, VkDevice *made) {
  VkLayerDeviceCreateInfo *link = (VkLayerDeviceCreateInfo *)wanted->pNext;
  while (link && (link->sType != VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO || link->function != VK_LAYER_LINK_INFO))
    link = (VkLayerDeviceCreateInfo *)link->pNext;
  if (!link) return VK_ERROR_INITIALIZATION_FAILED;
  PFN_vkGetInstanceProcAddr of_instance = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  below.of_device = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;

  uint32_t count = wanted->enabledExtensionCount;
  const char **extensions = calloc(count + 1, sizeof *extensions);
  if (!extensions) return VK_ERROR_OUT_OF_HOST_MEMORY;
  if (count > 0) memcpy(extensions, wanted->ppEnabledExtensionNames, count * sizeof *extensions);
  extensions[count] = VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME;
  VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR asking = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR,
      .pNext = (void *)wanted->pNext,
      .pipelineExecutableInfo = VK_TRUE};
  VkDeviceCreateInfo changed = *wanted;
  changed.pNext = &asking;
  changed.enabledExtensionCount = count + 1;
  changed.ppEnabledExtensionNames = extensions;
  PFN_vkCreateDevice make = (PFN_vkCreateDevice)of_instance(below.instance, "vkCreateDevice");
  VkResult result = make ? make(physical, &changed, allocator, made) : VK_ERROR_INITIALIZATION_FAILED;
  free(extensions);
  return result;
}

static VKAPI_ATTR VkResult VKAPI_CALL make_instance(const VkInstanceCreateInfo *wanted,
                                                    const VkAllocationCallbacks *allocator, VkInstance *made) {
  VkLayerInstanceCreateInfo *link = (VkLayerInstanceCreateInfo *)wanted->pNext;
  while (link &&
         (link->sType != VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO || link->function != VK_LAYER_LINK_INFO))
    link = (VkLayerInstanceCreateInfo *)link->pNext;
  if (!link) return VK_ERROR_INITIALIZATION_FAILED;
  below.of_instance = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  PFN_vkCreateInstance make = (PFN_vkCreateInstance)below.of_instance(VK_NULL_HANDLE, "vkCreateInstance");
  VkResult result = make ? make(wanted, allocator, made) : VK_ERROR_INITIALIZATION_FAILED;
  if (result == VK_SUCCESS) below.instance = *made;
  return result;
}

static PFN_vkVoidFunction of_instance(VkInstance instance, const char *name) {
  static const struct {
    const char *name;
    PFN_vkVoidFunction function;
  } own[] = {
      {"vkGetInstanceProcAddr", (PFN_vkVoidFunction)of_instance},
      {"vkGetDeviceProcAddr", (PFN_vkVoidFunction)of_device},
      {"vkCreateInstance", (PFN_vkVoidFunction)make_instance},
      {"vkCreateDevice", (PFN_vkVoidFunction)make_device},
      {"vkCreateComputePipelines", (PFN_vkVoidFunction)make_pipelines},
  };
  for (size_t at = 0; at < sizeof own / sizeof *own; at++)
    if (strcmp(name, own[at].name) == 0) return own[at].function;
  return below.of_instance(instance, name);
}

__attribute__((visibility("default"))) VKAPI_ATTR VkResult VKAPI_CALL
vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface *interface) {
  if (interface->loaderLayerInterfaceVersion > 2) interface->loaderLayerInterfaceVersion = 2;
  interface->pfnGetInstanceProcAddr = of_instance;
  interface->pfnGetDeviceProcAddr = of_device;
  interface->pfnGetPhysicalDeviceProcAddr = NULL;
  return VK_SUCCESS;
}
