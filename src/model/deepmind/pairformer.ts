/** deepmind's Pairformer: `PairFormerIteration` in alphafold3/model/network/modules.py of the pinned repository. */
import type { SingleAttentionWeights, TriangleAttentionWeights } from "../attention.ts";
import type { WeightReader } from "../linear.ts";
import type { PairBlockWeights, PairformerBlockWeights, PairformerTraits } from "../pairformer.ts";
import type { TransitionWeights } from "../transition.ts";
import type { GatedProjection, TriangleMultiplicationWeights } from "../triangle_multiplication.ts";
import { type Layer, layerNorm, linear, withBias } from "./weights.ts";

/** The fields of `PairFormerIteration.Config` that change numbers, and the widths of its inputs. */
export interface PairformerConfig {
  readonly c_s: number;
  readonly c_z: number;
  readonly num_layer: number;
  readonly pair_attention: { readonly num_head: number };
  readonly pair_transition: { readonly num_intermediate_factor: number };
  /** `key_dim` and `value_dim` are totals over the heads. */
  readonly single_attention: { readonly num_head: number; readonly key_dim: number; readonly value_dim: number };
  readonly single_transition: { readonly num_intermediate_factor: number };
}

export const pairformerTraits: PairformerTraits = {
  // Trap T18: logits of masked keys are replaced, so that rows whose keys are all masked average all keys.
  // The mask is transposed for both nodes (`pair_mask` is swapped before either).
  starting: { masking: { kind: "replace" }, mask: "columns", biasTransposed: false },
  // Trap T3: the ending node's bias comes from the pair before rows and columns are swapped.
  ending: { masking: { kind: "replace" }, mask: "columns", biasTransposed: true },
  // The single attention adds 1e9 · (mask − 1), then the pair logits.
  single: { kind: "penalty", penalty: 1e9 },
};

/** All layers' weights under a scope such as `…/trunk_pairformer`. */
export function pairformerWeights(
  reader: WeightReader,
  scope: string,
  config: PairformerConfig,
): PairformerBlockWeights[] {
  return Array.from({ length: config.num_layer }, (_, index) => {
    const layer: Layer = { scope: `${scope}/`, index, count: config.num_layer };
    return {
      pair: pairBlock(reader, layer, config),
      attention: singleAttention(reader, layer, config),
      transition: transition(
        reader,
        layer,
        "single_transition",
        config.c_s,
        config.single_transition.num_intermediate_factor,
      ),
    };
  });
}

/** The fields that the pair half of a block reads. */
export type PairBlockConfig = Pick<PairformerConfig, "c_z" | "pair_attention" | "pair_transition">;

/** The pair half of a layer. */
export function pairBlock(reader: WeightReader, layer: Layer, config: PairBlockConfig): PairBlockWeights {
  const { c_z, pair_transition } = config;
  return {
    outgoing: triangleMultiplication(reader, layer, "outgoing", c_z),
    incoming: triangleMultiplication(reader, layer, "incoming", c_z),
    starting: triangleAttention(reader, layer, "pair_attention1", config),
    ending: triangleAttention(reader, layer, "pair_attention2", config),
    transition: transition(reader, layer, "pair_transition", c_z, pair_transition.num_intermediate_factor),
  };
}

function triangleMultiplication(
  reader: WeightReader,
  layer: Layer,
  direction: "outgoing" | "incoming",
  c: number,
): TriangleMultiplicationWeights {
  const at = `triangle_multiplication_${direction}`;
  // Trap T1: of the 2 C fused outputs, the even ones are a and the odd ones b.
  const gated = (first: 0 | 1): GatedProjection => {
    const layout = { shape: [c, 2 * c], inputs: c, outputs: c, first, step: 2 };
    return {
      value: linear(reader, layer, `${at}/projection`, layout),
      gate: linear(reader, layer, `${at}/gate`, layout),
    };
  };
  const square = { shape: [c, c], inputs: c, outputs: c };
  // Trap T2: the incoming update is Σₖ a(k, j) b(k, i): a and b in each other's place.
  const [a, b] = direction === "outgoing" ? [gated(0), gated(1)] : [gated(1), gated(0)];
  return {
    inputNorm: layerNorm(reader, layer, `${at}/left_norm_input`, c),
    a,
    b,
    outputNorm: layerNorm(reader, layer, `${at}/center_norm`, c),
    output: linear(reader, layer, `${at}/output_projection`, square),
    outputGate: linear(reader, layer, `${at}/gating_linear`, square),
  };
}

