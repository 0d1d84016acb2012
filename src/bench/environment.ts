/** Where a result was measured: everything that `environment.json` keeps. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import type { DeviceInfo } from "../backends/backend.ts";
import { engineNames, findEngine } from "../engines/index.ts";
import { version } from "../generated/about.ts";
import type { Device } from "../gpu/device/device.ts";
import type { TuningUse } from "../kernels/tune/use.ts";
import type { Conditions } from "../platform/node/conditions.ts";
import type { Installed } from "../platform/node/installed.ts";
import type { Roofline } from "./core/roofline.ts";

const run = promisify(execFile);

export interface GitState {
  readonly commit: string;
  /** Whether tracked files differ from the commit. */
  readonly dirty: boolean;
}

/** The state of this package's repository; undefined when it is installed as a package. A bundle knows what it was built from. */
export async function gitState(folder: string): Promise<GitState | undefined> {
  const bundle = await readFile(path.join(folder, "bundle.json"), "utf8").catch(() => undefined);
  if (bundle !== undefined) return JSON.parse(bundle).git ?? undefined;
  try {
    const options = { cwd: folder };
    const [{ stdout: top }, { stdout: commit }, { stdout: status }] = await Promise.all([
      run("git", ["rev-parse", "--show-toplevel"], options),
      run("git", ["rev-parse", "HEAD"], options),
      run("git", ["status", "--porcelain", "--untracked-files=no"], options),
    ]);
    // Installed inside of somebody else's repository, their commit says nothing about us.
    const own = folder.startsWith(top.trim()) && !folder.includes("node_modules");
    return own ? { commit: commit.trim(), dirty: status.trim() !== "" } : undefined;
  } catch {
    return undefined;
  }
}

/** A commit as rows say it. */
export const commitOf = (git: GitState | undefined): string | null =>
  git ? `${git.commit}${git.dirty ? "-dirty" : ""}` : null;

/** The most memory in bytes that this process has had in use so far. */
export const processPeak = (): number => 1024 * process.resourceUsage().maxRSS;

export const cpuBrand = (): string => os.cpus()[0]?.model.trim() || os.arch();

export interface Environment {
  readonly schema: "af3-gpu-environment/1";
  readonly os: { readonly platform: string; readonly release: string; readonly arch: string };
  readonly cpu: { readonly brand: string; readonly threads: number };
  readonly memory_bytes: number;
  readonly runtime: Readonly<Record<string, string>>;
  readonly adapter: Readonly<Record<string, unknown>> | null;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
  readonly toggles: readonly string[];
  /** Which variants of our kernels ran: the reviewed ones, or rows of a table of the user's own before them. */
  readonly tuning: TuningUse | null;
  readonly af3_gpu: { readonly version: string; readonly git: GitState | null };
  readonly third_party: Readonly<Record<string, string>>;
  /** By engine and backend, the device and the versions of what computed. */
  readonly backends: Readonly<Record<string, DeviceInfo>>;
  /** What the adapter reached before the rows were timed; null until then, and without an adapter. */
  readonly roofline: Roofline | null;
  /** What else is here that decides speeds, by name with its version, and the machine's state; missing in files of earlier versions. */
  readonly installed?: Installed;
  readonly conditions?: Conditions;
}

/** Collects the environment; without a device, the adapter is null. */
export function environment(
  device: Device | undefined,
  toggles: readonly string[],
  versions: Readonly<Record<string, string>>,
  git: GitState | undefined,
  backends: Readonly<Record<string, DeviceInfo>> = {},
  tuning: TuningUse | null = null,
): Environment {
  return {
    schema: "af3-gpu-environment/1",
    os: { platform: os.platform(), release: os.release(), arch: os.arch() },
    cpu: { brand: cpuBrand(), threads: os.cpus().length },
    memory_bytes: os.totalmem(),
    runtime: { node: process.versions.node, v8: process.versions.v8, ...versions },
    adapter: device ? { ...device.adapter } : null,
    features: device ? [...device.features].sort() : [],
    limits: device ? limitsOf(device) : {},
    toggles,
    tuning,
    af3_gpu: { version, git: git ?? null },
    third_party: Object.fromEntries(
      engineNames.flatMap((name) => {
        const { source } = findEngine(name);
        return source ? [[name, source.commit]] : [];
      }),
    ),
    backends,
    roofline: null,
  };
}

function limitsOf(device: Device): Record<string, number> {
  const limits: Record<string, number> = {};
  // GPUSupportedLimits has its values on the prototype, out of reach of Object.entries.
  for (const name in device.limits) {
    const value = device.limits[name as keyof GPUSupportedLimits];
    if (typeof value === "number") limits[name] = value;
  }
  return limits;
}
