/** Protenix' MSA module: `MSAModule` of protenix/model/modules/pairformer.py of the pinned repository. */
import type { Linear, WeightReader } from "../linear.ts";
import type { AveragingWeights, MsaBlockWeights, MsaTraits, OuterProductWeights } from "../msa.ts";
import { layerNorm, linear } from "../state_dict.ts";
import { type PairformerConfig, pairformerTraits, pairStack, transition } from "./pairformer.ts";
import { RESIDUE_TYPES } from "./sizes.ts";

/** The arguments of `MSAModule` that change numbers, under their own names. */
export interface MsaConfig extends Pick<PairformerConfig, "c_z" | "hidden_scale_up"> {
  readonly n_blocks: number;
  readonly c_m: number;
  readonly c_s_inputs: number;
}

/** A row's class, whether there is a deletion, how long it is. */
export const MSA_FEATURES = RESIDUE_TYPES + 2;

/** What no config says: channels of the outer product alone, heads and channels per head of the averaging, factor of the transitions. */
const [OUTER, HEADS, HEAD, TRANSITION] = [32, 8, 8, 4];

export const msaTraits: MsaTraits = {
  starting: pairformerTraits.starting,
  ending: pairformerTraits.ending,
  first: "outer product",
  // Tokens are all there.
  keys: "pairs",
  penalty: 1e9,
  masksValues: false,
};

/** What embeds the features of the MSA and the single inputs; neither has a bias. */
export const msaEmbedding = (
  reader: WeightReader,
  prefix: string,
  { c_m, c_s_inputs }: MsaConfig,
): { features: Linear; single: Linear } => ({
  features: linear(reader, `${prefix}.linear_no_bias_m`, c_m, MSA_FEATURES),
  single: linear(reader, `${prefix}.linear_no_bias_s`, c_m, c_s_inputs),
});

/** All blocks' weights, under `prefix`.blocks.0 and so on. Trap P3: the last block has no stack over the MSA, whose result nobody would read. */
export function msaWeights(reader: WeightReader, prefix: string, config: MsaConfig): MsaBlockWeights[] {
  return Array.from({ length: config.n_blocks }, (_, index) => {
    const at = `${prefix}.blocks.${index}`;
    const stack = `${at}.msa_stack`;
    return {
      outer: outerProductMean(reader, `${at}.outer_product_mean_msa`, config),
      ...(index < config.n_blocks - 1 && {
        stack: {
          averaging: pairAveraging(reader, `${stack}.msa_pair_weighted_averaging`, config),
          transition: transition(reader, `${stack}.transition_m`, config.c_m, TRANSITION),
        },
      }),
      pair: pairStack(reader, `${at}.pair_stack`, { ...config, num_intermediate_factor: TRANSITION }),
    };
  });
}

/** Trap P12: of its maps only that to the pair has a bias, which is divided with the sum. */
const outerProductMean = (reader: WeightReader, at: string, { c_m, c_z }: MsaConfig): OuterProductWeights => ({
  norm: layerNorm(reader, `${at}.layer_norm`, c_m),
  left: linear(reader, `${at}.linear_1`, OUTER, c_m),
  right: linear(reader, `${at}.linear_2`, OUTER, c_m),
  output: linear(reader, `${at}.linear_out`, c_z, OUTER ** 2, { bias: true }),
});

const pairAveraging = (reader: WeightReader, at: string, { c_m, c_z }: MsaConfig): AveragingWeights => ({
  heads: HEADS,
  norm: layerNorm(reader, `${at}.layernorm_m`, c_m),
  value: linear(reader, `${at}.linear_no_bias_mv`, HEADS * HEAD, c_m),
  gate: linear(reader, `${at}.linear_no_bias_mg`, HEADS * HEAD, c_m),
  output: linear(reader, `${at}.linear_no_bias_out`, c_m, HEADS * HEAD),
  biasNorm: layerNorm(reader, `${at}.layernorm_z`, c_z),
  bias: linear(reader, `${at}.linear_no_bias_z`, HEADS, c_z),
});
