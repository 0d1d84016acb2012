/** The confidence head: algorithm 31 of the AlphaFold 3 supplement. It says how far a structure may be off. */
import { elements } from "../gpu/plan/dtype.ts";
import { type Plan, reshape, type Tensor } from "../gpu/plan/plan.ts";
import { alignedError } from "../kernels/aligned_error.ts";
import type { DistanceBins } from "../kernels/check/reference.ts";
import { copy } from "../kernels/copy.ts";
import { distanceEmbed } from "../kernels/distance_embed.ts";
import { project } from "../kernels/project.ts";
import { expectation, normalisedLogits } from "./bins.ts";
import { type LayerNorm, type Linear, matrixAt } from "./linear.ts";
import type { PairMasks, SingleMasks } from "./masks.ts";
import { type PairformerBlockWeights, type PairformerTraits, pairformer } from "./pairformer.ts";
import { channelInputs, columnsOf, headColumns, nothing, padded, plainProjection } from "./projection.ts";

/** A head on a normalised representation. */
export interface NormalisedHead {
  readonly norm: LayerNorm;
  readonly map: Linear;
}

export interface ConfidenceWeights {
  /** From the target features to what the pair gets by its column. */
  readonly left: Linear;
  /** From the target features to what the pair gets by its row. */
  readonly right: Linear;
  readonly distances: Linear;
  readonly blocks: readonly PairformerBlockWeights[];
  readonly distanceError: NormalisedHead;
  readonly alignedError: NormalisedHead;
  /** Outputs are atom slots × bins. */
  readonly lddt: NormalisedHead;
  /** Outputs are atom slots × 2: unresolved, resolved. */
  readonly resolved: NormalisedHead;
}

/** How distances in a structure fall into bins, in Ångström. */
export interface StructureBins extends DistanceBins {
  /** Distances are those of sums of coordinates, and the bins' numbers their centres, not their lower edges. */
  readonly summed: boolean;
}

/** Bins that lie between listed edges, in Ångström. */
export interface ListedBins {
  readonly count: number;
  /** [count, 2]: the lower and the upper edge of each, neither of which is in it. */
  readonly edges: () => Float32Array;
}

export interface ConfidenceTraits {
  readonly pairformer: PairformerTraits;
  readonly distances: StructureBins;
  /** Atom slots of a token. */
  readonly slots: number;
  /** What each bin stands for: Ångström, Ångström, and per cent. */
  readonly distanceErrors: readonly number[];
  readonly alignedErrors: readonly number[];
  readonly lddts: readonly number[];
  /** d0 of the TM-score, Ångström, for a number of tokens. */
  readonly tmScale: (tokens: number) => number;
}

/** What the head reads; it changes none of it. */
export interface ConfidenceInputs {
  /** [n, C of the single representation] */
  readonly single: Tensor;
  /** [n, n, C of the pair] */
  readonly pair: Tensor;
  /** [n, C of the target features] */
  readonly target: Tensor;
  /** [n, 4]: the position that stands for each token, and its mask. */
  readonly positions: Tensor;
  /** [n, 4]: mask, chain, size of the chain, and the number of all real tokens. */
  readonly chains: Tensor;
  /** [n] */
  readonly mask: Tensor;
}

/** All per pair [n, n] or per atom slot [n, slots], in row order. */
export interface Confidence {
  readonly distanceError: Tensor;
  readonly alignedError: Tensor;
  readonly tmGlobal: Tensor;
  readonly tmInterface: Tensor;
  readonly lddt: Tensor;
  readonly resolved: Tensor;
}

/** d0 of the TM-score (Zhang and Skolnick 2004), Ångström, which is not defined for less than 19 residues. */
export const tmScale = (tokens: number): number => 1.24 * Math.cbrt(Math.max(tokens, 19) - 15) - 1.8;

/** Records the head for one structure. */
export function confidence(
  plan: Plan,
  inputs: ConfidenceInputs,
  masks: { readonly pair: PairMasks; readonly single: SingleMasks },
  weights: ConfidenceWeights,
  traits: ConfidenceTraits,
): Confidence {
  const pair = plan.scope("embedding", () => embedStructure(plan, inputs, weights, traits.distances));
  // The Pairformer works in place, and other structures start from the same single representation.
  const { copied } = plan.dispatch(
    copy,
    { source: reshape(inputs.single, [elements(inputs.single.shape)]) },
    { scalars: {} },
  );
  const start = { single: reshape(copied, inputs.single.shape), pair };
  const updated = pairformer(plan, start, masks, weights.blocks, traits.pairformer);
  return {
    ...plan.scope("pairs", () => pairHeads(plan, updated.pair, inputs, weights, traits)),
    ...plan.scope("atoms", () => atomHeads(plan, updated.single, weights, traits)),
  };
}

