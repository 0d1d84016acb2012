/** ligo's Pairformer: src/models/pairformer.py of the pinned repository. */
import type { AttentionMaps, SingleAttentionWeights, TriangleAttentionWeights } from "../attention.ts";
import type { WeightReader } from "../linear.ts";
import type { PairBlockWeights, PairformerBlockWeights, PairformerTraits } from "../pairformer.ts";
import { layerNorm, linear } from "../state_dict.ts";
import type { TransitionWeights } from "../transition.ts";
import { triangleAttentionWeights, triangleMultiplicationWeights } from "../triangle_names.ts";

/** The constructor arguments of `PairformerStack` that change numbers, under their own names. */
export interface PairformerConfig {
  readonly c_s: number;
  readonly c_z: number;
  readonly no_blocks: number;
  readonly c_hidden_mul: number;
  /** Per head. */
  readonly c_hidden_pair_attn: number;
  readonly no_heads_tri_attn: number;
  readonly no_heads_single_attn: number;
  readonly transition_n: number;
  readonly fuse_projection_weights: boolean;
  readonly inf: number;
}

/** `AttentionPairBias` keeps its own default: the stack's `inf` does not reach it. */
const SINGLE_PENALTY = 1e8;

/**
 * Quirk 12 (finite mask): inf · (mask − 1) is added to the logit and the pair bias after it, in float32. A row whose keys
 * are all masked thus gets logits rounded to multiples of 8; the order of the additions decides to which.
 */
export function pairformerTraits({ inf }: Pick<PairformerConfig, "inf">): PairformerTraits {
  const masking = { kind: "penalty", penalty: inf } as const;
  return {
    starting: { masking, mask: "rows", biasTransposed: false },
    // The ending node transposes pair and mask first and computes everything from the transposed pair, the bias too.
    ending: { masking, mask: "columns", biasTransposed: false },
    single: { kind: "penalty", penalty: SINGLE_PENALTY },
  };
}

/** All blocks' weights, under `prefix`.blocks.0 and so on. */
export function pairformerWeights(
  reader: WeightReader,
  prefix: string,
  config: PairformerConfig,
): PairformerBlockWeights[] {
  return Array.from({ length: config.no_blocks }, (_, index) => {
    const at = `${prefix}.blocks.${index}`;
    return {
      pair: pairStack(reader, `${at}.pair_stack`, config),
      attention: attentionPairBias(reader, `${at}.attention`, config),
      transition: transition(reader, `${at}.transition`, config.c_s, config.transition_n),
    };
  });
}

/** The arguments of `PairStack`. */
export type PairStackConfig = Pick<
  PairformerConfig,
  "c_z" | "c_hidden_mul" | "c_hidden_pair_attn" | "no_heads_tri_attn" | "transition_n" | "fuse_projection_weights"
>;

/** The pair half of a block. Quirk 1: all six linear maps of a triangle multiplication have biases, as in AlphaFold 2. */
export function pairStack(reader: WeightReader, at: string, config: PairStackConfig): PairBlockWeights {
  const { c_z: channels, c_hidden_mul: hidden, fuse_projection_weights: fused } = config;
  const { c_hidden_pair_attn, no_heads_tri_attn: heads } = config;
  const form = { channels, hidden, bias: true, fused };
  const triangleAttention = (name: string): TriangleAttentionWeights => {
    const maps = attention(reader, `${name}.mha`, channels, heads * c_hidden_pair_attn, heads, false);
    return triangleAttentionWeights(reader, name, channels, maps);
  };
  return {
    outgoing: triangleMultiplicationWeights(reader, `${at}.tri_mul_out`, form),
    incoming: triangleMultiplicationWeights(reader, `${at}.tri_mul_in`, form),
    starting: triangleAttention(`${at}.tri_att_start`),
    ending: triangleAttention(`${at}.tri_att_end`),
    transition: transition(reader, `${at}.transition`, channels, config.transition_n),
  };
}

/** `AttentionPairBias` without input gating; its queries have a bias. */
function attentionPairBias(
  reader: WeightReader,
  at: string,
  { c_s, c_z, no_heads_single_attn }: PairformerConfig,
): SingleAttentionWeights {
  return {
    norm: layerNorm(reader, `${at}.input_proj`, c_s),
    biasNorm: layerNorm(reader, `${at}.proj_pair_bias.0`, c_z),
    bias: linear(reader, `${at}.proj_pair_bias.1`, no_heads_single_attn, c_z),
    ...attention(reader, `${at}.attention`, c_s, c_s, no_heads_single_attn, true),
  };
}

/** Quirk 14: the gate inside `Attention` has no bias, nor has any map but, where asked for, the queries'. */
export function attention(
  reader: WeightReader,
  at: string,
  channels: number,
  width: number,
  heads: number,
  queryBias: boolean,
): AttentionMaps {
  return {
    heads,
    query: linear(reader, `${at}.linear_q.0`, width, channels, { bias: queryBias }),
    key: linear(reader, `${at}.linear_k.0`, width, channels),
    value: linear(reader, `${at}.linear_v.0`, width, channels),
    gate: linear(reader, `${at}.to_gamma.0`, width, channels),
    output: linear(reader, `${at}.linear_o`, channels, width),
  };
}

/** The weights of a transition. */
export function transition(reader: WeightReader, at: string, channels: number, factor: number): TransitionWeights {
  const width = factor * channels;
  return {
    norm: layerNorm(reader, `${at}.layer_norm`, channels),
    gate: linear(reader, `${at}.linear_1`, width, channels),
    value: linear(reader, `${at}.linear_2`, width, channels),
    output: linear(reader, `${at}.output_linear`, channels, width),
  };
}
