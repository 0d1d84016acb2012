/** The figures of a plan that do not depend on the machine. */
import { type ConfiguredComponent, runsOf } from "../../engines/core/component.ts";
import { givenParts } from "../../formats/given.ts";
import { bytesOf } from "../../gpu/plan/dtype.ts";
import { type Cost, frozenParams } from "../../gpu/plan/kernel.ts";
import { peakOf } from "../../gpu/plan/memory.ts";
import { offloads, phasesOf } from "../../gpu/plan/phases.ts";
import type { Plan, Section, Step } from "../../gpu/plan/plan.ts";
import { memoryOf } from "../../gpu/run/resources.ts";

/** What one run of a section does. */
export interface SectionDescription {
  readonly name: string;
  /** How often one run of the component runs it: recycles, steps of the sampler, samples. */
  readonly runs: number;
  readonly dispatches: number;
  readonly flops: number;
  readonly traffic_bytes: number;
}

export interface PlanDescription {
  readonly engine: string;
  readonly component: string;
  readonly tokens: number;
  /** Bytes of one pair tensor [tokens, tokens, c_z]: the unit of traffic and memory. Null where there is no pair. */
  readonly pair_bytes: number | null;
  /** Whether the component is one stack of blocks. */
  readonly stack: boolean;
  /** How many; 1 if it is none. */
  readonly blocks: number;
  /** Those of one run of the component, like `flops` and `traffic_bytes`: what repeats counts as often as it runs. */
  readonly dispatches: number;
  /** How many the plan holds. */
  readonly recorded: number;
  readonly dispatches_per_block: number;
  /** Different shaders after freezing. */
  readonly pipelines: number;
  readonly flops: number;
  /** FLOP that the tiles do, padding included, over FLOP needed. */
  readonly flops_done_ratio: number;
  readonly traffic_bytes: number;
  readonly weights_bytes: number;
  /** What the memory plan allocates for everything that is no weight. */
  readonly activation_bytes: number;
  /** Uniforms and the buffers through which outputs are read back. */
  readonly overhead_bytes: number;
  /** How large an intermediate may grow before it is made in chunks. */
  readonly chunk_bytes: number;
  /** Whether that holds below the size of a representation too. */
  readonly strict_chunks: boolean;
  /** Whether sections take turns on the device; then weights, activations and overhead are those of the one that needs most. */
  readonly offload: boolean;
  /** The parts that run on their own; none if there is only one. */
  readonly sections: readonly SectionDescription[];
  readonly peak: {
    readonly step: string;
    readonly bytes: number;
    readonly alive: readonly { readonly name: string; readonly bytes: number }[];
  };
  readonly steps: readonly {
    readonly label: string;
    readonly kernel: string;
    readonly variant: string;
    readonly workgroups: number;
    readonly flops: number;
    readonly bytes: number;
  }[];
}

/** Sums over the dispatches of one run of a component: those of sections that repeat count as often as they run. */
const overRun = (plan: Plan, configured: ConfiguredComponent, value: (step: Step) => number): number =>
  plan.sections.reduce((total, { name, first, end }) => {
    const once = plan.steps.slice(first, end).reduce((sum, step) => sum + value(step), 0);
    return total + runsOf(configured, name) * once;
  }, 0);

/** Work and dispatches of one run of a component. */
export const workOf = (plan: Plan, configured: ConfiguredComponent): Cost & { readonly dispatches: number } => ({
  dispatches: overRun(plan, configured, () => 1),
  flops: overRun(plan, configured, ({ cost }) => cost.flops),
  bytes: overRun(plan, configured, ({ cost }) => cost.bytes),
});

function describeSection({ steps }: Plan, configured: ConfiguredComponent, section: Section): SectionDescription {
  const { name, first, end } = section;
  const costs = steps.slice(first, end).map(({ cost }) => cost);
  return {
    name,
    runs: runsOf(configured, name),
    dispatches: costs.length,
    flops: costs.reduce((sum, { flops }) => sum + flops, 0),
    traffic_bytes: costs.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** The step at which the most bytes are on the device together, and what they are. */
function describePeak(plan: Plan): PlanDescription["peak"] {
  const peaks = phasesOf(plan).map(({ tensors, lifetimes }) => ({ tensors, lifetimes, ...peakOf(lifetimes) }));
  const { tensors, lifetimes, step, bytes } = peaks.reduce((most, peak) => (peak.bytes > most.bytes ? peak : most));
  const alive = tensors
    .filter((_, index) => lifetimes[index].first <= step && step <= lifetimes[index].last)
    .map(({ name, bytes }) => ({ name, bytes }))
    .sort((a, b) => b.bytes - a.bytes);
  return { step: plan.steps[Math.max(0, step)]?.label ?? "", bytes, alive };
}

/** The number of blocks of a plan that is one stack and nothing else. */
function blocksOf({ steps }: Plan): number | undefined {
  const found = steps.map(({ label }) => /^(.*?)block \d+/.exec(label));
  const stacks = new Set(found.map((match) => match?.[1]));
  return stacks.size === 1 && !stacks.has(undefined) ? new Set(found.map((match) => match?.[0])).size : undefined;
}

/** @throws {BadInputError} unless it is a component with its config */
export function givenConfigured(value: unknown): void {
  const parts = { component: "object", sizes: "object", record: "function" } as const;
  givenParts("the component", "a configured component, such as a workload's", value, parts);
}

/** The figures of a recorded plan. @throws {BadInputError} unless they are a plan and its component */
export function describePlan(plan: Plan, configured: ConfiguredComponent): PlanDescription {
  givenParts("the plan", "a recorded plan", plan, { steps: "list", sections: "list", target: "object" });
  givenConfigured(configured);
  const {
    component: { engine, name },
    sizes,
  } = configured;
  const { dispatches, flops, bytes } = workOf(plan, configured);
  const stacked = blocksOf(plan);
  const blocks = stacked ?? 1;
  const { tokens } = sizes;
  const memory = memoryOf(plan);
  const shaders = plan.steps.map(({ kernel, variant, dims }) =>
    JSON.stringify([kernel.name, variant.name, frozenParams(dims)]),
  );
  return {
    engine,
    component: name,
    tokens,
    pair_bytes: sizes.c_z === undefined ? null : bytesOf([tokens, tokens, sizes.c_z]),
    stack: stacked !== undefined,
    blocks,
    dispatches,
    recorded: plan.steps.length,
    dispatches_per_block: plan.steps.length / blocks,
    pipelines: new Set(shaders).size,
    flops,
    flops_done_ratio: overRun(plan, configured, ({ done }) => done) / flops,
    traffic_bytes: bytes,
    weights_bytes: memory.constants,
    activation_bytes: memory.transients,
    overhead_bytes: memory.overhead,
    chunk_bytes: plan.target.chunkBytes,
    strict_chunks: plan.target.strictChunks === true,
    offload: offloads(plan),
    sections:
      plan.sections.length > 1 ? plan.sections.map((section) => describeSection(plan, configured, section)) : [],
    peak: describePeak(plan),
    steps: plan.steps.map(({ label, kernel, variant, workgroups, cost }) => ({
      label,
      kernel: kernel.name,
      variant: variant.name,
      workgroups,
      flops: cost.flops,
      bytes: cost.bytes,
    })),
  };
}
