/** The last resort: a machine without a Vulkan loader, where SwiftShader from npm brings its own. */
import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { af3gpu, scratch } from "../support/binary.ts";
import { swiftShaderHere, swiftShaderSkip } from "../support/device.ts";

const golden = path.resolve(import.meta.dirname, "../../cases/ligo-pairformer-one-token");

/** The system's Vulkan loader, if there is one, hidden behind an empty file of its name. */
function withoutVulkan(): NodeJS.ProcessEnv {
  const folder = scratch();
  writeFileSync(path.join(folder, "libvulkan.so.1"), "");
  return { LD_LIBRARY_PATH: folder, VK_DRIVER_FILES: path.join(folder, "none.json") };
}

describe("without a Vulkan loader", () => {
  it("SwiftShader from npm runs golden cases, and is marked as software", async ({ skip }) => {
    if (!swiftShaderHere) skip(swiftShaderSkip);
    const { code, stdout, stderr } = await af3gpu(["verify", golden], { env: withoutVulkan() });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/1 of 1 case passed on swiftshader\S* \(software\)/)]);
    expect(stderr).toContain("a CPU does the GPU's work");
    expect(stderr).not.toMatch(/Warning|artificially/); // Dawn's, which nobody can act on
  });

  it("is unpacked into the cache folder, once", async ({ skip }) => {
    if (!swiftShaderHere) skip(swiftShaderSkip);
    const AF3_GPU_CACHE = path.join(scratch(), "cache");
    const env = { ...withoutVulkan(), AF3_GPU_CACHE };
    // Two at once: whoever unpacks first wins, and both find a whole folder.
    const both = await Promise.all([1, 2].map(() => af3gpu(["bench", "--list", "--json"], { env })));
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    for (const { stdout, stderr } of both)
      expect([JSON.parse(stdout)[0].ready, stderr]).toEqual([true, expect.not.stringMatching(/Vulkan|BackendVk|^\n/m)]);
  });

  it("--device that SwiftShader is not ends with exit code 3", async ({ skip }) => {
    if (!swiftShaderHere) skip(swiftShaderSkip);
    const { code, stderr } = await af3gpu(["verify", golden, "--device", "llvmpipe"], { env: withoutVulkan() });
    expect([code, stderr]).toEqual([3, expect.stringMatching(/no WebGPU adapter fits "llvmpipe"/)]);
  });

  it("a cache folder that cannot be written is named in the error", async ({ skip }) => {
    if (!swiftShaderHere) skip(swiftShaderSkip);
    const file = path.join(scratch(), "file");
    writeFileSync(file, "");
    const env = { ...withoutVulkan(), AF3_GPU_CACHE: path.join(file, "cache") };
    const { code, stderr } = await af3gpu(["verify", golden, "--device", "swiftshader"], { env });
    const words = `the cache folder ${env.AF3_GPU_CACHE} cannot be written to, AF3_GPU_CACHE chooses another: ${file} is a file, not a folder`;
    expect([code, stderr]).toEqual([3, expect.stringContaining(words)]);
  });

  it.each(["auto", "swiftshader"])(
    "a home where nothing can be made is named at once, for --device %s",
    async (device) => {
      if (!swiftShaderHere || !existsSync("/proc/self")) return; // SwiftShader and /proc are those of Linux
      const env = { ...withoutVulkan(), AF3_GPU_CACHE: "", XDG_CACHE_HOME: "", HOME: "/proc" };
      const { code, stderr } = await af3gpu(["verify", golden, "--device", device], { env });
      const words =
        "the cache folder /proc/.cache/af3-gpu cannot be written to, AF3_GPU_CACHE chooses another: nothing can be made in the folder /proc";
      expect([code, stderr]).toEqual([3, expect.stringContaining(words)]);
    },
  );
});
