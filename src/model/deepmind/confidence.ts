/** deepmind's confidence head: alphafold3/model/network/confidence_head.py of the pinned repository. */
import { linspace } from "../bins.ts";
import { type ConfidenceTraits, type ConfidenceWeights, type NormalisedHead, tmScale } from "../confidence.ts";
import type { Linear, WeightReader } from "../linear.ts";
import { type PairformerConfig, pairformerTraits, pairformerWeights } from "./pairformer.ts";
import { SLOTS } from "./sizes.ts";
import { type DistanceConfig, distanceBins } from "./template.ts";
import { layerNorm, linear, unstacked } from "./weights.ts";

/** The fields of `ConfidenceHead.Config` that change numbers, and the width of the target features. */
export interface ConfidenceConfig {
  readonly c_target: number;
  readonly pairformer: PairformerConfig;
  /** Ångström. */
  readonly max_error_bin: number;
  readonly num_bins: number;
  readonly num_plddt_bins: number;
  readonly pae: { readonly max_error_bin: number; readonly num_bins: number };
  readonly dgram_features: DistanceConfig;
}

const SCOPE = "diffuser/confidence_head/";

/** Middles of bins between 0 and `last`, and one more for everything beyond. */
function errorBins(last: number, count: number): number[] {
  const step = last / (count - 2);
  return linspace(0, last + step, count).map((edge) => edge + step / 2);
}

export const confidenceTraits = (config: ConfidenceConfig): ConfidenceTraits => ({
  pairformer: pairformerTraits,
  distances: { ...distanceBins(config.dgram_features), summed: false },
  slots: SLOTS,
  distanceErrors: errorBins(config.max_error_bin, config.num_bins),
  alignedErrors: errorBins(config.pae.max_error_bin, config.pae.num_bins),
  lddts: Array.from({ length: config.num_plddt_bins }, (_, bin) => (100 * (bin + 0.5)) / config.num_plddt_bins),
  tmScale,
});

export function confidenceWeights(reader: WeightReader, config: ConfidenceConfig): ConfidenceWeights {
  const { c_target, pairformer, num_bins, num_plddt_bins, pae, dgram_features } = config;
  const { c_s, c_z } = pairformer;
  const layer = unstacked(SCOPE);
  const embedding = (name: string, inputs: number): Linear =>
    linear(reader, layer, `~_embed_features/${name}`, { shape: [inputs, c_z], inputs, outputs: c_z });
  const head = (name: string, norm: string, inputs: number, ...outputs: readonly number[]): NormalisedHead => ({
    norm: layerNorm(reader, layer, norm, inputs),
    map: linear(reader, layer, name, {
      shape: [inputs, ...outputs],
      inputs,
      outputs: outputs.reduce((product, size) => product * size, 1),
    }),
  });
  return {
    // Trap T12: the left features belong to the column of the pair, the right ones to its row.
    left: embedding("left_target_feat_project", c_target),
    right: embedding("right_target_feat_project", c_target),
    distances: embedding("distogram_feat_project", dgram_features.num_bins),
    blocks: pairformerWeights(reader, `${SCOPE}__layer_stack_no_per_layer/confidence_pairformer`, pairformer),
    distanceError: head("left_half_distance_logits", "logits_ln", c_z, num_bins),
    alignedError: head("pae_logits", "pae_logits_ln", c_z, pae.num_bins),
    lddt: head("plddt_logits", "plddt_logits_ln", c_s, SLOTS, num_plddt_bins),
    resolved: head("experimentally_resolved_logits", "experimentally_resolved_ln", c_s, SLOTS, 2),
  };
}
