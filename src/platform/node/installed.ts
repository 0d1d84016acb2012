/** What of other people's software is here that decides how fast networks run: found within seconds, whatever hangs. */
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { cacheFolder } from "./folders.ts";

/** Milliseconds that a question may take; a driver that hangs is as good as none. */
const PATIENCE = 3000;

/** How the system is asked; tests answer in its place. */
export interface System {
  readonly platform: NodeJS.Platform;
  /** What a command prints; undefined if it is not there, fails, or takes too long. */
  readonly says: (command: string, ...args: readonly string[]) => Promise<string | undefined>;
  /** A file's text, undefined if it cannot be read. */
  readonly text: (file: string) => Promise<string | undefined>;
  /** The names in a folder, none if it cannot be read. */
  readonly names: (folder: string) => Promise<readonly string[]>;
  /** The version of an npm package, undefined if it is not installed. */
  readonly package: (name: string) => Promise<string | undefined>;
}

const require = createRequire(import.meta.url);

/** This one. */
export const thisSystem: System = {
  platform: process.platform,
  says: (command, ...args) =>
    new Promise((resolve) => {
      const options = { timeout: PATIENCE, killSignal: "SIGKILL", maxBuffer: 2 ** 20, windowsHide: true } as const;
      const child = execFile(command, [...args], options, (error, stdout) => resolve(error ? undefined : stdout));
      // A process that waits for a driver in the kernel does not even hear SIGKILL.
      setTimeout(() => resolve(undefined), PATIENCE + 500).unref();
      child.unref();
    }),
  text: (file) => readFile(file, "utf8").catch(() => undefined),
  names: (folder) => readdir(folder).catch(() => []),
  async package(name) {
    try {
      const entry = require.resolve(name);
      const root = entry.slice(
        0,
        entry.lastIndexOf(path.join("node_modules", name)) + path.join("node_modules", name).length,
      );
      return JSON.parse(await readFile(path.join(root, "package.json"), "utf8")).version;
    } catch {
      return undefined;
    }
  },
};

/** By name, the version of what is here; null for what is not. */
export type Installed = Readonly<Record<string, string | null>>;

const firstOf = (text: string | undefined, pattern: RegExp): string | undefined =>
  pattern.exec(text ?? "")?.[1]?.trim();

async function cudnn({ text, says }: System): Promise<string | undefined> {
  for (const folder of ["/usr/include", "/usr/local/cuda/include", "/usr/include/x86_64-linux-gnu"]) {
    const header = await text(`${folder}/cudnn_version.h`);
    const parts = ["MAJOR", "MINOR", "PATCHLEVEL"].map((name) => firstOf(header, new RegExp(`CUDNN_${name} (\\d+)`)));
    if (parts[0] !== undefined) return parts.join(".");
  }
  return firstOf(await says("ldconfig", "-p"), /libcudnn\.so\.([\d.]+)/);
}

const metal = async ({ platform, says }: System): Promise<string | undefined> =>
  platform === "darwin"
    ? firstOf(await says("system_profiler", "SPDisplaysDataType"), /Metal(?: Support)?: (.+)/)
    : undefined;

/** Packages of Python by the names of the folders that pip leaves: no Python needs to start for that. */
async function pythonPackages(system: System): Promise<Map<string, string>> {
  const wanted = ["torch", "jax", "jaxlib", "onnxruntime", "onnxruntime-gpu"];
  const found = new Map<string, string>();
  const venv = path.join(path.resolve(cacheFolder()), "venv");
  const environments = (await system.names(venv)).map((name) => ({ name, root: path.join(venv, name) }));
  const { VIRTUAL_ENV, CONDA_PREFIX } = process.env;
  for (const root of [VIRTUAL_ENV, CONDA_PREFIX]) if (root) environments.push({ name: path.basename(root), root });
  for (const { name, root } of environments) {
    const lib = await system.names(path.join(root, "lib"));
    const sites = [
      ...lib.map((one) => path.join(root, "lib", one, "site-packages")),
      path.join(root, "Lib", "site-packages"),
    ];
    for (const site of sites)
      for (const folder of await system.names(site)) {
        const [, distribution, version] = /^([\w.]+)-(.+)\.dist-info$/.exec(folder) ?? [];
        const known = wanted.find((one) => one === distribution?.replaceAll("_", "-"));
        if (known) found.set(known, [found.get(known), `${version} (${name})`].filter(Boolean).join(", "));
      }
  }
  return found;
}

/** Looks for all of it at once. */
export async function installed(system: System = thisSystem): Promise<Installed> {
  const { says, text } = system;
  const query = "--query-gpu=name,driver_version,memory.total,power.limit";
  const [smi, header, nvcc, cuDnn, rocm, metalVersion, python, node, web] = await Promise.all([
    says("nvidia-smi", query, "--format=csv,noheader"),
    says("nvidia-smi"),
    says("nvcc", "--version"),
    cudnn(system),
    text("/opt/rocm/.info/version"),
    metal(system),
    pythonPackages(system),
    system.package("onnxruntime-node"),
    system.package("onnxruntime-web"),
  ]);
  const cuda = [
    firstOf(nvcc, /release ([\d.]+)/),
    ((driver) => driver && `${driver} (the driver's)`)(firstOf(header, /CUDA Version: ([\d.]+)/)),
  ];
  const found: Record<string, string | undefined> = {
    nvidia: smi?.trim().split("\n").join("; "),
    cuda: cuda.filter(Boolean).join(", "),
    cudnn: cuDnn,
    rocm: rocm?.trim(),
    metal: metalVersion,
    torch: python.get("torch"),
    jax: python.get("jax"),
    jaxlib: python.get("jaxlib"),
    onnxruntime: [python.get("onnxruntime"), python.get("onnxruntime-gpu")].filter(Boolean).join(", "),
    "onnxruntime-node": node,
    "onnxruntime-web": web,
  };
  return Object.fromEntries(Object.entries(found).map(([name, version]) => [name, version || null]));
}
