/** The blocks that MSA and pair share: algorithms 8, 9 and 10 of the AlphaFold 3 supplement, as the engines arrange them. */
import { bytesOf } from "../gpu/plan/dtype.ts";
import { type Plan, reshape, type Tensor } from "../gpu/plan/plan.ts";
import { attentionProject } from "../kernels/attention_project.ts";
import { commonRows } from "../kernels/common_rows.ts";
import { maskedSoftmax } from "../kernels/masked_softmax.ts";
import { msaEmbed } from "../kernels/msa_embed.ts";
import { outerProduct } from "../kernels/outer_product.ts";
import { activations, project } from "../kernels/project.ts";
import { projectChannels } from "../kernels/project_channels.ts";
import { projectResidual } from "../kernels/project_residual.ts";
import { weightedAverage } from "../kernels/weighted_average.ts";
import { chunksOf } from "./chunks.ts";
import type { LayerNorm, Linear } from "./linear.ts";
import type { PairMasks } from "./masks.ts";
import { type PairBlockWeights, type PairformerTraits, pairBlock } from "./pairformer.ts";
import {
  channelInputs,
  columnsOf,
  headColumns,
  headInputs,
  normalisedProjection,
  nothing,
  padded,
  plainProjection,
  unnormalisedProjection,
  unscaled,
} from "./projection.ts";
import { projectRows } from "./rows.ts";
import { type TransitionWeights, transition } from "./transition.ts";

export interface OuterProductWeights {
  readonly norm: LayerNorm;
  /** Of token i. */
  readonly left: Linear;
  /** Of token j. */
  readonly right: Linear;
  /** From all products of a left channel (slow) with a right one (fast) to the pair. Its bias is divided with the sum. */
  readonly output: Linear;
}

export interface AveragingWeights {
  readonly heads: number;
  readonly norm: LayerNorm;
  readonly value: Linear;
  readonly gate: Linear;
  readonly output: Linear;
  readonly biasNorm: LayerNorm;
  /** From the normalised pair to one logit per head. */
  readonly bias: Linear;
}

export interface MsaBlockWeights {
  readonly outer: OuterProductWeights;
  /** What updates the MSA, of blocks that do. */
  readonly stack?: { readonly averaging: AveragingWeights; readonly transition: TransitionWeights };
  readonly pair: PairBlockWeights;
}

/** Masks of an MSA, in both orientations; what an engine's traits do not ask for may be empty. */
export interface MsaMasks {
  /** [sequences, pitch]: row s holds mask(s, ·). */
  readonly sequences: Tensor;
  /** [n, pitch]: row i holds mask(·, i). */
  readonly tokens: Tensor;
  /** [1, pitch]: the tokens that are in any sequence. */
  readonly present: Tensor;
}

/** Where the engines' blocks differ beside their weights. */
export interface MsaTraits extends Pick<PairformerTraits, "starting" | "ending"> {
  /** What MSA and pair give each other first: the outer product from the MSA, or the averaging along the pair. */
  readonly first: "outer product" | "averaging";
  /** Which keys a token may average: those that any sequence has, or those that the pair mask allows it. */
  readonly keys: "present" | "pairs";
  /** penalty · (mask − 1) is added to their logits. */
  readonly penalty: number;
  /** Whether the values that are averaged are masked too. */
  readonly masksValues: boolean;
}

/** Traps T7 and Q2: what all engines add to the number of common sequences. */
export const commonSequenceTraits = { epsilon: 1e-3 };

/**
 * Embeds an MSA: features of every position, and what is known of its token. Masked positions need no zeros, since
 * whatever reads an MSA masks it.
 * @param features [sequences · n, K]
 * @param single [n, C of the single inputs]
 * @returns [sequences · n, C of the MSA]
 */
export function embedMsa(
  plan: Plan,
  { features, single }: { readonly features: Tensor; readonly single: Tensor },
  weights: { readonly features: Linear; readonly single: Linear },
): Tensor {
  const tokens = projectRows(plan, "tokens", single, columnsOf(weights.single));
  const map = plainProjection(plan, "features", weights.features, channelInputs(weights.features.inputs));
  return plan.dispatch(msaEmbed, { features, weights: map, tokens }, { scalars: {} }).y;
}

