/** Triangle multiplication: algorithms 12 and 13 of the AlphaFold 3 supplement. */
import type { Plan, Tensor } from "../gpu/plan/plan.ts";
import { triangleCombine } from "../kernels/triangle_combine.ts";
import { triangleOutput } from "../kernels/triangle_output.ts";
import { triangleProject } from "../kernels/triangle_project.ts";
import type { LayerNorm, Linear } from "./linear.ts";
import type { PairMasks } from "./masks.ts";
import { type Column, columnsOf, interleave, normalisedProjection } from "./projection.ts";

/** A projection and the gate that it is multiplied by, after the gate's sigmoid. */
export interface GatedProjection {
  readonly value: Linear;
  readonly gate: Linear;
}

export interface TriangleMultiplicationWeights {
  readonly inputNorm: LayerNorm;
  /** Takes the pair (i, k); after the walk of the incoming update, (k, i). */
  readonly a: GatedProjection;
  /** Takes the pair (j, k), or (k, j). */
  readonly b: GatedProjection;
  readonly outputNorm: LayerNorm;
  readonly output: Linear;
  readonly outputGate: Linear;
}

/** What is multiplied, one matrix per channel in the walk's order. */
export interface TriangleFactors {
  readonly a: Tensor;
  readonly b: Tensor;
}

/** How a multiplication ends, where that is more than its own last step. */
export interface TriangleEnd {
  /** Whether it takes the product of (j, i) where that of (i, j) stands. */
  readonly transposed: boolean;
  /** @param unscale what takes back the scale of the product @returns the updated pair */
  record(product: Tensor, unscale: number): Tensor;
}

/** The columns of both factors, each beside its gate. */
export const factorColumns = ({ a, b }: TriangleMultiplicationWeights): Column[] => [
  ...interleave(columnsOf(a.value), columnsOf(a.gate)),
  ...interleave(columnsOf(b.value), columnsOf(b.gate)),
];

/**
 * Adds to each edge (i, j) what the triangles (i, j, k) tell of it.
 *
 * outgoing: Σₖ a(i, k) b(j, k); incoming: Σₖ a(k, i) b(k, j).
 * @param pair [n, n, C]
 * @param steps the factors, where the step before made them, and what ends the multiplication, where that is more than its last step
 * @returns the updated pair, a new tensor
 */
export function triangleMultiplication(
  plan: Plan,
  pair: Tensor,
  masks: PairMasks,
  weights: TriangleMultiplicationWeights,
  direction: "outgoing" | "incoming",
  steps: { readonly made?: TriangleFactors | undefined; readonly end?: TriangleEnd | undefined } = {},
): Tensor {
  const { inputNorm, outputNorm, output, outputGate } = weights;
  const { made, end } = steps;
  const { a, b } = made ?? triangleFactors(plan, pair, masks, weights, direction);
  const scale = productScale(plan, pair.shape[0]);
  const { product } = plan.dispatch(triangleCombine, end?.transposed ? { a: b, b: a } : { a, b }, {
    scalars: { scale },
    store: { product: plan.operand },
  });
  if (end) return end.record(product, 1 / scale);
  const value = normalisedProjection(plan, "output", outputNorm, columnsOf(output));
  const gate = normalisedProjection(plan, "gate", inputNorm, columnsOf(outputGate));
  return plan.dispatch(
    triangleOutput,
    {
      pair,
      product,
      output_weights: value.weights,
      output_terms: value.terms,
      gate_weights: gate.weights,
      gate_terms: gate.terms,
    },
    { params: { CHANNELS: inputNorm.channels, HIDDEN_CHANNELS: outputNorm.channels }, scalars: { unscale: 1 / scale } },
  ).updated;
}

function triangleFactors(
  plan: Plan,
  pair: Tensor,
  masks: PairMasks,
  weights: TriangleMultiplicationWeights,
  direction: "outgoing" | "incoming",
): TriangleFactors {
  const { inputNorm } = weights;
  return plan.dispatch(
    triangleProject,
    {
      pair,
      mask: direction === "outgoing" ? masks.rows : masks.columns,
      ...normalisedProjection(plan, "a, b", inputNorm, factorColumns(weights)),
    },
    {
      params: { CHANNELS: inputNorm.channels, TRANSPOSED: direction === "incoming" },
      scalars: {},
      store: { a: plan.operand, b: plan.operand },
    },
  );
}

/**
 * What products over n tokens are multiplied by where they are stored as halves: their sums grow with the root of n if signs are
 * random, and with n if all agree. A power of two, so that it rounds nothing and comes off again exactly before the norm.
 */
const productScale = ({ operand }: Plan, n: number): number =>
  operand === "f16" ? 2 ** -Math.floor(Math.log2(n) / 2) : 1;
