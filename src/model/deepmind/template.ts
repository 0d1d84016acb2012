/** deepmind's template embedder: alphafold3/model/network/template_modules.py of the pinned repository. */
import type { DistanceBins } from "../../kernels/check/reference.ts";
import type { Linear, WeightReader } from "../linear.ts";
import type { TemplateTraits, TemplateWeights } from "../template.ts";
import { type PairBlockConfig, pairBlock, pairformerTraits } from "./pairformer.ts";
import { TOKEN_TYPES } from "./sizes.ts";
import { layerNorm, linear, unstacked } from "./weights.ts";

/** The fields of `DistogramFeaturesConfig`, in Ångström. */
export interface DistanceConfig {
  readonly min_bin: number;
  readonly max_bin: number;
  readonly num_bins: number;
}

/** The fields of `TemplateEmbedding.Config` that change numbers, and the width of the pair. */
export interface TemplateConfig {
  readonly c_z: number;
  readonly num_channels: number;
  readonly template_stack: PairBlockConfig & { readonly num_layer: number };
  readonly dgram_features: DistanceConfig;
}

/** Both ends are lower edges: the last bin begins where the others end. */
export const distanceBins = ({ min_bin, max_bin, num_bins }: DistanceConfig): DistanceBins => ({
  first: min_bin,
  step: num_bins > 1 ? (max_bin - min_bin) / (num_bins - 1) : 1,
  count: num_bins,
});

export const templateTraits = ({ dgram_features }: TemplateConfig): TemplateTraits => ({
  starting: pairformerTraits.starting,
  ending: pairformerTraits.ending,
  bins: distanceBins(dgram_features),
  classes: TOKEN_TYPES,
  typesMasked: false,
  twice: false,
  // Trap T14: all slots count, the empty ones too.
  divisor: (slots) => 1e-7 + slots,
});

/** @param scope such as `diffuser/evoformer/template_embedding` */
export function templateWeights(reader: WeightReader, scope: string, config: TemplateConfig): TemplateWeights {
  const { c_z, num_channels: C, template_stack: stack, dgram_features } = config;
  const [outer, single] = [unstacked(`${scope}/`), unstacked(`${scope}/single_template_embedding/`)];
  // Maps of a scalar are stored as a vector, without an axis for their input.
  const feature = (index: number, inputs?: number): Linear =>
    linear(reader, single, `template_pair_embedding_${index}`, {
      shape: inputs === undefined ? [C] : [inputs, C],
      inputs: inputs ?? 1,
      outputs: C,
    });
  const blocks = Array.from({ length: stack.num_layer }, (_, index) => {
    const at = `${single.scope}__layer_stack_no_per_layer/template_embedding_iteration/`;
    return pairBlock(reader, { scope: at, index, count: stack.num_layer }, stack);
  });
  return {
    queryNorm: layerNorm(reader, single, "query_embedding_norm", c_z),
    query: feature(8, c_z),
    features: [
      feature(0, dgram_features.num_bins),
      feature(1),
      feature(2, TOKEN_TYPES),
      feature(3, TOKEN_TYPES),
      ...[4, 5, 6, 7].map((index) => feature(index)),
    ],
    blocks,
    outputNorm: layerNorm(reader, single, "output_layer_norm", C),
    output: linear(reader, outer, "output_linear", { shape: [C, c_z], inputs: C, outputs: c_z }),
  };
}