/**
 * What the sums over common sequences are multiplied by. Masks stay the same in all blocks: once is enough.
 * @param mask [n, pitch]: row i holds the sequences that token i is in
 * @returns [n · n]
 */
export function commonSequences(plan: Plan, mask: Tensor): Tensor {
  const [n] = mask.shape;
  return reshape(plan.dispatch(commonRows, { mask }, { scalars: { epsilon: commonSequenceTraits.epsilon } }).factor, [
    n * n,
  ]);
}

/** Where the products of padded channels find their inputs in the output map. */
function productInputs(channels: number): (number | undefined)[] {
  const pitch = padded(channels);
  return Array.from({ length: pitch * pitch }, (_, at) => {
    const [left, right] = [Math.floor(at / pitch), at % pitch];
    return left < channels && right < channels ? left * channels + right : undefined;
  });
}

/**
 * Adds to each pair the mean outer product of its tokens over the sequences that both are in, in place. In chunks of
 * rows: the products of all channels never exist as a whole.
 * @param msa [sequences · n, C]
 * @param pair [n, n, C of the pair], updated
 * @param mask [n, pitch]: row i holds the sequences that token i is in
 * @param means from {@link commonSequences}
 */
export function outerProductMean(
  plan: Plan,
  msa: Tensor,
  pair: Tensor,
  { mask, means }: { readonly mask: Tensor; readonly means: Tensor },
  { norm, left, right, output }: OuterProductWeights,
): void {
  const [n, , C] = pair.shape;
  const hidden = padded(left.outputs);
  const { y } = plan.dispatch(
    projectChannels,
    {
      source: msa,
      mask,
      ...normalisedProjection(plan, "left, right", norm, [...columnsOf(left), ...columnsOf(right)]),
    },
    {
      params: { CHANNELS: norm.channels, MASKED: true, TRANSPOSED: true },
      scalars: { length: msa.shape[0] / n, first_line: 0, lines: n },
      store: { y: plan.operand },
    },
  );
  const factors = reshape(y, [n, 2, hidden, mask.shape[1]]);
  const inputs = productInputs(left.outputs);
  const projection = unnormalisedProjection(plan, "output", columnsOf(output), { inputs });
  // The products stay float32 in mixed precision too: sums over thousands of sequences could pass the largest half.
  // No larger than the pair: a buffer larger than what the layers behind it need would stay as large for all of them.
  for (const { first, count } of chunksOf(plan, n, bytesOf([n, hidden, hidden]), pair.bytes)) {
    const { product } = plan.dispatch(outerProduct, { factors }, { scalars: { first_token: first, tokens: count } });
    plan.dispatch(
      projectResidual,
      {
        x: reshape(product, [count * n, hidden * hidden]),
        ...projection,
        mask: means,
        gate: nothing(plan, [0, C]),
        residual: reshape(pair, [n * n, C]),
      },
      { params: { MASKED: true }, scalars: { n: 1, first_row: first * n } },
    );
  }
}

/**
 * Adds to each position of a sequence a gated average over its tokens, in place; all sequences share the weights, which the
 * pair gives. In chunks of sequences.
 * @param msa [sequences · n, C], updated
 * @param pair [n, n, C of the pair]
 */
