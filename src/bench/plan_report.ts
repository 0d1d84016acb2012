/** The figures of a plan that do not depend on the machine. */
import type { ConfiguredComponent } from "../engines/component.ts";
import { frozenParams } from "../gpu/kernel.ts";
import { peakOf } from "../gpu/memory.ts";
import type { Plan, Section } from "../gpu/plan.ts";
import { memoryOf } from "../gpu/resources.ts";

/** What one run of a section does. */
export interface SectionDescription {
  readonly name: string;
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
  /** Every section counted once, however often a run repeats it. */
  readonly dispatches: number;
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

function describeSection({ steps }: Plan, { name, first, end }: Section): SectionDescription {
  const costs = steps.slice(first, end).map(({ cost }) => cost);
  return {
    name,
    dispatches: costs.length,
    flops: costs.reduce((sum, { flops }) => sum + flops, 0),
    traffic_bytes: costs.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** The number of blocks of a plan that is one stack and nothing else. */
function blocksOf({ steps }: Plan): number | undefined {
  const found = steps.map(({ label }) => /^(.*?)block \d+/.exec(label));
  const stacks = new Set(found.map((match) => match?.[1]));
  return stacks.size === 1 && !stacks.has(undefined) ? new Set(found.map((match) => match?.[0])).size : undefined;
}

export function describePlan(
  plan: Plan,
  { component: { engine, name }, sizes }: Pick<ConfiguredComponent, "component" | "sizes">,
): PlanDescription {
  const { tensors, lifetimes } = plan.lifetimes();
  const peak = peakOf(lifetimes);
  const alive = tensors
    .map((tensor, index) => ({ tensor, life: lifetimes[index] }))
    .filter(({ life }) => life.first <= peak.step && peak.step <= life.last)
    .map(({ tensor }) => ({ name: tensor.name, bytes: tensor.bytes }))
    .sort((a, b) => b.bytes - a.bytes);
  const { flops, bytes } = plan.cost();
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
    pair_bytes: sizes.c_z === undefined ? null : 4 * tokens ** 2 * sizes.c_z,
    stack: stacked !== undefined,
    blocks,
    dispatches: plan.steps.length,
    dispatches_per_block: plan.steps.length / blocks,
    pipelines: new Set(shaders).size,
    flops,
    flops_done_ratio: plan.steps.reduce((sum, { kernel, dims }) => sum + kernel.done(dims), 0) / flops,
    traffic_bytes: bytes,
    weights_bytes: memory.constants,
    activation_bytes: memory.transients,
    overhead_bytes: memory.overhead,
    chunk_bytes: plan.target.chunkBytes,
    sections: plan.sections.length > 1 ? plan.sections.map((section) => describeSection(plan, section)) : [],
    peak: { step: plan.steps[Math.max(0, peak.step)]?.label ?? "", bytes: peak.bytes, alive },
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
