/** What is asked of an adapter. */
import { defaultLimits } from "../plan/target.ts";

/** Limits that are raised to what the adapter offers. */
export const requestedLimits = [
  "maxStorageBufferBindingSize",
  "maxBufferSize",
  "maxComputeWorkgroupsPerDimension",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxStorageBuffersPerShaderStage",
] as const;

/** The types of WebGPU do not know all of them: what has matrix units tells of them as an experiment only. */
export const wantedFeatures = [
  "timestamp-query",
  "subgroups",
  "shader-f16",
  "subgroup-size-control",
  "chromium-experimental-subgroup-matrix",
] as readonly string[] as readonly GPUFeatureName[];

/** What the kernels cannot do without. */
export const needed = {
  maxStorageBuffersPerShaderStage: defaultLimits.maxStorageBuffersPerShaderStage,
  maxComputeWorkgroupStorageSize: defaultLimits.maxComputeWorkgroupStorageSize,
  maxComputeInvocationsPerWorkgroup: 64,
} as const;
