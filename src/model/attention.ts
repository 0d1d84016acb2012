/** Attention with a pair bias: over the rows or columns of the pair (algorithms 14 and 15), and over the tokens (24). */
import { bytesOf } from "../gpu/plan/dtype.ts";
import { type Plan, reshape, type Tensor } from "../gpu/plan/plan.ts";
import { attention } from "../kernels/attention.ts";
import { attentionProject } from "../kernels/attention_project.ts";
import { gatedResidual } from "../kernels/gated_residual.ts";
import { projectResidual } from "../kernels/project_residual.ts";
import { chunksOf } from "./chunks.ts";
import type { LayerNorm, Linear } from "./linear.ts";
import type { KeyMasking, PairMasks, SingleMasks } from "./masks.ts";
import {
  type Column,
  columnsOf,
  headColumns,
  headInputs,
  type NormalisedProjection,
  normalisedProjection,
  nothing,
  padded,
  plainProjection,
  unscaled,
} from "./projection.ts";

/** The projections of an attention; outputs of q and k, of v and the gate, are heads × channels. */
export interface AttentionMaps {
  readonly heads: number;
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly gate: Linear;
  readonly output: Linear;
}

export interface AttentionWeights extends AttentionMaps {
  readonly norm: LayerNorm;
}

export interface TriangleAttentionWeights extends AttentionWeights {
  /** From the normalised pair to one bias per head. */
  readonly bias: Linear;
}

export interface SingleAttentionWeights extends AttentionWeights {
  readonly biasNorm: LayerNorm;
  readonly bias: Linear;
}

/** How an engine's triangle attention differs; each value is named where the engine sets it. */
export interface TriangleAttentionTraits {
  readonly masking: KeyMasking;
  /** Which rows of the mask belong to row i of the walk: those of mask(i, ·) or of mask(·, i). */
  readonly mask: keyof PairMasks;
  /** Whether the bias for query q and key k is taken from pair (k, q) of the walk instead of (q, k). */
  readonly biasTransposed: boolean;
}

/** Width of a head on the device: queries, keys, values and gates share one, the largest, in fours. */
export const headWidth = ({ query, value, heads }: AttentionMaps): number =>
  padded(Math.max(query.outputs, value.outputs) / heads);

/** Queries, keys, values and gates side by side; the scale of the logits goes into the queries. */
export function headsColumns(weights: AttentionMaps, gated = true): Column[] {
  const { heads, query, key, value, gate } = weights;
  const width = headWidth(weights);
  return [
    ...headColumns(query, heads, width, 1 / Math.sqrt(query.outputs / heads)),
    ...headColumns(key, heads, width),
    ...headColumns(value, heads, width),
    ...(gated ? headColumns(gate, heads, width) : []),
  ];
}

/** How queries, gates, keys and values are stored, and with the queries what replaces them. */
export const storedHeads = ({ operand }: Plan) => ({ q: operand, g: operand, k: operand, v: operand });

/** Where the inputs of the output map stand in heads padded to one width. */
export const outputInputs = (weights: AttentionMaps): (number | undefined)[] =>
  headInputs(weights.heads, weights.value.outputs / weights.heads, headWidth(weights));

/** The weights behind an attention. */
export const outputProjection = (plan: Plan, weights: AttentionMaps): Tensor =>
  plainProjection(plan, "output", weights.output, outputInputs(weights));

/**
 * The bias of an attention from a pair, one matrix per head.
 * @param pair [n, n, padded channels]
 * @returns [heads, n, n padded to a multiple of four]
 */
export function pairBias(plan: Plan, pair: Tensor, norm: LayerNorm, map: Linear): Tensor {
  const [n] = pair.shape;
  return plan.dispatch(
    attentionProject,
    { source: reshape(pair, [n * n, pair.shape[2]]), ...normalisedProjection(plan, "bias", norm, columnsOf(map)) },
    {
      params: { CHANNELS: norm.channels, WIDTH: 0, HEADS: map.outputs },
      scalars: { n, lines: n, first_row: 0, rows: n * n },
    },
  ).bias;
}

