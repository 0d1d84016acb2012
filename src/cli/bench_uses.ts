/** Which options belong to which use of `bench`. */
import type { Command } from "commander";
import { BadInputError } from "../errors.ts";
import { type BackendChoice, keepsMemoryLimit, usesThreads } from "./backends.ts";
import { checkExclusions, checkUse, type Exclusion, typedOptions } from "./option_uses.ts";

/** What runs, and where. */
const WHAT = ["engine", "backend", "device", "mode", "full", "seq-len", "seed", "precision", "memory-limit"];
/** What a network has and the toy has not. */
const NETWORK = ["preset", "component", "recycles", "steps", "samples", "weights", "features", "diffusion-precision"];
/** How it is measured and kept. */
const MEASURING = [
  "passes",
  "time",
  "warmup",
  "threads",
  "cold",
  "notes",
  "out",
  "baseline",
  "fail-on-error",
  "profile",
];

/** The options of each use; every option of the verb is in one of them. */
export const benchUses = {
  list: ["list", "engine", "backend", "device", "json"],
  dryRun: ["dry-run", ...WHAT, ...NETWORK, "json"],
  // The toy is float32: it has no halves to compute with.
  toy: [...WHAT.filter((name) => name !== "precision"), ...MEASURING, "json", "format"],
  network: [...WHAT, ...NETWORK, ...MEASURING, "json", "format"],
};

const exclusions: readonly Exclusion[] = [
  ["list", "dry-run", "one prints what is ready, the other what would run"],
  ["component", "mode", "a mode is a whole, a component a part in its place"],
  ["component", "full", "--full is a whole, a component a part in its place"],
  ["passes", "time", "--passes is exactly so many, --time lets noise decide"],
  ["format", "json", "--json is the rows of --format json alone"],
  ["baseline", "format", "a comparison stands below the table: af3-gpu compare prints it in other forms"],
  ["baseline", "json", "af3-gpu compare --json compares results that are there"],
  ["cold", "warmup", "a cold pass is one that nothing has warmed up"],
];

interface Called {
  readonly mode?: string;
  readonly full?: boolean;
  readonly list?: boolean;
  readonly dryRun?: boolean;
  readonly backend?: readonly BackendChoice[];
}

/** @throws {BadInputError} if a call contradicts itself, or has an option that it would take no notice of */
export function checkBenchUse(command: Command, { mode, full, list, dryRun, backend }: Called): void {
  checkExclusions(command, exclusions);
  if (full && mode !== undefined && mode !== "full")
    throw new BadInputError(`--full is short for --mode full; leave out --mode ${mode}`);
  const network = mode !== "toy";
  if (list) checkUse(command, { name: "--list", takes: benchUses.list });
  else if (dryRun) {
    const takes = benchUses.dryRun.filter((name) => network || !NETWORK.includes(name));
    checkUse(command, { name: network ? "--dry-run" : "--dry-run --mode toy", takes });
  } else
    checkUse(
      command,
      network ? { name: "bench", takes: benchUses.network } : { name: "the mode toy", takes: benchUses.toy },
    );
  if (backend) checkBackendUse(command, backend);
  else checkBackendUse(command, [{ name: "webgpu", variant: "" }]);
}

/** @throws {BadInputError} if an option was typed that none of the backends has a use for */
export function checkBackendUse(command: Command, backends: readonly BackendChoice[]): void {
  const typed = typedOptions(command);
  const names = backends.map(({ name }) => name).join(" and ");
  if (typed.includes("threads") && !backends.some(usesThreads))
    throw new BadInputError(`--threads is for backends that compute on the CPU; ${names} has no use for it`);
  if (typed.includes("memory-limit") && !backends.some(keepsMemoryLimit))
    throw new BadInputError(`--memory-limit is kept by webgpu alone; ${names} has no use for it`);
}
