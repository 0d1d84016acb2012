/** Protenix' template embedder: `TemplateEmbedder` of protenix/model/modules/pairformer.py of the pinned repository. */
import type { DistanceBins } from "../../kernels/check/reference.ts";
import type { Linear, WeightReader } from "../linear.ts";
import { layerNorm, linear } from "../state_dict.ts";
import type { TemplateTraits, TemplateWeights } from "../template.ts";
import { pairformerTraits, pairStack } from "./pairformer.ts";
import { RESIDUE_TYPES } from "./sizes.ts";

/** The arguments of `TemplateEmbedder` that change numbers. */
export interface TemplateConfig {
  readonly n_blocks: number;
  readonly c: number;
  readonly c_z: number;
  readonly num_intermediate_factor: number;
  readonly hidden_scale_up: boolean;
}

/** Ångström; both ends are lower edges. */
const BINS: DistanceBins = { first: 3.25, step: 1.25, count: 39 };

export const templateTraits: TemplateTraits = {
  starting: pairformerTraits.starting,
  ending: pairformerTraits.ending,
  bins: BINS,
  classes: RESIDUE_TYPES,
  typesMasked: false,
  twice: false,
  // Trap P8: all slots count, the empty ones too.
  divisor: (slots) => 1e-7 + slots,
};

/**
 * The columns of the one map of all features, in their order.
 * Trap P7: the type of the column's token comes before that of the row's.
 */
export const templateColumns = [BINS.count, 1, RESIDUE_TYPES, RESIDUE_TYPES, 3, 1];

/** @param at such as `template_embedder` */
export function templateWeights(reader: WeightReader, at: string, config: TemplateConfig): TemplateWeights {
  const { n_blocks, c, c_z } = config;
  const all = linear(
    reader,
    `${at}.linear_no_bias_a`,
    c,
    templateColumns.reduce((sum, count) => sum + count, 0),
  );
  let first = 0;
  const features = templateColumns.map((inputs): Linear => {
    const own = first;
    first += inputs;
    const weight = () => {
      const view = all.weight();
      return { ...view, offset: view.offset + own * view.inputStride };
    };
    return { inputs, outputs: c, weight };
  });
  return {
    queryNorm: layerNorm(reader, `${at}.layernorm_z`, c_z),
    query: linear(reader, `${at}.linear_no_bias_z`, c, c_z),
    features,
    blocks: Array.from({ length: n_blocks }, (_, index) =>
      pairStack(reader, `${at}.pairformer_stack.blocks.${index}`, { ...config, c_z: c }),
    ),
    outputNorm: layerNorm(reader, `${at}.layernorm_v`, c),
    output: linear(reader, `${at}.linear_no_bias_u`, c_z, c),
  };
}
