/** ligo's template embedder, a class that its network does not use: src/models/embedders.py and template.py of the pinned repository. */
import type { DistanceBins } from "../../kernels/check/reference.ts";
import type { Linear, WeightReader } from "../linear.ts";
import { layerNorm, linear, normed } from "../state_dict.ts";
import type { TemplateTraits, TemplateWeights } from "../template.ts";
import { type PairStackConfig, pairformerTraits, pairStack } from "./pairformer.ts";

/** The constructor arguments of `TemplateEmbedder` that change numbers. */
export interface TemplateConfig {
  readonly no_blocks: number;
  readonly c_template: number;
  readonly c_z: number;
}

/** Residue types: the twenty amino acids, unknown, gap. */
export const TEMPLATE_TYPES = 22;

/** Ångström; both ends are lower edges. */
const BINS: DistanceBins = { first: 3.25, step: 1.25, count: 39 };

/** The blocks take nothing but a width: all else is `PairStack`'s own default. */
const STACK: Omit<PairStackConfig, "c_z"> = {
  c_hidden_mul: 128,
  c_hidden_pair_attn: 32,
  no_heads_tri_attn: 4,
  transition_n: 4,
  fuse_projection_weights: false,
};
const { starting, ending } = pairformerTraits({ inf: 1e8 });

export const templateTraits: TemplateTraits = {
  starting,
  ending,
  bins: BINS,
  classes: TEMPLATE_TYPES,
  // All features are multiplied by the mask of pseudo-beta atoms, and only those before the types by that of equal chains.
  typesMasked: true,
  // The stack's result holds what went in already: the outer sum of the supplement counts it twice, as quirk 6 does.
  twice: true,
  // Templates without a single atom count as well.
  divisor: (slots) => slots,
};

/** @param at such as `template_embedder` */
export function templateWeights(
  reader: WeightReader,
  at: string,
  { no_blocks, c_template, c_z }: TemplateConfig,
): TemplateWeights {
  const query = normed(reader, `${at}.proj_pair`, c_template, c_z);
  const all = linear(reader, `${at}.linear_templ_feat`, c_template, BINS.count + 1 + 2 * TEMPLATE_TYPES);
  const features = (first: number, count: number): Linear => ({
    inputs: count,
    outputs: c_template,
    weight: () => {
      const view = all.weight();
      return { ...view, offset: view.offset + first * view.inputStride };
    },
  });
  const [near, types] = [BINS.count, BINS.count + 1];
  return {
    queryNorm: query.norm,
    query: query.map,
    features: [
      features(0, BINS.count),
      features(near, 1),
      // The row's type comes first here.
      features(types + TEMPLATE_TYPES, TEMPLATE_TYPES),
      features(types, TEMPLATE_TYPES),
      frameless(c_template),
    ],
    blocks: Array.from({ length: no_blocks }, (_, index) =>
      pairStack(reader, `${at}.pair_stack.blocks.${index}`, { ...STACK, c_z: c_template }),
    ),
    outputNorm: layerNorm(reader, `${at}.v_to_u_ln`, c_template),
    output: linear(reader, `${at}.output_proj.1`, c_z, c_template),
  };
}

/** Directions and frames, which these templates lack: three features and one that count nothing. */
const frameless = (outputs: number): Linear => ({
  inputs: 4,
  outputs,
  weight: () => ({ data: Float32Array.of(0), offset: 0, outputStride: 0, inputStride: 0 }),
});
