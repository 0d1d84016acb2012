/** ligo's MSA module: src/models/msa_module.py of the pinned repository. */
import type { Linear, WeightReader } from "../linear.ts";
import type { AveragingWeights, MsaBlockWeights, MsaTraits, OuterProductWeights } from "../msa.ts";
import { layerNorm, linear } from "../state_dict.ts";
import { type PairStackConfig, pairformerTraits, pairStack, transition } from "./pairformer.ts";

/** The constructor arguments of `MSAModule` that change numbers, under their own names. */
export interface MsaConfig extends Omit<PairStackConfig, "c_hidden_mul"> {
  /** What `PairStack` calls c_hidden_mul in the Pairformer. */
  readonly c_hidden_tri_mul: number;
  readonly no_blocks: number;
  readonly c_msa: number;
  /** Of the single inputs. */
  readonly c_token: number;
  /** Of the outer product alone. */
  readonly c_hidden: number;
  /** Of the averaging. */
  readonly no_heads: number;
  readonly inf: number;
}

/** Channels of `msa_feat`. */
export const MSA_FEATURES = 49;

/** What no config says. */
export const fixedTraits = {
  /** Quirk 4: the averaging and the transition come before the outer product. */
  first: "averaging",
  keys: "pairs",
  masksValues: true,
  /** Quirk 5: channels per head of the averaging. `c_hidden` does not reach it. */
  averagingChannels: 8,
  /** Quirk 24: the transition of the MSA keeps its own default, `transition_n` is the pair's alone. */
  transitionFactor: 4,
} as const;

export function msaTraits({ inf }: MsaConfig): MsaTraits {
  const { starting, ending } = pairformerTraits({ inf });
  const { first, keys, masksValues } = fixedTraits;
  return { starting, ending, first, keys, penalty: inf, masksValues };
}

/** What embeds the features of the MSA and the single inputs; neither has a bias. The sum is masked, which nothing can tell. */
export const msaEmbedding = (
  reader: WeightReader,
  prefix: string,
  { c_msa, c_token }: MsaConfig,
): { features: Linear; single: Linear } => ({
  features: linear(reader, `${prefix}.linear_msa_feat`, c_msa, MSA_FEATURES),
  single: linear(reader, `${prefix}.proj_s_inputs`, c_msa, c_token),
});

/** All blocks' weights, under `prefix`.blocks.0 and so on. */
export function msaWeights(reader: WeightReader, prefix: string, config: MsaConfig): MsaBlockWeights[] {
  return Array.from({ length: config.no_blocks }, (_, index) => {
    const at = `${prefix}.blocks.${index}`;
    return {
      outer: outerProductMean(reader, `${at}.outer_product_mean`, config),
      stack: {
        averaging: pairAveraging(reader, `${at}.msa_stack.msa_pair_avg`, config),
        transition: transition(reader, `${at}.msa_stack.transition`, config.c_msa, fixedTraits.transitionFactor),
      },
      pair: pairStack(reader, `${at}.pair_stack`, { ...config, c_hidden_mul: config.c_hidden_tri_mul }),
    };
  });
}

/** Quirk 1: all three maps have biases. Quirk 2: that of the output is added before the division. */
function outerProductMean(reader: WeightReader, at: string, { c_msa, c_hidden, c_z }: MsaConfig): OuterProductWeights {
  const bias = { bias: true };
  return {
    norm: layerNorm(reader, `${at}.layer_norm`, c_msa),
    left: linear(reader, `${at}.linear_1`, c_hidden, c_msa, bias),
    right: linear(reader, `${at}.linear_2`, c_hidden, c_msa, bias),
    output: linear(reader, `${at}.linear_out`, c_z, c_hidden ** 2, bias),
  };
}

function pairAveraging(reader: WeightReader, at: string, { c_msa, c_z, no_heads }: MsaConfig): AveragingWeights {
  const width = no_heads * fixedTraits.averagingChannels;
  return {
    heads: no_heads,
    norm: layerNorm(reader, `${at}.msa_ln`, c_msa),
    value: linear(reader, `${at}.msa_proj.0`, width, c_msa),
    gate: linear(reader, `${at}.to_gamma.0`, width, c_msa),
    output: linear(reader, `${at}.output_proj`, c_msa, width),
    biasNorm: layerNorm(reader, `${at}.proj_pair_bias.0`, c_z),
    bias: linear(reader, `${at}.proj_pair_bias.1`, no_heads, c_z),
  };
}
