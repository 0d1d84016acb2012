/** Where Node finds WebGPU: Dawn (the npm package `webgpu`) on the system's driver, or on SwiftShader from an npm package. */
import { existsSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { messageOf, UnavailableError } from "../../errors.ts";
import { webgpuVersion } from "../../generated/about.ts";
import type { AdapterSummary } from "../../gpu/device/adapter.ts";
import { listedAdapters } from "../../gpu/device/device.ts";
import type { GpuSource } from "../../gpu/device/source.ts";
import { advice } from "./advice.ts";
import { makeFolder } from "./made_folders.ts";
import { loadSwiftShader } from "./swiftshader.ts";

/**
 * Dawn's default rounds timestamps to 65.5 µs; measuring needs them as they are. Matrix units are an experiment to it, and on NVIDIA under
 * Vulkan it hides halves, which they multiply, since drivers failed some of its tests of them: what uses them is tested before.
 */
const FLAGS = [
  "enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia",
  "disable-dawn-features=timestamp_quantization",
];

/** The toggles in force, for `environment.json`. */
export const toggles: readonly string[] = FLAGS;

const INSTALL = `npm install webgpu@${webgpuVersion}`;

/** Dawn, which web apps need not install. @throws {UnavailableError} if it is not here, or does not load */
async function dawn() {
  try {
    return await import("webgpu");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND")
      throw new UnavailableError("Node has no WebGPU of its own, and Dawn is not installed", INSTALL, { cause });
    throw new UnavailableError(
      `Dawn does not load on ${process.platform}-${process.arch}: ${messageOf(cause).split("\n")[0]}`,
      `${INSTALL}, on Linux (glibc), macOS or Windows, x64 or arm64`,
      { cause },
    );
  }
}

const ready = async (): Promise<void> => void (await dawn());

async function createGpu(flags: readonly string[]): Promise<GPU> {
  const { create } = await dawn();
  return create([...flags]);
}

type Environment = Readonly<Record<string, string>>;

/** Some drivers complain unless there is such a folder; any private one does. */
function runtimeFolder(): Environment {
  if (process.platform !== "linux" || process.env.XDG_RUNTIME_DIR) return {};
  const folder = path.join(os.tmpdir(), `af3-gpu-runtime-${process.getuid?.() ?? 0}`);
  makeFolder(folder, 0o700);
  return { XDG_RUNTIME_DIR: folder };
}

/**
 * Runs what asks for adapters while the process's environment says which drivers there are: the Vulkan loader reads it whenever an
 * instance is made, which Dawn does before it returns. Nothing else runs meanwhile, and nothing is left behind for a later source.
 */
function inEnvironment<T>(environment: Environment, ask: () => T): T {
  const before = Object.keys(environment).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, environment);
  try {
    return ask();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

/** On Linux a GPU has a device file. Without one, asking further finds nothing and prints Dawn's warnings again. */
function mayHaveHardware(): boolean {
  if (process.platform !== "linux") return true;
  return ["/dev/dri", "/dev/nvidia0", "/dev/nvidiactl", "/dev/dxg", "/dev/kfd"].some((file) => existsSync(file));
}

/** A software adapter's memory is the machine's, or what a container leaves of it. No driver tells a GPU's through WebGPU. */
function memory({ software }: AdapterSummary): number | undefined {
  if (!software) return undefined;
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, os.totalmem()) : os.totalmem();
}

type Within = typeof inEnvironment;

const system = (within: Within): GpuSource => ({
  name: "the system's driver",
  software: false,
  advice,
  ready,
  open: (adapter) => createGpu(adapter === undefined ? FLAGS : [...FLAGS, `adapter=${adapter}`]),
  within: (ask) => within(runtimeFolder(), ask),
  memory,
  async names() {
    if (!mayHaveHardware()) return [];
    const gpu = await createGpu([...FLAGS, "adapter=there is no adapter of this name"]);
    return within(runtimeFolder(), () => listedAdapters(gpu));
  },
});

function swiftShader(within: Within): GpuSource {
  let drivers: Environment = {};
  return {
    name: "SwiftShader from npm",
    software: true,
    advice,
    ready,
    async open() {
      drivers = await loadSwiftShader();
      return createGpu(["backend=vulkan", ...FLAGS]);
    },
    within: (ask) => within({ ...runtimeFolder(), ...drivers }, ask),
    memory,
  };
}

/**
 * The sources in the order to try them for a choice of device: the system's adapters, hardware or software, then
 * SwiftShader. `--device swiftshader` asks SwiftShader alone.
 */
export function nodeSources(choice: string, within: Within = inEnvironment): readonly GpuSource[] {
  return /swiftshader/i.test(choice) ? [swiftShader(within)] : [system(within), swiftShader(within)];
}

/**
 * The same for a process in which another Dawn will look for adapters: it will find the drivers among which ours found one. Adapters
 * have no names here, since that Dawn takes the first.
 */
export const lastingSources = (choice: string): readonly GpuSource[] =>
  nodeSources(choice, (environment, ask) => {
    Object.assign(process.env, environment);
    return ask();
  }).map(({ names: _, ...source }) => source);

/** A GPU whose device validates everything and runs nothing, for compiling shaders without a driver. */
export const nullGpu = (): Promise<GPU> => createGpu(["backend=null", ...FLAGS]);