/** How a head embeds a structure. */
export interface EmbeddingWeights extends Pick<ConfidenceWeights, "left" | "right" | "distances"> {
  /** From the distance itself, in Ångström, where the pair gets that as well as its bin. */
  readonly measured?: Linear;
}

/** The pair representation with the target features and the distances of the structure, a new tensor. */
export function embedStructure(
  plan: Plan,
  { pair, target, positions }: Pick<ConfidenceInputs, "pair" | "target" | "positions">,
  { left, right, distances, measured }: EmbeddingWeights,
  bins: StructureBins | ListedBins,
): Tensor {
  const C = pair.shape[2];
  const projected = (name: string, map: Linear): Tensor =>
    plan.dispatch(
      project,
      {
        source: target,
        weights: plainProjection(plan, name, map, channelInputs(map.inputs)),
        terms: nothing(plan, [0, C]),
        mask: nothing(plan),
      },
      { params: { CHANNELS: map.inputs }, scalars: { first_row: 0, rows: target.shape[0] } },
    ).y;
  const listed = "edges" in bins;
  const { first, step, summed } = listed ? { first: 0, step: 0, summed: false } : bins;
  return plan.dispatch(
    distanceEmbed,
    {
      pair,
      left: projected("left", left),
      right: projected("right", right),
      tokens: positions,
      bins: plan.constant("distances", [bins.count + (measured ? 1 : 0), C], () =>
        Float32Array.from([distances, ...(measured ? [measured] : [])].flatMap((map) => inputRows(map, C))),
      ),
      edges: listed ? plan.constant("edges", [bins.count, 2], bins.edges) : nothing(plan, [0, 2]),
    },
    {
      params: { BINS: bins.count, SUMMED: summed, LISTED: listed, MEASURED: measured !== undefined },
      scalars: { first_edge: first, edge_step: step },
    },
  ).embedded;
}

/** A map's weights, one row per input, padded to `C` outputs. */
function inputRows({ inputs, outputs, weight }: Linear, C: number): number[] {
  const view = weight();
  return Array.from({ length: inputs * C }, (_, at) =>
    at % C < outputs ? matrixAt(view, at % C, Math.floor(at / C)) : 0,
  );
}

function pairHeads(
  plan: Plan,
  pair: Tensor,
  { chains, mask }: ConfidenceInputs,
  weights: ConfidenceWeights,
  { distanceErrors, alignedErrors: alignedErrorBins, tmScale }: ConfidenceTraits,
) {
  const [n, , C] = pair.shape;
  const logits = (name: string, { norm, map }: NormalisedHead): Tensor => {
    const flat = normalisedLogits(plan, name, reshape(pair, [n * n, C]), norm, columnsOf(map));
    return reshape(flat, [n, n, flat.shape[1]]);
  };
  const distanceError = expectation(
    plan,
    "distance error",
    logits("distance error", weights.distanceError),
    distanceErrors,
    { symmetric: true, mask },
  );
  const aligned = logits("aligned error", weights.alignedError);
  return { distanceError, ...alignedErrors(plan, aligned, chains, alignedErrorBins, tmScale) };
}

/**
 * What is expected of the aligned error of every pair, and of its terms in the TM-scores of all tokens and of the pair's chains.
 * @param logits [n, n, bins padded]
 * @param chains [n, 4]: see the kernel `aligned_error`
 * @param centres of the bins, Ångström
 * @param scale d0 for a number of tokens
 */
export function alignedErrors(
  plan: Plan,
  logits: Tensor,
  chains: Tensor,
  centres: readonly number[],
  scale: (tokens: number) => number,
): Pick<Confidence, "alignedError" | "tmGlobal" | "tmInterface"> {
  const [n, , B] = logits.shape;
  const { error, tm_global, tm_interface } = plan.dispatch(
    alignedError,
    {
      logits,
      centres: plan.constant("centres", [B], () => Float32Array.from({ length: B }, (_, bin) => centres[bin] ?? 0)),
      tokens: chains,
      inverse_squares: plan.constant("inverse squares", [n + 1], () =>
        Float32Array.from({ length: n + 1 }, (_, size) => 1 / scale(size) ** 2),
      ),
    },
    { params: { BINS: centres.length }, scalars: {} },
  );
  return { alignedError: error, tmGlobal: tm_global, tmInterface: tm_interface };
}

function atomHeads(
  plan: Plan,
  single: Tensor,
  weights: ConfidenceWeights,
  { slots, lddts }: ConfidenceTraits,
): { readonly lddt: Tensor; readonly resolved: Tensor } {
  const [n] = single.shape;
  const expected = (name: string, { norm, map }: NormalisedHead, values: readonly number[]): Tensor => {
    const width = padded(values.length);
    const logits = normalisedLogits(plan, name, single, norm, headColumns(map, slots, width));
    return expectation(plan, name, reshape(logits, [n * slots, width]), values);
  };
  return { lddt: expected("lddt", weights.lddt, lddts), resolved: expected("resolved", weights.resolved, [0, 1]) };
}
