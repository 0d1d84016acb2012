/** Protenix' Pairformer: protenix/model/modules/pairformer.py, triangular/ and transformer.py of the pinned repository. */
import type { AttentionMaps, SingleAttentionWeights, TriangleAttentionWeights } from "../attention.ts";
import type { WeightReader } from "../linear.ts";
import type { PairBlockWeights, PairformerBlockWeights, PairformerTraits } from "../pairformer.ts";
import { layerNorm, linear } from "../state_dict.ts";
import type { TransitionWeights } from "../transition.ts";
import { triangleAttentionWeights, triangleMultiplicationWeights } from "../triangle_names.ts";

/** The arguments of `PairformerStack` that change numbers, under their own names. */
export interface PairformerConfig {
  readonly n_blocks: number;
  /** Of the single attention. */
  readonly n_heads: number;
  readonly c_z: number;
  readonly c_s: number;
  /** How much wider the transition of the pair is than what it works on. */
  readonly num_intermediate_factor: number;
  /** Whether the pair's hidden widths grow with the pair, as in protenix-v2. */
  readonly hidden_scale_up: boolean;
}

/** Channels of a head of the triangle attention: no config changes them. */
export const TRIANGLE_HEAD = 32;

/** Where a config does not scale: the hidden channels of the triangle multiplication, and the heads of the triangle attention. */
const UNSCALED = { hidden: 128, heads: 4 } as const;

/** How much wider the transition of the single representation is than what it works on. */
const SINGLE_TRANSITION = 4;

/** The model passes no masks: every key is there, and the penalty multiplies zeros. */
const masking = { kind: "penalty", penalty: 1e9 } as const;

export const pairformerTraits: PairformerTraits = {
  starting: { masking, mask: "rows", biasTransposed: false },
  // Trap P1: the ending node transposes the pair first and computes everything from the transposed pair, the bias too.
  ending: { masking, mask: "columns", biasTransposed: false },
  single: masking,
};

/** All blocks' weights, under `prefix`.blocks.0 and so on. */
export function pairformerWeights(
  reader: WeightReader,
  prefix: string,
  config: PairformerConfig,
): PairformerBlockWeights[] {
  return Array.from({ length: config.n_blocks }, (_, index) => {
    const at = `${prefix}.blocks.${index}`;
    return {
      pair: pairStack(reader, at, config),
      attention: attentionPairBias(reader, `${at}.attention_pair_bias`, config),
      transition: transition(reader, `${at}.single_transition`, config.c_s, SINGLE_TRANSITION),
    };
  });
}

/** The arguments that a pair half of a block depends on. */
export type PairStackConfig = Pick<PairformerConfig, "c_z" | "hidden_scale_up" | "num_intermediate_factor">;

/** The pair half of a block. */
export function pairStack(
  reader: WeightReader,
  at: string,
  { c_z, hidden_scale_up, num_intermediate_factor: factor }: PairStackConfig,
): PairBlockWeights {
  const hidden = hidden_scale_up ? c_z : UNSCALED.hidden;
  const heads = hidden_scale_up ? c_z / TRIANGLE_HEAD : UNSCALED.heads;
  const form = { channels: c_z, hidden, bias: false };
  const triangleAttention = (name: string): TriangleAttentionWeights => {
    const maps = attention(reader, `${name}.mha`, c_z, heads * TRIANGLE_HEAD, heads, false);
    return triangleAttentionWeights(reader, name, c_z, maps);
  };
  return {
    outgoing: triangleMultiplicationWeights(reader, `${at}.tri_mul_out`, form),
    // Trap P2: Σₖ a(k, i) b(k, j), the roles as they are called.
    incoming: triangleMultiplicationWeights(reader, `${at}.tri_mul_in`, form),
    starting: triangleAttention(`${at}.tri_att_start`),
    ending: triangleAttention(`${at}.tri_att_end`),
    transition: transition(reader, `${at}.pair_transition`, c_z, factor),
  };
}

/** `AttentionPairBias` without conditioning: both norms have offsets, and of the maps only the queries' has a bias. */
function attentionPairBias(
  reader: WeightReader,
  at: string,
  { c_s, c_z, n_heads }: PairformerConfig,
): SingleAttentionWeights {
  return {
    norm: layerNorm(reader, `${at}.layernorm_a`, c_s),
    biasNorm: layerNorm(reader, `${at}.layernorm_z`, c_z),
    bias: linear(reader, `${at}.linear_nobias_z`, n_heads, c_z),
    ...attention(reader, `${at}.attention`, c_s, c_s, n_heads, true),
  };
}

/** The maps of `Attention`; none but, where asked for, the queries' has a bias. */
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
    query: linear(reader, `${at}.linear_q`, width, channels, { bias: queryBias }),
    key: linear(reader, `${at}.linear_k`, width, channels),
    value: linear(reader, `${at}.linear_v`, width, channels),
    gate: linear(reader, `${at}.linear_g`, width, channels),
    output: linear(reader, `${at}.linear_o`, channels, width),
  };
}

/** The weights of a `Transition`. */
export function transition(reader: WeightReader, at: string, channels: number, factor: number): TransitionWeights {
  const width = factor * channels;
  return {
    norm: layerNorm(reader, `${at}.layernorm1`, channels),
    gate: linear(reader, `${at}.linear_no_bias_a`, width, channels),
    value: linear(reader, `${at}.linear_no_bias_b`, width, channels),
    output: linear(reader, `${at}.linear_no_bias`, channels, width),
  };
}
