/** The least time that a plan can take on a GPU of which only the peaks are known. */
import { type ConfiguredComponent, runsOf } from "../../engines/core/component.ts";
import { BadInputError } from "../../errors.ts";
import type { Plan, Step } from "../../gpu/plan/plan.ts";
import type { PublishedGpu } from "./published_gpus.ts";

export interface Floor {
  /** Milliseconds that no run can go below: each dispatch takes its FLOP at the peak or its bytes at the bandwidth, whichever is longer. */
  readonly floor_ms: number;
  /** Of the FLOP alone, and of the bytes alone. */
  readonly compute_ms: number;
  readonly memory_ms: number;
  /**
   * The same with the rate that the compiler's code can have at best: the peak times the share of multiply-adds in the hottest block of
   * each pipeline, where it has any. Null where no compiler was asked.
   */
  readonly compiled_ms: number | null;
}

export interface SectionFloor extends Floor {
  readonly name: string;
  /** How often one run of the component runs it; the times are of all of them. */
  readonly runs: number;
}

export interface PlanFloor extends Floor {
  readonly gpu: string;
  readonly source: string;
  readonly f32_tflops: number;
  readonly bandwidth_gbs: number;
  /** For which GPU of `npm run compilers` the compiler's figures are; null where no compiler was asked. */
  readonly compiled_for: string | null;
  readonly sections: readonly SectionFloor[];
}

/** The share of multiply-adds, above 0 and up to 1, in what a step's pipeline spends its time on. */
export type Shares = (step: Step) => number | undefined;

const nothing = (asked: boolean): Floor => ({
  floor_ms: 0,
  compute_ms: 0,
  memory_ms: 0,
  compiled_ms: asked ? 0 : null,
});

const add = (a: Floor, b: Floor, times: number): Floor => ({
  floor_ms: a.floor_ms + times * b.floor_ms,
  compute_ms: a.compute_ms + times * b.compute_ms,
  memory_ms: a.memory_ms + times * b.memory_ms,
  compiled_ms: a.compiled_ms === null || b.compiled_ms === null ? null : a.compiled_ms + times * b.compiled_ms,
});

/** A plan's floor, and that of each section. @param shares what a compiler says of pipelines, if one was asked */
export function floorOf(plan: Plan, configured: ConfiguredComponent, gpu: PublishedGpu, shares?: Shares): PlanFloor {
  const ofStep = (step: Step): Floor => {
    const compute = step.cost.flops / (gpu.f32 * 1e9);
    const memory = step.cost.bytes / (gpu.bandwidth * 1e6);
    const compiled = shares ? Math.max(compute / (shares(step) ?? 1), memory) : null;
    return { floor_ms: Math.max(compute, memory), compute_ms: compute, memory_ms: memory, compiled_ms: compiled };
  };
  const none = nothing(shares !== undefined);
  const sections = plan.sections.map(({ name, first, end }) => {
    const runs = runsOf(configured, name);
    const once = plan.steps.slice(first, end).reduce((sum, step) => add(sum, ofStep(step), 1), none);
    return { name, runs, ...add(none, once, runs) };
  });
  const { name, source, f32, bandwidth } = gpu;
  const whole = sections.reduce((sum, section) => add(sum, section, 1), none);
  const compiled_for = (shares && gpu.compiled) ?? null;
  return { gpu: name, source, f32_tflops: f32, bandwidth_gbs: bandwidth, compiled_for, ...whole, sections };
}

/**
 * Shares from what `npm run compilers -- --json FILE` wrote, for one GPU of it and one engine. A row names the first step of its pipeline:
 * the same step of other blocks is found by its label without numbers, any other takes the heaviest pipeline of its kernel.
 * @throws {BadInputError} if the file is something else, or does not have the GPU and the engine
 */
export function sharesOf(rows: unknown, file: string, gpu: string, engine: string): Shares {
  if (!Array.isArray(rows) || !rows.every(isRow))
    throw new BadInputError(`${file} is no table that npm run compilers -- --json wrote`);
  const own = rows.filter((row) => row.gpu === gpu && row.engine === engine);
  if (own.length === 0) throw new BadInputError(`${file} has no figures of ${engine} on ${gpu}`);
  const byLabel = new Map<string, number>();
  const byKernel = new Map<string, number>();
  for (const { kernel, label, hot } of own) {
    const share = hot?.fma_share;
    if (!share) continue; // none, or no multiply-add in it
    if (!byLabel.has(unnumbered(label))) byLabel.set(unnumbered(label), share);
    if (!byKernel.has(kernel)) byKernel.set(kernel, share);
  }
  return ({ label, kernel }) => byLabel.get(unnumbered(label)) ?? byKernel.get(kernel.name);
}

const unnumbered = (label: string): string => label.replace(/\d+/g, "n");

interface Row {
  readonly gpu: string;
  readonly engine: string;
  readonly kernel: string;
  readonly label: string;
  readonly hot: { readonly fma_share: number } | null;
}

function isRow(value: unknown): value is Row {
  if (typeof value !== "object" || value === null) return false;
  const { gpu, engine, kernel, label, hot } = value as Partial<Record<keyof Row, unknown>>;
  const texts = [gpu, engine, kernel, label].every((text) => typeof text === "string");
  return texts && (hot === null || (typeof hot === "object" && typeof (hot as Row["hot"])?.fma_share === "number"));
}