export function pairWeightedAveraging(
  plan: Plan,
  msa: Tensor,
  pair: Tensor,
  masks: { readonly msa: MsaMasks; readonly pair: PairMasks },
  weights: AveragingWeights,
  traits: Pick<MsaTraits, "keys" | "penalty" | "masksValues">,
): void {
  const [n] = pair.shape;
  const { heads, norm, value, gate, output } = weights;
  const channels = value.outputs / heads;
  const width = padded(channels);
  const keys = traits.keys === "pairs" ? masks.pair.rows : masks.msa.present;
  const shared = averagingWeights(plan, pair, keys, weights, traits.penalty);
  const values = normalisedProjection(plan, "values", norm, headColumns(value, heads, width));
  const gates = normalisedProjection(plan, "gate", norm, headColumns(gate, heads, width));
  const outputs = plainProjection(plan, "output", output, headInputs(heads, channels, width));
  const mask = traits.masksValues ? masks.msa.sequences : nothing(plan, [0, padded(n)]);
  for (const { first, count } of chunksOf(
    plan,
    msa.shape[0] / n,
    bytesOf([n, heads, width], plan.operand),
    pair.bytes,
  )) {
    const projected = plan.dispatch(
      projectChannels,
      { source: msa, mask, ...values },
      {
        params: { CHANNELS: norm.channels, MASKED: traits.masksValues },
        scalars: { length: n, first_line: first, lines: count },
        store: { y: plan.operand },
      },
    ).y;
    const gated = plan.dispatch(
      project,
      { source: msa, ...gates, mask: nothing(plan) },
      {
        params: { CHANNELS: norm.channels, NORMALISE: true, ACTIVATION: activations.sigmoid },
        scalars: { first_row: first * n, rows: count * n },
        store: { y: plan.operand },
      },
    ).y;
    plan.dispatch(
      weightedAverage,
      {
        weights: shared,
        values: reshape(projected, [count, heads, width, padded(n)]),
        gated: reshape(gated, [count, n, heads, width]),
      },
      { scalars: {} },
    );
    plan.dispatch(
      projectResidual,
      { x: gated, weights: outputs, ...unscaled(plan, msa.shape[1]), residual: msa },
      { scalars: { n: 1, first_row: first * n } },
    );
  }
}

/** The weights of all heads' averages, [heads, n, pitch]. */
function averagingWeights(
  plan: Plan,
  pair: Tensor,
  mask: Tensor,
  { heads, biasNorm, bias }: AveragingWeights,
  penalty: number,
): Tensor {
  const [n, , C] = pair.shape;
  const logits = plan.dispatch(
    attentionProject,
    { source: reshape(pair, [n * n, C]), ...normalisedProjection(plan, "logits", biasNorm, columnsOf(bias)) },
    {
      params: { CHANNELS: biasNorm.channels, WIDTH: 0, HEADS: heads },
      scalars: { n, lines: n, first_row: 0, rows: n * n },
    },
  ).bias;
  plan.dispatch(maskedSoftmax, { mask, logits: reshape(logits, [heads * n, padded(n)]) }, { scalars: { n, penalty } });
  return logits;
}

/**
 * Records all blocks.
 * @param msa [sequences · n, C], updated
 * @param pair [n, n, C of the pair]
 * @param keepsMsa whether the caller reads the MSA afterwards; without, its last update may be left out
 * @returns the pair after the last block
 */
export function msaBlocks(
  plan: Plan,
  { msa, pair }: { readonly msa: Tensor; readonly pair: Tensor },
  masks: { readonly msa: MsaMasks; readonly pair: PairMasks },
  blocks: readonly MsaBlockWeights[],
  traits: MsaTraits,
  keepsMsa: boolean,
): Tensor {
  const means = plan.scope("common sequences", () => commonSequences(plan, masks.msa.tokens));
  let z = pair;
  blocks.forEach((weights, index) => {
    const outer = () =>
      plan.scope("outer product mean", () =>
        outerProductMean(plan, msa, z, { mask: masks.msa.tokens, means }, weights.outer),
      );
    const averaging = () => {
      const { stack } = weights;
      if (!stack) return;
      plan.scope("pair-weighted averaging", () => pairWeightedAveraging(plan, msa, z, masks, stack.averaging, traits));
      plan.scope("msa transition", () => transition(plan, msa, stack.transition));
    };
    plan.scope(`block ${index}`, () => {
      if (traits.first === "averaging") averaging();
      outer();
      const unread = !keepsMsa && index === blocks.length - 1;
      if (traits.first === "outer product" && !unread) averaging();
      z = pairBlock(plan, z, masks.pair, weights.pair, traits).pair;
    });
  });
  return z;
}
