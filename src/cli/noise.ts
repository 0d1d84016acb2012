/**
 * Lines that libraries write to the process's stderr past JavaScript, about what nobody can change and nothing depends on. Only
 * known lines are listed; whatever else comes is passed on.
 */
const NOISE: readonly RegExp[] = [
  // Dawn, of every software adapter: it offers more dynamic bindings than Dawn has room for. We use none.
  /^Warning: maxDynamic(Uniform|Storage)BuffersPerPipelineLayout artificially reduced from \d+ to \d+ to fit dynamic offset allocation limit\.$/,
  // Dawn, where there is no Vulkan: the next source brings its own, or the refusal says what to install. The second line is where in Dawn.
  /^Warning: Couldn't load Vulkan: /,
  /^ +at operator\(\) \(\S*\/dawn\/native\/vulkan\/BackendVk\.cpp:\d+\)$/,
  // The Vulkan loader, and Dawn about it, where there is a loader and no driver: as where there is no Vulkan.
  /^Warning: vkCreateInstance: Found no drivers!$/,
  /^Warning: vkCreateInstance failed with VK_ERROR_INCOMPATIBLE_DRIVER$/,
  // Mesa, of lavapipe and of drivers that have passed no conformance test. Ours has: the kernels' own checks.
  /^WARNING: [\w-]+ is not a conformant [Vv]ulkan implementation, testing use only\.$/,
  // Mesa, where a display server would be: we draw nothing.
  /^error: XDG_RUNTIME_DIR (is invalid or not set|not set) in the environment\.$/,
];

/** Where in Dawn a Vulkan call failed: as much worth as the line before it. */
const VULKAN_PLACE = /^ +at CheckVkSuccessImpl \(\S*\/dawn\/native\/vulkan\/VulkanError\.cpp:\d+\)$/;

/** Whether a line of stderr says nothing that a user could act on. */
export const isNoise = (line: string): boolean => NOISE.some((known) => known.test(line.trimEnd()));

/** Judges the lines of a stream one after the other: where a known remark was made and the blank line that ends it say no more than that. */
export function noiseFilter(): (line: string) => boolean {
  let behindNoise = false;
  return (line) => {
    const noise = isNoise(line) || (behindNoise && (line.trim() === "" || VULKAN_PLACE.test(line.trimEnd())));
    behindNoise = noise && line.trim() !== "";
    return noise;
  };
}
