/** Protenix' conditioned layers: protenix/model/modules/primitives.py and transformer.py of the pinned repository. */
import type { AdaptiveNormWeights, ConditionedTransitionWeights } from "../adaptive.ts";
import type { AttentionMaps } from "../attention.ts";
import type { Linear, WeightReader } from "../linear.ts";
import { linear, scaleNorm } from "../state_dict.ts";

/** Transitions of conditioned blocks and of the conditioning widen by this. */
export const CONDITIONED_FACTOR = 2;

/** `AdaptiveLayerNorm` of c channels; of its two maps that of the scale has a bias. The norm of the rows has no weights. */
export const adaptiveNorm = (
  reader: WeightReader,
  at: string,
  c: number,
  conditioning: number,
): AdaptiveNormWeights => ({
  conditionNorm: scaleNorm(reader, `${at}.layernorm_s`, conditioning),
  scale: linear(reader, `${at}.linear_s`, c, conditioning, { bias: true }),
  shift: linear(reader, `${at}.linear_nobias_s`, c, conditioning),
});

/** `ConditionedTransitionBlock`: its output has no bias, the gate in front of it sees the conditioning as it is. */
export function conditionedTransition(
  reader: WeightReader,
  at: string,
  c: number,
  conditioning: number,
): ConditionedTransitionWeights {
  const wide = CONDITIONED_FACTOR * c;
  return {
    norm: adaptiveNorm(reader, `${at}.adaln`, c, conditioning),
    gate: linear(reader, `${at}.linear_nobias_a1`, wide, c),
    value: linear(reader, `${at}.linear_nobias_a2`, wide, c),
    output: linear(reader, `${at}.linear_nobias_b`, c, wide),
    outputGate: linear(reader, `${at}.linear_s`, c, conditioning, { bias: true }),
  };
}

/** What the conditioned attentions over atoms and over tokens have in common. */
export interface ConditionedAttentionWeights extends AttentionMaps {
  readonly norm: AdaptiveNormWeights;
  readonly biasNorm: ReturnType<typeof scaleNorm>;
  readonly bias: Linear;
  readonly outputGate: Linear;
}

/** `AttentionPairBias` with adaptive norms: every block has a norm of the pair of its own. Of the projections, the queries alone have a bias. */
export const conditionedAttention = (
  reader: WeightReader,
  at: string,
  { c, conditioning, pair, heads }: Record<"c" | "conditioning" | "pair" | "heads", number>,
): ConditionedAttentionWeights => ({
  heads,
  query: linear(reader, `${at}.attention.linear_q`, c, c, { bias: true }),
  key: linear(reader, `${at}.attention.linear_k`, c, c),
  value: linear(reader, `${at}.attention.linear_v`, c, c),
  gate: linear(reader, `${at}.attention.linear_g`, c, c),
  output: linear(reader, `${at}.attention.linear_o`, c, c),
  norm: adaptiveNorm(reader, `${at}.layernorm_a`, c, conditioning),
  biasNorm: scaleNorm(reader, `${at}.layernorm_z`, pair),
  bias: linear(reader, `${at}.linear_nobias_z`, heads, pair),
  outputGate: linear(reader, `${at}.linear_a_last`, c, conditioning, { bias: true }),
});