/** The rows of the pair whose projections exist at a time. */
export const rowChunks = (plan: Plan, pair: Tensor, weights: AttentionMaps) => {
  const [n] = pair.shape;
  return chunksOf(plan, n, bytesOf([n, weights.heads, headWidth(weights)], plan.operand), pair.bytes);
};

/**
 * Attention along the rows of the pair (starting node) or along its columns (ending node), added to the pair in place.
 * All rows share the bias. Rows are worked on in chunks if their projections outgrow the budget.
 * @param pair [n, n, C], updated
 * @param steps the projections, where the step before made them, and what adds the output to the pair, where that is more than the
 *   attention's own last step
 */
export function triangleAttention(
  plan: Plan,
  pair: Tensor,
  masks: PairMasks,
  weights: TriangleAttentionWeights,
  node: "starting" | "ending",
  traits: TriangleAttentionTraits,
  steps: { readonly made?: ProjectedHeads | undefined; readonly end?: PairUpdate | undefined } = {},
): void {
  const [n, , C] = pair.shape;
  const { heads, norm } = weights;
  const width = headWidth(weights);
  const walk = { CHANNELS: norm.channels, TRANSPOSED: node === "ending" };
  const source = reshape(pair, [n * n, C]);
  const update = steps.end ?? pairUpdate(plan, source, n, weights, walk);
  const project = (projection: NormalisedProjection, WIDTH: number, HEADS: number, first: number, rows: number) =>
    plan.dispatch(
      attentionProject,
      { source, ...projection },
      {
        params: { ...walk, WIDTH, HEADS, GATED: WIDTH > 0 && update.gated, BIAS_TRANSPOSED: traits.biasTransposed },
        scalars: { n, lines: n, first_row: first, rows },
        store: storedHeads(plan),
      },
    );
  const attend = ({ q, g, k, v }: Projected, bias: Tensor, first: number, batch: number) => {
    const shape = [batch, n, heads, width];
    attendWith(plan, { q, g, k, v }, shape, bias, masks[traits.mask], traits.masking, first);
    update.record(reshape(q, [batch * n, heads * width]), first * n);
  };
  if (steps.made) {
    attend({ ...steps.made, g: nothing(plan) }, steps.made.bias, 0, n);
    return;
  }
  const own = headsColumns(weights, update.gated);
  const biasColumns = columnsOf(weights.bias);
  const chunks = rowChunks(plan, pair, weights);
  if (chunks.length === 1) {
    const projection = normalisedProjection(plan, "q, k, v, g, bias", norm, [...own, ...biasColumns]);
    const all = project(projection, heads * width, heads, 0, n * n);
    attend(all, all.bias, 0, n);
    return;
  }
  // Every row needs the whole bias, and chunks change the pair: it comes first.
  const { bias } = project(normalisedProjection(plan, "bias", norm, biasColumns), 0, heads, 0, n * n);
  const projection = normalisedProjection(plan, "q, k, v, g", norm, own);
  for (const { first, count } of chunks)
    attend(project(projection, heads * width, 0, first * n, count * n), bias, first, count);
}

/** How an attention of the pair adds its output to it: what is gated already, or with gates made from the pair on the way. */
export interface PairUpdate {
  /** Whether the attention gates its output itself. */
  readonly gated: boolean;
  /** @param x [rows, heads × width], the attention's output from position `first` of the walk on */
  record(x: Tensor, first: number): void;
}

/** Whether an attention's last step makes the gates, from the rows that it adds to. @param pair [n, n, C] */
export function gatesAtEnd(plan: Plan, pair: Tensor, weights: TriangleAttentionWeights, TRANSPOSED: boolean): boolean {
  const [n, , C] = pair.shape;
  const HIDDEN = weights.heads * headWidth(weights);
  const params = { CHANNELS: weights.norm.channels, TRANSPOSED };
  return plan.fuses(gatedResidual, { rows: n * n, HIDDEN, C, n, first_row: 0 }, params);
}

