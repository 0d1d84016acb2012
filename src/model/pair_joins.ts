/** Steps of the pair's half of a block that meet at its rows, in one kernel each: one ends where the next begins. */
import { type Plan, reshape, slice, type Tensor } from "../gpu/plan/plan.ts";
import { attentionToAttention } from "../kernels/attention_to_attention.ts";
import { triangleToAttention } from "../kernels/triangle_to_attention.ts";
import { triangleToTriangle } from "../kernels/triangle_to_triangle.ts";
import {
  gatesAtEnd,
  headsColumns,
  headWidth,
  outputInputs,
  type PairUpdate,
  type ProjectedHeads,
  rowChunks,
  type TriangleAttentionTraits,
  type TriangleAttentionWeights,
} from "./attention.ts";
import type { PairMasks } from "./masks.ts";
import { columnsOf, headColumns, type Layer, padded, stackedProjection } from "./projection.ts";
import {
  factorColumns,
  type TriangleEnd,
  type TriangleFactors,
  type TriangleMultiplicationWeights,
} from "./triangle_multiplication.ts";

/** The end of a step that makes what the next one begins with, once it is recorded. */
export type Joined<End, Made> = End & { made: Made | undefined };

/** Rows of a stack of weights, each as long as the widest of what they are multiplied by. */
const pitchOf = (...widths: readonly number[]): number => Math.max(...widths);

/** The gates and the output of a multiplication, in the order of the kernels. */
const endLayers = ({ inputNorm, outputNorm, output, outputGate }: TriangleMultiplicationWeights): Layer[] => [
  { columns: columnsOf(outputGate), norm: inputNorm },
  { columns: columnsOf(output), norm: outputNorm },
];

/** Queries, keys, values and bias of an attention whose last step makes its gates. */
const startColumns = (weights: TriangleAttentionWeights) => [
  ...headsColumns(weights, false),
  ...columnsOf(weights.bias),
];

/** The sizes of an attention's projections. */
const startSizes = (weights: TriangleAttentionWeights, { biasTransposed }: TriangleAttentionTraits) => ({
  WIDTH: weights.heads * headWidth(weights),
  HEADS: weights.heads,
  BIAS_TRANSPOSED: biasTransposed,
});

/**
 * The outgoing update's last step and the incoming one's projections.
 * @returns undefined where they are to be recorded one by one: the tuning table does not propose it, or there are too few bindings
 */
export function outgoingToIncoming(
  plan: Plan,
  pair: Tensor,
  masks: PairMasks,
  from: TriangleMultiplicationWeights,
  to: TriangleMultiplicationWeights,
): Joined<TriangleEnd, TriangleFactors> | undefined {
  const [n, , C] = pair.shape;
  const HIDDEN = padded(from.outputNorm.channels);
  const next = factorColumns(to);
  const sizes = { n, C, HIDDEN, weight_rows: 2 * C + next.length, WEIGHT_PITCH: pitchOf(C, HIDDEN), unscale: 1 };
  const params = {
    CHANNELS: from.inputNorm.channels,
    HIDDEN_CHANNELS: from.outputNorm.channels,
    TRANSPOSED: true,
  };
  if (to.inputNorm.channels !== from.inputNorm.channels) return undefined;
  if (!plan.fusesWhole(triangleToTriangle, sizes, params)) return undefined;
  const layers = [...endLayers(from), { columns: next, norm: to.inputNorm }];
  const end: Joined<TriangleEnd, TriangleFactors> = {
    transposed: true,
    made: undefined,
    record(product, unscale) {
      const stack = stackedProjection(plan, "gate, output, a, b", layers);
      const { updated, a, b } = plan.dispatch(
        triangleToTriangle,
        { pair, product, ...stack, mask: masks.columns },
        { params, scalars: { unscale }, store: { a: plan.operand, b: plan.operand } },
      );
      end.made = { a, b };
      return updated;
    },
  };
  return end;
}

/**
 * The incoming update's last step and the starting node's projections.
 * @returns undefined where they are to be recorded one by one: as in {@link outgoingToIncoming}, or the attention comes in chunks or gates
 *   its own output
 */
export function incomingToStarting(
  plan: Plan,
  pair: Tensor,
  from: TriangleMultiplicationWeights,
  to: TriangleAttentionWeights,
  traits: TriangleAttentionTraits,
): Joined<TriangleEnd, ProjectedHeads> | undefined {
  const [n, , C] = pair.shape;
  const HIDDEN = padded(from.outputNorm.channels);
  const sizes = { n, C, HIDDEN, WEIGHT_PITCH: pitchOf(C, HIDDEN), unscale: 1 };
  const params = {
    CHANNELS: from.inputNorm.channels,
    HIDDEN_CHANNELS: from.outputNorm.channels,
    TRANSPOSED: false,
    ...startSizes(to, traits),
  };
  if (to.norm.channels !== from.inputNorm.channels || rowChunks(plan, pair, to).length > 1) return undefined;
  if (!gatesAtEnd(plan, pair, to, false) || !plan.fusesWhole(triangleToAttention, sizes, params)) return undefined;
  const layers = [...endLayers(from), { columns: startColumns(to), norm: to.norm }];
  const end: Joined<TriangleEnd, ProjectedHeads> = {
    transposed: false,
    made: undefined,
    record(product, unscale) {
      const stack = stackedProjection(plan, "gate, output, q, k, v, bias", layers);
      const { updated, q, kv, bias } = plan.dispatch(
        triangleToAttention,
        { pair, product, ...stack },
        { params, scalars: { unscale }, store: { q: plan.operand, kv: plan.operand } },
      );
      end.made = { q, k: slice(kv, 0, n * n), v: slice(kv, kv.shape[0] / 2, n * n), bias };
      return updated;
    },
  };
  return end;
}

/**
 * The starting node's last step and the ending node's projections.
 * @returns undefined where they are to be recorded one by one: as in {@link incomingToStarting}
 */
export function startingToEnding(
  plan: Plan,
  pair: Tensor,
  from: TriangleAttentionWeights,
  to: TriangleAttentionWeights,
  traits: TriangleAttentionTraits,
): Joined<PairUpdate, ProjectedHeads> | undefined {
  const [n, , C] = pair.shape;
  const width = headWidth(from);
  const HIDDEN = from.heads * width;
  const sizes = { n, C, HIDDEN, WEIGHT_PITCH: pitchOf(C, HIDDEN) };
  const params = { CHANNELS: from.norm.channels, TRANSPOSED: true, ...startSizes(to, traits) };
  if (to.norm.channels !== from.norm.channels) return undefined;
  if ([from, to].some((one) => rowChunks(plan, pair, one).length > 1)) return undefined;
  if (!gatesAtEnd(plan, pair, to, true) || !plan.fusesWhole(attentionToAttention, sizes, params)) return undefined;
  const layers = [
    { columns: headColumns(from.gate, from.heads, width), norm: from.norm },
    { columns: startColumns(to), norm: to.norm },
    { columns: columnsOf(from.output), inputs: outputInputs(from) },
  ];
  const end: Joined<PairUpdate, ProjectedHeads> = {
    gated: false,
    made: undefined,
    record(x) {
      end.made = plan.dispatch(
        attentionToAttention,
        {
          x: reshape(x, [n, n, HIDDEN]),
          ...stackedProjection(plan, "gate, q, k, v, bias, output", layers),
          residual: pair,
        },
        { params, scalars: {}, store: { q: plan.operand, k: plan.operand, v: plan.operand } },
      );
    },
  };
  return end;
}
