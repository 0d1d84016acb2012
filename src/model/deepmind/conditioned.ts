/** deepmind's conditioned layers: alphafold3/model/network/diffusion_transformer.py of the pinned repository. */
import type { AdaptiveNormWeights, ConditionedTransitionWeights } from "../adaptive.ts";
import type { AttentionMaps } from "../attention.ts";
import type { Linear, WeightReader } from "../linear.ts";
import { type Layer, linear, scaleNorm, withBias } from "./weights.ts";

/** `key_dim` and `value_dim` are totals over the heads. */
export interface AttentionConfig {
  readonly num_head: number;
  readonly key_dim: number;
  readonly value_dim: number;
}

/** `adaptive_layernorm` of c channels, under names that begin with `prefix`. */
export function adaptiveNorm(
  reader: WeightReader,
  layer: Layer,
  prefix: string,
  c: number,
  conditioning: number,
): AdaptiveNormWeights {
  const layout = { shape: [conditioning, c], inputs: conditioning, outputs: c };
  const scale = linear(reader, layer, `${prefix}single_cond_scale`, layout);
  return {
    conditionNorm: scaleNorm(reader, layer, `${prefix}single_cond_layer_norm`, conditioning),
    scale: withBias(reader, layer, `${prefix}single_cond_scale`, [c], scale),
    // Trap T6: the shift has no bias of its own.
    shift: linear(reader, layer, `${prefix}single_cond_bias`, layout),
  };
}

/** The gate of `adaptive_zero_init`, which sees the conditioning as it is. */
export function zeroGate(reader: WeightReader, layer: Layer, prefix: string, c: number, conditioning: number): Linear {
  const layout = { shape: [conditioning, c], inputs: conditioning, outputs: c };
  const name = `${prefix}adaptive_zero_cond`;
  return withBias(reader, layer, name, [c], linear(reader, layer, name, layout));
}

/** The transition of a conditioned block. */
export function conditionedTransition(
  reader: WeightReader,
  layer: Layer,
  c: number,
  conditioning: number,
  factor: number,
): ConditionedTransitionWeights {
  const wide = c * factor;
  const up = { shape: [c, 2 * wide], inputs: c, outputs: wide };
  return {
    norm: adaptiveNorm(reader, layer, "ffw_", c, conditioning),
    // Trap T4: the first half passes through SiLU.
    gate: linear(reader, layer, "ffw_transition1", up),
    value: linear(reader, layer, "ffw_transition1", { ...up, first: wide }),
    output: linear(reader, layer, "ffw_transition2", { shape: [wide, c], inputs: wide, outputs: c }),
    outputGate: zeroGate(reader, layer, "ffw_", c, conditioning),
  };
}

/** The projections of a conditioned attention; trap T6: the queries alone have a bias. */
export function conditionedAttention(
  reader: WeightReader,
  layer: Layer,
  c: number,
  { num_head: heads, key_dim, value_dim }: AttentionConfig,
): AttentionMaps {
  const keys = { shape: [c, heads, key_dim / heads], inputs: c, outputs: key_dim };
  const values = { shape: [c, heads, value_dim / heads], inputs: c, outputs: value_dim };
  const query = linear(reader, layer, "q_projection", keys);
  return {
    heads,
    query: withBias(reader, layer, "q_projection", [heads, key_dim / heads], query),
    key: linear(reader, layer, "k_projection", keys),
    value: linear(reader, layer, "v_projection", values),
    gate: linear(reader, layer, "gating_query", { shape: [c, value_dim], inputs: c, outputs: value_dim }),
    output: linear(reader, layer, "transition2", { shape: [value_dim, c], inputs: value_dim, outputs: c }),
  };
}
