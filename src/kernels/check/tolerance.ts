/** How far a kernel may stray from its double-precision reference, and a component from the recorded one. All bounds live here. */

import {
  type AnyKernel,
  arraysOf,
  type Dims,
  type Precision,
  type Typed,
  type Variant,
} from "../../gpu/plan/kernel.ts";
import type { RoundingCosts } from "./rounding.ts";

/** Largest relative error of one rounding. */
const ROUNDING: Readonly<Record<Precision, number>> = { f32: 2 ** -24, f16: 2 ** -11 };

/** Values that are only moved. */
export const exact = 0;

/** Element-wise arithmetic: a handful of roundings. @param precision of the operands */
export const pointwise = (precision: Precision = "f32"): number => 8 * ROUNDING[precision];

/** Element-wise with exp, tanh or the like: WGSL guarantees them to a few units in the last place only. */
export const transcendental = (precision: Precision = "f32"): number => 32 * ROUNDING[precision];

/** A sum of `terms` products: rounding errors grow as a random walk. */
export const reduction = (terms: number, precision: Precision = "f32"): number =>
  8 * Math.sqrt(terms) * ROUNDING[precision];

/** Bound on a kernel's error in a call: that of a variant's arithmetic, and one rounding where halves are written. */
export const boundOf = (kernel: AnyKernel, typed: Typed & Pick<Variant, "arithmetic">, dims: Dims): number =>
  kernel.tolerance(dims, typed.arithmetic ?? "f32") +
  (arraysOf(kernel, typed).some(({ access, dtype }) => access === "read_write" && dtype === "f16") ? ROUNDING.f16 : 0);

/** The confidence outputs pass through bins of distances, which are steps, and softmaxes that sharpen what the blocks differ by. */
export const confidenceBound = 1e-3;

/** Bound on a component's outputs against a recorded case, where the output names no other. */
export const componentBound = 1e-4;

/** The least bound on components whose products have fewer digits than float32: TF32, bfloat16, halves. */
export const reducedPrecision = 2e-2;

/** How often as far off as the reference a component in mixed precision may be, whose operands are halves like ours. */
const TIMES_THE_REFERENCE = 3;

/** Bounds on the RMSD of sampled positions, not aligned: ångström, or parts of their root mean square where that is more. */
export interface PositionBounds {
  readonly absolute: number;
  readonly relative: number;
}

/** With recorded noise. Short rollouts end unconverged, with coordinates of thousands of ångström in single precision. */
export const rollout: PositionBounds = { absolute: 1e-3, relative: 3e-6 };

/** In mixed precision: embeddings that are off by a thousandth steer a rollout elsewhere (seen: 6e-4 of the root mean square). */
export const mixedRollout: PositionBounds = { absolute: 2e-3, relative: 2e-3 };

/** Features that a pipeline computes in float32, against those of the reference's own: profiles, and positions of some ångström. */
export const recordedFeatures = 1e-6;

/** Wider bounds than outputs' own, for arithmetic of less precision. */
export interface Allowance {
  /** On the largest error of an output. */
  element(output: string): number;
  /** On sampled positions, in their own bounds' place. */
  readonly positions?: PositionBounds;
}

/**
 * What mixed precision is allowed in a recorded case. Where the reference's own roundings pass what is allowed everywhere,
 * that says nothing about ours, and the largest of them takes its place (docs/decisions/0032-bounds-where-the-reference-is-beyond.md).
 * @param costs by output, how far off the reference is once its operands are halves; none where nobody has measured that
 */
export const mixedAllowance = (costs: RoundingCosts = {}): Allowance => ({
  element(output) {
    const { median = Number.POSITIVE_INFINITY, largest = 0 } = costs[output] ?? {};
    return Math.min(TIMES_THE_REFERENCE * median, Math.max(reducedPrecision, largest));
  },
  positions: mixedRollout,
});
