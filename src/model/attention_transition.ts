/** The end of a block's pair half in one kernel: an attention of the pair, the transition behind it, and the bias that the pair gives next. */
import { type Plan, reshape, type Tensor } from "../gpu/plan/plan.ts";
import { attentionTransition } from "../kernels/attention_transition.ts";
import { headWidth, outputProjection, type PairUpdate, rowChunks, type TriangleAttentionWeights } from "./attention.ts";
import type { Normed } from "./linear.ts";
import {
  channelInputs,
  columnsOf,
  headColumns,
  interleave,
  normalisedProjection,
  padded,
  plainProjection,
  withNorm,
} from "./projection.ts";
import type { TransitionWeights } from "./transition.ts";

export interface PairEnd {
  readonly attention: TriangleAttentionWeights;
  readonly transition: TransitionWeights;
  /** What the attention of the tokens makes its bias of, if one follows. */
  readonly next: Normed | undefined;
}

/** An update of the pair that is the whole rest of its half of the block. */
export interface PairEndUpdate extends PairUpdate {
  /** [heads, n, n padded to a multiple of four], once the update is recorded; empty where nothing follows. */
  bias: Tensor | undefined;
}

/**
 * What adds an attention's output and the transition to the pair in one go.
 * @returns undefined where the steps are to be recorded one by one: the tuning table does not propose it, or the attention comes in chunks
 */
export function pairEnd(
  plan: Plan,
  pair: Tensor,
  weights: PairEnd,
  node: "starting" | "ending",
): PairEndUpdate | undefined {
  const { attention, transition, next } = weights;
  const [n, , C] = pair.shape;
  const { channels } = attention.norm;
  const width = headWidth(attention);
  const [HIDDEN, MIDDLE] = [attention.heads * width, padded(transition.value.outputs)];
  const params = { CHANNELS: channels, HEADS: next?.map.outputs ?? 0, TRANSPOSED: node === "ending" };
  const norms = [transition.norm, ...(next ? [next.norm] : [])];
  if (norms.some((norm) => norm.channels !== channels) || rowChunks(plan, pair, attention).length > 1) return undefined;
  if (!plan.fusesWhole(attentionTransition, { n, C, HIDDEN, MIDDLE }, params)) return undefined;
  const up = interleave(columnsOf(transition.gate), columnsOf(transition.value));
  const { weights: first_weights, terms } = normalisedProjection(plan, "gate, up, bias", attention.norm, [
    ...headColumns(attention.gate, attention.heads, width),
    ...withNorm(up, transition.norm),
    ...(next ? withNorm(columnsOf(next.map), next.norm) : []),
  ]);
  const output_weights = outputProjection(plan, attention);
  const down_weights = plainProjection(plan, "down", transition.output, channelInputs(transition.output.inputs));
  const update: PairEndUpdate = {
    gated: false,
    bias: undefined,
    record(x) {
      update.bias = plan.dispatch(
        attentionTransition,
        { x: reshape(x, [n, n, HIDDEN]), first_weights, terms, output_weights, down_weights, residual: pair },
        { params, scalars: {} },
      ).bias;
    },
  };
  return update;
}
