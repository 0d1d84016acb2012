/** ligo's confidence head, a class that its network does not use: `ConfidenceHead` in src/models/heads.py of the pinned repository. */
import { type Plan, reshape, type Tensor } from "../../gpu/plan/plan.ts";
import { symmetricLogits } from "../bins.ts";
import { type ConfidenceInputs, embedStructure, type StructureBins } from "../confidence.ts";
import type { Linear, WeightReader } from "../linear.ts";
import type { PairMasks, SingleMasks } from "../masks.ts";
import { type PairformerBlockWeights, pairformer } from "../pairformer.ts";
import { columnsOf } from "../projection.ts";
import { projectRows } from "../rows.ts";
import { linear } from "../state_dict.ts";
import { type PairformerConfig, pairformerTraits, pairformerWeights } from "./pairformer.ts";

/** The constructor arguments of `ConfidenceHead` that change numbers. */
export interface ConfidenceConfig {
  readonly pairformer: PairformerConfig;
  readonly no_bins_plddt: number;
  readonly no_bins_pae: number;
}

/** Bins of the distance error: fixed, whatever `no_bins_pde` says. */
export const PDE_BINS = 64;

/** Unresolved and resolved. */
export const RESOLVED_CLASSES = 2;

/**
 * Ångström. Coordinates are summed before they are squared, so that a distance is |Σ(xⱼ − xᵢ)|, and it belongs to the
 * nearest of eleven centres, however far that is.
 */
const DISTANCES: StructureBins = { first: 3.375, step: 1.8, count: 11, summed: true };

export interface ConfidenceWeights {
  readonly left: Linear;
  readonly right: Linear;
  readonly distances: Linear;
  readonly blocks: readonly PairformerBlockWeights[];
  readonly pde: Linear;
  readonly pae: Linear;
  readonly plddt: Linear;
  readonly resolved: Linear;
}

/** @param at such as `confidence_head` */
export function confidenceWeights(
  reader: WeightReader,
  at: string,
  { pairformer, no_bins_plddt, no_bins_pae }: ConfidenceConfig,
): ConfidenceWeights {
  const { c_s, c_z } = pairformer;
  return {
    // The map named i takes the token of the pair's column, the one named j that of its row.
    left: linear(reader, `${at}.linear_s_i`, c_z, c_s),
    right: linear(reader, `${at}.linear_s_j`, c_z, c_s),
    distances: linear(reader, `${at}.linear_pair_dist`, c_z, DISTANCES.count),
    blocks: pairformerWeights(reader, `${at}.pairformer`, pairformer),
    pde: linear(reader, `${at}.pde_head.linear`, PDE_BINS, c_z, { bias: true }),
    pae: linear(reader, `${at}.linear_pae`, no_bins_pae, c_z),
    plddt: linear(reader, `${at}.linear_plddt`, no_bins_plddt, c_s),
    resolved: linear(reader, `${at}.linear_p_resolved`, RESOLVED_CLASSES, c_s),
  };
}

/** Logits, bins padded to a multiple of four. */
export interface ConfidenceLogits {
  /** [n, n, bins]: those of (j, i) added, the bias with them. */
  readonly pde: Tensor;
  /** [n · n, bins] */
  readonly pae: Tensor;
  /** [n, bins]: one for a token, not for its atoms. */
  readonly plddt: Tensor;
  /** [n, classes] */
  readonly resolved: Tensor;
}

/** Records the head for one structure. @param inputs the single representation is updated in place */
export function confidenceLogits(
  plan: Plan,
  inputs: Pick<ConfidenceInputs, "single" | "pair" | "target" | "positions">,
  masks: { readonly pair: PairMasks; readonly single: SingleMasks },
  weights: ConfidenceWeights,
  config: ConfidenceConfig,
): ConfidenceLogits {
  const start = plan.scope("embedding", () => embedStructure(plan, inputs, weights, DISTANCES));
  const traits = pairformerTraits(config.pairformer);
  const { single, pair } = pairformer(plan, { single: inputs.single, pair: start }, masks, weights.blocks, traits);
  const [n, , C] = pair.shape;
  const logits = (name: string, rows: Tensor, map: Linear): Tensor => projectRows(plan, name, rows, columnsOf(map));
  return plan.scope("heads", () => ({
    pde: symmetricLogits(plan, pair, weights.pde),
    pae: logits("pae", reshape(pair, [n * n, C]), weights.pae),
    plddt: logits("plddt", single, weights.plddt),
    resolved: logits("resolved", single, weights.resolved),
  }));
}
