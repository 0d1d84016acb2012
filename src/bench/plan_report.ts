/** The figures of a plan that do not depend on the machine. */
import { frozenParams } from "../gpu/kernel.ts";
import { peakOf, planMemory } from "../gpu/memory.ts";
import type { Plan } from "../gpu/plan.ts";

export interface PlanDescription {
  readonly engine: string;
  readonly component: string;
  readonly tokens: number;
  /** Bytes of one pair tensor [tokens, tokens, c_z]: the unit of traffic and memory. */
  readonly pair_bytes: number;
  readonly blocks: number;
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

export function describePlan(
  plan: Plan,
  { engine, component, tokens, pairBytes }: { engine: string; component: string; tokens: number; pairBytes: number },
): PlanDescription {
  const { tensors, lifetimes } = plan.lifetimes();
  const peak = peakOf(lifetimes);
  const alive = tensors
    .map((tensor, index) => ({ tensor, life: lifetimes[index] }))
    .filter(({ life }) => life.first <= peak.step && peak.step <= life.last)
    .map(({ tensor }) => ({ name: tensor.name, bytes: tensor.bytes }))
    .sort((a, b) => b.bytes - a.bytes);
  const { flops, bytes } = plan.cost();
  const blocks = new Set(plan.steps.map(({ label }) => /block \d+/.exec(label)?.[0])).size;
  const shaders = plan.steps.map(({ kernel, variant, dims }) =>
    JSON.stringify([kernel.name, variant.name, frozenParams(dims)]),
  );
  return {
    engine,
    component,
    tokens,
    pair_bytes: pairBytes,
    blocks,
    dispatches: plan.steps.length,
    dispatches_per_block: plan.steps.length / blocks,
    pipelines: new Set(shaders).size,
    flops,
    flops_done_ratio: plan.steps.reduce((sum, { kernel, dims }) => sum + kernel.done(dims), 0) / flops,
    traffic_bytes: bytes,
    weights_bytes: plan.constants.reduce((sum, { tensor }) => sum + tensor.bytes, 0),
    activation_bytes: planMemory(lifetimes).buffers.reduce((sum, size) => sum + size, 0),
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