function pairUpdate(
  plan: Plan,
  residual: Tensor,
  n: number,
  weights: TriangleAttentionWeights,
  walk: { readonly CHANNELS: number; readonly TRANSPOSED: boolean },
): PairUpdate {
  const { heads, gate, norm } = weights;
  const output = outputProjection(plan, weights);
  const [rows, C] = residual.shape;
  const width = headWidth(weights);
  if (!plan.fuses(gatedResidual, { rows, HIDDEN: heads * width, C, n, first_row: 0 }, walk)) {
    const projection = { weights: output, ...unscaled(plan, C) };
    const params = { TRANSPOSED: walk.TRANSPOSED };
    return {
      gated: true,
      record: (x, first_row) => {
        plan.dispatch(projectResidual, { x, ...projection, residual }, { params, scalars: { n, first_row } });
      },
    };
  }
  const gates = normalisedProjection(plan, "gate", norm, headColumns(gate, heads, width));
  return {
    gated: false,
    record: (x, first_row) => {
      plan.dispatch(
        gatedResidual,
        { x, gate_weights: gates.weights, gate_terms: gates.terms, weights: output, residual },
        { params: walk, scalars: { n, first_row } },
      );
    },
  };
}

/** Queries, keys and values [n · n, heads × width] of a walk over the pair, and its bias. */
export interface ProjectedHeads {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly bias: Tensor;
}

interface Projected {
  readonly q: Tensor;
  readonly g: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
}

/** Records the attention itself, gated if there are gates; its output replaces the queries. @param shape [batch, n, heads, width] */
export function attendWith(
  plan: Plan,
  { q, g, k, v }: Projected,
  shape: readonly number[],
  bias: Tensor,
  mask: Tensor,
  masking: KeyMasking,
  firstBatch: number,
): void {
  const gated = g.bytes > 0;
  plan.dispatch(
    attention,
    {
      q: reshape(q, shape),
      g: reshape(g, gated ? shape : [0, ...shape.slice(1)]),
      k: reshape(k, shape),
      v: reshape(v, shape),
      bias,
      mask,
    },
    {
      params: { REPLACE: masking.kind === "replace", GATED: gated },
      scalars: { first_batch: firstBatch, penalty: masking.kind === "penalty" ? masking.penalty : 0 },
    },
  );
}

/**
 * Attention over the tokens with a bias from the pair, added to the single representation in place.
 * @param single [n, C], updated
 * @param pair [n, n, C of the pair]
 * @param made the bias, where the pair's last step made it
 */
export function singleAttention(
  plan: Plan,
  single: Tensor,
  pair: Tensor,
  masks: SingleMasks,
  weights: SingleAttentionWeights,
  masking: KeyMasking,
  made?: Tensor,
): void {
  const [n] = single.shape;
  const { heads, norm, biasNorm } = weights;
  const width = headWidth(weights);
  const bias = made ?? pairBias(plan, pair, biasNorm, weights.bias);
  const { q, g, k, v } = plan.dispatch(
    attentionProject,
    { source: single, ...normalisedProjection(plan, "q, k, v, g", norm, headsColumns(weights)) },
    {
      params: { CHANNELS: norm.channels, WIDTH: heads * width, HEADS: 0 },
      scalars: { n, lines: n, first_row: 0, rows: n },
      store: storedHeads(plan),
    },
  );
  attendWith(plan, { q, g, k, v }, [1, n, heads, width], bias, masks.keys, masking, 0);
  plan.dispatch(
    projectResidual,
    {
      x: reshape(q, [n, heads * width]),
      weights: outputProjection(plan, weights),
      ...unscaled(plan, single.shape[1]),
      mask: masks.queries,
      residual: single,
    },
    { params: { MASKED: masks.queries.bytes > 0 }, scalars: { n, first_row: 0 } },
  );
}
