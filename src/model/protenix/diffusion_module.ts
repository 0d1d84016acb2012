/** Protenix' denoiser: protenix/model/modules/diffusion.py of the pinned repository. */
import type { DiffusionTraits, DiffusionWeights } from "../diffusion.ts";
import { FOURIER_WIDTH, type FourierWeights } from "../fourier.ts";
import type { Normed, WeightReader } from "../linear.ts";
import { RELATIVE_FEATURES, type RelativeTraits } from "../relative_encoding.ts";
import { linear, scaleNorm } from "../state_dict.ts";
import type { TokenBlockWeights } from "../token_transformer.ts";
import { type AtomConfig, atomBlocks, atomEncoderWeights } from "./atom_encoder.ts";
import { CONDITIONED_FACTOR, conditionedAttention, conditionedTransition } from "./conditioned.ts";
import { transition } from "./pairformer.ts";

/** Depth and heads of a transformer. */
export interface TransformerConfig {
  readonly n_blocks: number;
  readonly n_heads: number;
}

/** The constructor arguments of `DiffusionModule` that change numbers, under their own names. */
export interface DiffusionConfig extends Pick<AtomConfig, "c_token" | "c_atom" | "c_atompair"> {
  /** Spread of the data, Ångström. */
  readonly sigma_data: number;
  readonly c_s: number;
  readonly c_z: number;
  readonly c_s_inputs: number;
  readonly atom_encoder: TransformerConfig;
  readonly transformer: TransformerConfig;
  readonly atom_decoder: TransformerConfig;
}

/** Rows minus columns; chains compare copies within an entity; nothing is masked. */
export const relativeTraits: RelativeTraits = { reversed: false, entityChains: true, masked: false };

export const diffusionTraits: DiffusionTraits = {
  relative: relativeTraits,
  // No token is masked: what keeps keys out has nothing to do.
  masking: { kind: "penalty", penalty: 1e10 },
  atomsSeeConditioning: true,
};

export interface DiffusionModuleWeights extends DiffusionWeights {
  readonly fourier: FourierWeights;
}

/** All weights, under names that begin with `prefix`. Of the norms only those of transitions have an offset. */
export function diffusionWeights(
  reader: WeightReader,
  prefix: string,
  config: DiffusionConfig,
): DiffusionModuleWeights {
  const { c_s, c_z, c_s_inputs, c_token, c_atom } = config;
  const conditioning = `${prefix}.diffusion_conditioning`;
  const decoder = `${prefix}.atom_attention_decoder`;
  const normed = (at: string, name: string, outputs: number, inputs: number): Normed => ({
    norm: scaleNorm(reader, `${at}.layernorm_${name}`, inputs),
    map: linear(reader, `${at}.linear_no_bias_${name}`, outputs, inputs),
  });
  const transitions = (name: string, c: number) =>
    [1, 2].map((index) => transition(reader, `${conditioning}.transition_${name}${index}`, c, CONDITIONED_FACTOR));
  return {
    traits: diffusionTraits,
    pair: {
      // The 139 features pass a map of their own before the norm.
      encoding: linear(reader, `${conditioning}.relpe.linear_no_bias`, c_z, RELATIVE_FEATURES),
      ...normed(conditioning, "z", c_z, 2 * c_z),
    },
    pairTransitions: transitions("z", c_z),
    single: normed(conditioning, "s", c_s, c_s + c_s_inputs),
    singleTransitions: transitions("s", c_s),
    // Frequencies and phases are weights, both drawn from a normal distribution.
    fourier: {
      frequencies: reader.tensor(`${conditioning}.fourier_embedding.w`, [FOURIER_WIDTH]),
      phases: reader.tensor(`${conditioning}.fourier_embedding.b`, [FOURIER_WIDTH]),
    },
    noise: normed(conditioning, "n", c_s, FOURIER_WIDTH),
    encoder: atomEncoderWeights(
      reader,
      `${prefix}.atom_attention_encoder`,
      { ...config, ...config.atom_encoder },
      { c_s, c_z },
    ),
    tokens: normed(prefix, "s", c_token, c_s),
    blocks: tokenBlocks(reader, `${prefix}.diffusion_transformer`, config),
    broadcast: {
      norm: scaleNorm(reader, `${prefix}.layernorm_a`, c_token),
      map: linear(reader, `${decoder}.linear_no_bias_a`, c_atom, c_token),
    },
    decoder: atomBlocks(reader, `${decoder}.atom_transformer`, { ...config, ...config.atom_decoder }),
    update: {
      norm: scaleNorm(reader, `${decoder}.layernorm_q`, c_atom),
      map: linear(reader, `${decoder}.linear_no_bias_out`, 3, c_atom),
    },
  };
}

/** The blocks of `DiffusionTransformer` under `at`. */
const tokenBlocks = (
  reader: WeightReader,
  at: string,
  { c_token: c, c_s: conditioning, c_z: pair, transformer }: DiffusionConfig,
): TokenBlockWeights[] =>
  Array.from({ length: transformer.n_blocks }, (_, index) => {
    const block = `${at}.blocks.${index}`;
    const sizes = { c, conditioning, pair, heads: transformer.n_heads };
    return {
      attention: conditionedAttention(reader, `${block}.attention_pair_bias`, sizes),
      transition: conditionedTransition(reader, `${block}.conditioned_transition_block`, c, conditioning),
    };
  });
