/** The adapter that tests run on: AF3_GPU_TEST_DEVICE, else the best there is. A software adapter will do. */
import { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { nodeSources } from "../../src/platform/node/dawn.ts";

export const testDevice = process.env.AF3_GPU_TEST_DEVICE ?? "auto";

/** What `npm run mutate` narrows the tests to: a kernel, or the golden cases whose name matches. Without it, everything. */
export const only = {
  kernel: process.env.AF3_GPU_TEST_KERNEL,
  cases: process.env.AF3_GPU_TEST_CASES && new RegExp(process.env.AF3_GPU_TEST_CASES),
};

/** Opens the backend that tests run on. The caller disposes of it. */
export const openTestBackend = (device = testDevice): WebGpuBackend => new WebGpuBackend(nodeSources(device), device);

/** Whether SwiftShader comes from npm for this platform. */
export const swiftShaderHere = process.platform === "linux" && process.arch === "x64";
export const swiftShaderSkip = "SwiftShader comes from npm for linux-x64 only; run the tests there";
