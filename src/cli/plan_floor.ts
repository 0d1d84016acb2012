/** `af3-gpu plan --gpu`: the least time on a GPU that is not here. */
import { existsSync } from "node:fs";
import { floorOf, type PlanFloor, sharesOf } from "../bench/core/floor.ts";
import { gpuOfFile, type PublishedGpu, publishedGpu, publishedGpus, unknownGpu } from "../bench/core/published_gpus.ts";
import { parseAnyJson, parseJson } from "../engines/core/cases.ts";
import type { ConfiguredComponent } from "../engines/core/component.ts";
import { BadInputError } from "../errors.ts";
import type { Plan } from "../gpu/plan/plan.ts";
import { type ArrayLimits, anyDevice, type Target, usualArrayLimits } from "../gpu/plan/target.ts";
import { tuning } from "../kernels/tune/table.ts";
import { nodeFiles } from "../platform/node/files.ts";
import { bytes, milliseconds, table } from "./output.ts";

/** The keys of GPUs that are known, for helps. */
export const publishedKeys = Object.keys(publishedGpus).join(", ");

/** What `npm run compilers` wrote, as read. */
interface Compiled {
  readonly file: string;
  readonly rows: unknown;
}

/** What floors are made of. */
export interface Floors {
  readonly gpu: PublishedGpu;
  readonly compiled: Compiled | undefined;
}

/** A GPU by its key, or of a file. @throws {BadInputError} if there is neither, or the file says something else */
export async function readGpu(name: string): Promise<PublishedGpu> {
  const known = publishedGpu(name);
  if (known) return known;
  if (!existsSync(name)) throw unknownGpu(name);
  return gpuOfFile(parseJson(await nodeFiles.read(name), name), name);
}

/** @throws {BadInputError} if it is no JSON */
export const readCompiled = async (file: string): Promise<Compiled> => ({
  file,
  rows: parseAnyJson(await nodeFiles.read(file), file),
});

/** @throws {BadInputError} if compilers were not asked about this GPU and engine */
export function planFloor(plan: Plan, configured: ConfiguredComponent, { gpu, compiled }: Floors): PlanFloor {
  if (!compiled) return floorOf(plan, configured, gpu);
  if (gpu.compiled === undefined)
    throw new BadInputError(`no compiler that can be asked comes near that of ${gpu.name}: leave out --compilers`);
  const { engine } = configured.component;
  return floorOf(plan, configured, gpu, sharesOf(compiled.rows, compiled.file, gpu.compiled, engine));
}

/** The target of a plan for a GPU that is not here: nothing is known of it but its name, and maybe its limits. */
export const targetOf = ({ adapter, limits }: PublishedGpu): Target => {
  const any = anyDevice(tuning);
  return { ...any, adapter, limits: { ...any.limits, ...usualArrayLimits, ...limits } };
};

/** How large the arrays of a plan may be, and who says so. */
export interface AssumedLimits extends ArrayLimits {
  /** Whether all of them are the GPU's own. */
  readonly known: boolean;
}

export function assumedLimits(gpu: PublishedGpu): AssumedLimits {
  const { maxStorageBufferBindingSize, maxBufferSize } = targetOf(gpu).limits;
  const known = gpu.limits?.maxStorageBufferBindingSize !== undefined && gpu.limits.maxBufferSize !== undefined;
  return { maxStorageBufferBindingSize, maxBufferSize, known };
}

/** A line of the limits. */
export const limitsText = ({ maxStorageBufferBindingSize, maxBufferSize, known }: AssumedLimits): string =>
  `  for bindings of at most ${bytes(maxStorageBufferBindingSize)} and buffers of at most ${bytes(maxBufferSize)}${known ? "" : ", as WebGPU usually has them on such GPUs: --device plans for an adapter's own"}`;

/** A table of the sections, and the sum. */
export function floorText(floor: PlanFloor): string {
  const { gpu, source, f32_tflops, bandwidth_gbs, compiled_for, sections } = floor;
  const named = sections.length > 1 ? sections : [];
  const rows = [...named, { ...floor, name: "all", runs: 1 }].map((one) => [
    `    ${one.name}`,
    one.runs,
    milliseconds(one.compute_ms),
    milliseconds(one.memory_ms),
    milliseconds(one.floor_ms),
    ...(one.compiled_ms === null ? [] : [milliseconds(one.compiled_ms)]),
  ]);
  const compiled = compiled_for === null ? [] : [`>as compiled for ${compiled_for}`];
  const head = ["    section", ">runs", ">FLOP ms", ">bytes ms", ">floor ms", ...compiled];
  return [
    `  on ${gpu} at best, by published peaks of ${f32_tflops} TFLOP/s (f32) and ${bandwidth_gbs} GB/s (${source}):`,
    table(head, rows),
  ].join("\n");
}
