/** Where Node finds WebGPU: Dawn (the npm package `webgpu`) on the system's driver, or on SwiftShader from an npm package. */
import { existsSync, mkdirSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { type GpuSource, listedAdapters } from "../../gpu/device/device.ts";
import { loadSwiftShader } from "./swiftshader.ts";

/** Dawn's default rounds timestamps to 65.5 µs; measuring needs them as they are. */
const FLAGS = ["enable-dawn-features=allow_unsafe_apis", "disable-dawn-features=timestamp_quantization"];

/** The toggles in force, for `environment.json`. */
export const toggles: readonly string[] = FLAGS;

async function createGpu(flags: readonly string[]): Promise<GPU> {
  const { create } = await import("webgpu");
  return create([...flags]);
}

/** Drivers of the Vulkan loader complain without it; any private folder does. */
function ensureRuntimeFolder(): void {
  if (process.platform !== "linux" || process.env.XDG_RUNTIME_DIR) return;
  const folder = path.join(os.tmpdir(), `af3-gpu-runtime-${process.getuid?.() ?? 0}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  process.env.XDG_RUNTIME_DIR = folder;
}

/** On Linux a GPU has a device file. Without one, asking further finds nothing and prints Dawn's warnings again. */
function mayHaveHardware(): boolean {
  if (process.platform !== "linux") return true;
  return ["/dev/dri", "/dev/nvidia0", "/dev/nvidiactl", "/dev/dxg", "/dev/kfd"].some((file) => existsSync(file));
}

const system: GpuSource = {
  name: "the system's driver",
  software: false,
  async open(adapter) {
    ensureRuntimeFolder();
    return createGpu(adapter === undefined ? FLAGS : [...FLAGS, `adapter=${adapter}`]);
  },
  async names() {
    if (!mayHaveHardware()) return [];
    ensureRuntimeFolder();
    return listedAdapters(await createGpu([...FLAGS, "adapter=there is no adapter of this name"]));
  },
};

const swiftShader: GpuSource = {
  name: "SwiftShader from npm",
  software: true,
  async open() {
    ensureRuntimeFolder();
    await loadSwiftShader();
    return createGpu(["backend=vulkan", ...FLAGS]);
  },
};

/**
 * The sources in the order to try them for a choice of device: the system's adapters, hardware or software, then
 * SwiftShader. `--device swiftshader` asks SwiftShader alone: once it is loaded, the process sees no other Vulkan driver.
 */
export function nodeSources(choice: string): readonly GpuSource[] {
  return /swiftshader/i.test(choice) ? [swiftShader] : [system, swiftShader];
}

/** A GPU whose device validates everything and runs nothing, for compiling shaders without a driver. */
export const nullGpu = (): Promise<GPU> => createGpu(["backend=null", ...FLAGS]);
