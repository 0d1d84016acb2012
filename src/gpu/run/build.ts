/** What has to be compiled before a plan can run. */
import { Pauses } from "../../waiting.ts";
import type { Plan } from "../plan/plan.ts";
import { formOf } from "../shader/compose.ts";
import type { Pipeline, PipelineCache } from "../shader/pipelines.ts";
import type { Pace } from "./submissions.ts";

/** How far the making of an executable is: pipelines of how many, then bytes of how many. */
export interface BuildProgress {
  readonly stage: "compiling" | "uploading";
  readonly done: number;
  readonly total: number;
}

export interface BuildOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called when the device has done another piece. */
  readonly progress?: ((done: BuildProgress) => void) | undefined;
  /** What cuts the plan into submissions; by default one that begins at what is usual for such a device. */
  readonly pace?: Pace | undefined;
}

/**
 * As many pipelines are compiled at once as there are processors, where that is known. More would not be faster, and whoever stops waits
 * for those that have begun: neither a driver nor a browser leaves a shader in the middle.
 */
const atOnce = (): number => (globalThis as { navigator?: Navigator }).navigator?.hardwareConcurrency ?? 8;

/** Compiles the pipelines of a plan's steps, equal ones once. @returns one for each step */
export async function pipelinesOf(
  plan: Plan,
  cache: PipelineCache,
  { signal, progress }: BuildOptions,
): Promise<Pipeline[]> {
  const pauses = new Pauses(signal);
  const sources: string[] = [];
  const names = new Map<string, string>();
  for (const step of plan.steps) {
    const { kernel, variant, dims } = step;
    await pauses.here();
    const source = cache.source(kernel, variant, dims, formOf(step, plan.target));
    sources.push(source);
    names.set(source, `${kernel.name} (${variant.name})`);
  }
  const made = new Map<string, Pipeline>();
  const waiting = names.entries();
  let failed = false;
  const compileNext = async (): Promise<void> => {
    for (const [source, name] of waiting) {
      await pauses.here();
      if (failed) return;
      made.set(source, await cache.compiled(name, source));
      progress?.({ stage: "compiling", done: made.size, total: names.size });
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce() }, compileNext));
  } catch (error) {
    failed = true;
    throw error;
  }
  return sources.map((source) => made.get(source) as Pipeline);
}