function triangleAttention(
  reader: WeightReader,
  layer: Layer,
  at: string,
  { c_z: c, pair_attention: { num_head } }: PairBlockConfig,
): TriangleAttentionWeights {
  // The head width has a floor that Triton's matrix products need.
  const dim = Math.max(Math.floor(c / num_head), 16);
  const width = num_head * dim;
  const wide = { inputs: c, outputs: width };
  return {
    heads: num_head,
    norm: layerNorm(reader, layer, `${at}/act_norm`, c),
    bias: linear(reader, layer, `${at}/pair_bias_projection`, { shape: [c, num_head], inputs: c, outputs: num_head }),
    // Trap T5: queries, keys and gates are stored output first, values and outputs input first.
    query: linear(reader, layer, `${at}/q_projection`, { ...wide, shape: [num_head, dim, c], transposed: true }),
    key: linear(reader, layer, `${at}/k_projection`, { ...wide, shape: [num_head, dim, c], transposed: true }),
    value: linear(reader, layer, `${at}/v_projection`, { ...wide, shape: [c, num_head, dim] }),
    gate: linear(reader, layer, `${at}/gating_query`, { ...wide, shape: [width, c], transposed: true }),
    output: linear(reader, layer, `${at}/output_projection`, { shape: [width, c], inputs: width, outputs: c }),
  };
}

function singleAttention(
  reader: WeightReader,
  layer: Layer,
  { c_s, c_z, single_attention: { num_head, key_dim, value_dim } }: PairformerConfig,
): SingleAttentionWeights {
  const keys = { shape: [c_s, num_head, key_dim / num_head], inputs: c_s, outputs: key_dim };
  const values = { shape: [c_s, num_head, value_dim / num_head], inputs: c_s, outputs: value_dim };
  const query = linear(reader, layer, "single_attention_q_projection", keys);
  return {
    heads: num_head,
    norm: layerNorm(reader, layer, "single_attention_layer_norm", c_s),
    biasNorm: layerNorm(reader, layer, "single_pair_logits_norm", c_z),
    bias: linear(reader, layer, "single_pair_logits_projection", {
      shape: [c_z, num_head],
      inputs: c_z,
      outputs: num_head,
    }),
    // Trap T6: the queries are the only projection with a bias; gates have none.
    query: withBias(reader, layer, "single_attention_q_projection", [num_head, key_dim / num_head], query),
    key: linear(reader, layer, "single_attention_k_projection", keys),
    value: linear(reader, layer, "single_attention_v_projection", values),
    gate: linear(reader, layer, "single_attention_gating_query", {
      shape: [c_s, value_dim],
      inputs: c_s,
      outputs: value_dim,
    }),
    output: linear(reader, layer, "single_attention_transition2", {
      shape: [value_dim, c_s],
      inputs: value_dim,
      outputs: c_s,
    }),
  };
}

/** The weights of a transition. @param at its name in the layer's scope */
export function transition(
  reader: WeightReader,
  layer: Layer,
  at: string,
  c: number,
  factor: number,
): TransitionWeights {
  const width = Math.trunc(c * factor);
  const up = { shape: [c, 2 * width], inputs: c, outputs: width };
  return {
    norm: layerNorm(reader, layer, `${at}/input_layer_norm`, c),
    // Trap T4: the first half passes through SiLU; contiguous halves, unlike the triangle's T1.
    gate: linear(reader, layer, `${at}/transition1`, up),
    value: linear(reader, layer, `${at}/transition1`, { ...up, first: width }),
    output: linear(reader, layer, `${at}/transition2`, { shape: [width, c], inputs: width, outputs: c }),
  };
}
