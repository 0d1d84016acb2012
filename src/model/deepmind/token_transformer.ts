/** deepmind's transformer over tokens: `Transformer` in alphafold3/model/network/diffusion_transformer.py. */
import type { WeightReader } from "../linear.ts";
import type { KeyMasking } from "../masks.ts";
import type { TokenBlockWeights } from "../token_transformer.ts";
import {
  type AttentionConfig,
  adaptiveNorm,
  conditionedAttention,
  conditionedTransition,
  zeroGate,
} from "./conditioned.ts";
import { type Layer, linear, scaleNorm, unstacked } from "./weights.ts";

/** The fields of `Transformer.Config`, and the widths of its inputs. */
export interface TransformerConfig {
  /** Channels of the tokens, of the conditioning, and of the pair. */
  readonly c: number;
  readonly c_s: number;
  readonly c_p: number;
  readonly num_blocks: number;
  readonly super_block_size: number;
  readonly num_intermediate_factor: number;
  readonly attention: AttentionConfig;
}

/** 1e9 · (mask − 1) is added to the logits of masked keys. */
export const transformerMasking: KeyMasking = { kind: "penalty", penalty: 1e9 };

/** All blocks under a scope such as `…/transformer`. */
export function transformerWeights(
  reader: WeightReader,
  scope: string,
  config: TransformerConfig,
): TokenBlockWeights[] {
  const { c, c_s, c_p, num_blocks, super_block_size: inner, attention } = config;
  const outer = num_blocks / inner;
  const stack = `${scope}/__layer_stack_with_per_layer`;
  const heads = attention.num_head;
  return Array.from({ length: num_blocks }, (_, index) => {
    // Trap T15: super blocks of blocks have two leading axes; a super block's pair logits hold all its blocks' heads.
    const layer: Layer = {
      scope: `${stack}/__layer_stack_with_per_layer/transformer`,
      index,
      count: [outer, inner],
    };
    const superBlock: Layer = { scope: `${stack}/`, index: Math.floor(index / inner), count: outer };
    return {
      attention: {
        ...conditionedAttention(reader, layer, c, attention),
        norm: adaptiveNorm(reader, layer, "", c, c_s),
        biasNorm: scaleNorm(reader, unstacked(`${scope}/`), "pair_input_layer_norm", c_p),
        bias: linear(reader, superBlock, "pair_logits_projection", {
          shape: [c_p, inner, heads],
          inputs: c_p,
          outputs: heads,
          first: (index % inner) * heads,
        }),
        outputGate: zeroGate(reader, layer, "", c, c_s),
      },
      transition: conditionedTransition(reader, layer, c, c_s, config.num_intermediate_factor),
    };
  });
}
