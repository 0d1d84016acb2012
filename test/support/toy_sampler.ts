/** A sampler's plan around a denoiser of one dispatch, and the same denoiser in plain numbers. */
import {
  positionsOf,
  recordCall,
  runCalls,
  type SamplerCall,
  type SamplerTraits,
  startingPositions,
} from "../../src/engines/components/sampler.ts";
import type { Session } from "../../src/engines/core/component.ts";
import type { NoiseSource } from "../../src/engines/core/noise.ts";
import type { StoredArray } from "../../src/gpu/plan/dtype.ts";
import type { Plan, Tensor } from "../../src/gpu/plan/plan.ts";
import { sumRows } from "../../src/model/copies.ts";
import type { PlainDenoiser } from "./plain_samplers.ts";

/** What is added before the toy takes the positive part: neither linear nor the same in every direction. */
const OFFSETS = [0.3, -0.2, 0.1, 0];

export interface ToySampler {
  readonly samples: number;
  readonly traits: SamplerTraits;
  readonly calls: readonly SamplerCall[];
  /** The level of the start. */
  readonly start: number;
  readonly noise: NoiseSource;
  /** [points] */
  readonly mask: readonly number[];
  readonly centreWeights: Float32Array;
  /** Whether a step leaves masked points at the origin. */
  readonly masked: boolean;
  /** See `SampledPoints.order`. */
  readonly order?: { readonly pointOf: Int32Array; readonly atomOf: Int32Array };
}

const [PREPARE, CALL, END] = ["prepare", "call", "end"];

/** Records the toy. @param seen whether each call returns what the denoiser took, [samples · atoms, 4] */
export function recordToy(plan: Plan, { samples, mask, masked, order }: ToySampler, seen = false) {
  const points = mask.length;
  const { sampled, motion } = plan.section(PREPARE, () => ({
    sampled: {
      positions: plan.input("positions", [samples * points, 4]),
      samples,
      atoms: order?.pointOf.length ?? points,
      mask: masked ? plan.input("step mask", [points]) : undefined,
      order: order && {
        pointOf: plan.input("points", [order.pointOf.length], "i32"),
        atomOf: plan.input("atoms", [points], "i32"),
      },
    },
    motion: { weights: plan.input("weights", [points]), mask: plan.input("mask", [points]) },
  }));
  const call = plan.section(CALL, () => {
    let taken: Tensor | undefined;
    const inputs = recordCall(plan, sampled, motion, (scaled) => {
      taken = scaled;
      const added = plan.constant("offsets", [1, 4], () => Float32Array.from(OFFSETS));
      return sumRows(plan, scaled, { added, rectify: true });
    });
    return { inputs, taken: seen && taken ? plan.output("taken", taken) : undefined };
  });
  const end = plan.section(END, () => plan.output("positions", sampled.positions));
  return { sampled, motion, call, end };
}

/** Runs the toy. @returns the sampled positions [samples · points, 3], and what each call took */
export async function runToy(
  toy: ToySampler,
  { sampled, motion, call, end }: ReturnType<typeof recordToy>,
  on: Session,
) {
  const { samples, noise, mask, centreWeights, order, calls, traits, start } = toy;
  const begin = new Map<Tensor, StoredArray>([
    [sampled.positions, startingPositions(noise, samples, start)],
    [motion.weights, centreWeights],
    [motion.mask, Float32Array.from(mask)],
  ]);
  if (sampled.mask) begin.set(sampled.mask, Float32Array.from(mask));
  if (order && sampled.order) begin.set(sampled.order.pointOf, order.pointOf).set(sampled.order.atomOf, order.atomOf);
  await on.run(PREPARE, begin);
  const taken: Float32Array[] = [];
  const session: Session = {
    async run(section, inputs) {
      const outputs = await on.run(section, inputs);
      if (call.taken) taken.push(positionsOf(outputs, call.taken));
      return outputs;
    },
  };
  await runCalls(session, { section: CALL, inputs: call.inputs, embed: () => new Map() }, calls, noise, traits);
  return { positions: positionsOf(await on.run(END, new Map()), end), taken };
}

/** The toy's denoiser. @param reads whether the denoiser has an atom for a point */
export const plainToy =
  (spread: number, reads: (point: number) => boolean): PlainDenoiser =>
  (noisy, level) => {
    const variance = level ** 2 + spread ** 2;
    return noisy.map((value, at) => {
      const update = Math.max(value / Math.sqrt(variance) + OFFSETS[at % 3], 0);
      const added = reads(Math.floor(at / 3)) ? ((spread * level) / Math.sqrt(variance)) * update : 0;
      return (spread ** 2 / variance) * value + added;
    });
  };
