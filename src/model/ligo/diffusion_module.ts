/** ligo's denoiser: src/models/diffusion_module.py and diffusion_conditioning.py of the pinned repository. */
import type { DiffusionTraits, DiffusionWeights } from "../diffusion.ts";
import { FOURIER_WIDTH, type FourierWeights } from "../fourier.ts";
import type { WeightReader } from "../linear.ts";
import { RELATIVE_FEATURES, type RelativeTraits } from "../relative_encoding.ts";
import { layerNorm, linear, normed } from "../state_dict.ts";
import type { TokenBlockWeights } from "../token_transformer.ts";
import type { TransitionWeights } from "../transition.ts";
import { atomBlocks, atomEncoderWeights } from "./atom_encoder.ts";
import { adaptiveNorm, CONDITIONED_FACTOR, conditionedTransition, outputGate } from "./conditioned.ts";
import { fourierWeights } from "./fourier.ts";
import { attention, transition as transitionWeights } from "./pairformer.ts";

/** The constructor arguments of `DiffusionModule` that change numbers, under their own names. */
export interface DiffusionConfig {
  readonly c_atom: number;
  readonly c_atompair: number;
  readonly c_token: number;
  readonly c_tokenpair: number;
  readonly atom_encoder_heads: number;
  /** Quirk 17: the encoder's depth too; `atom_encoder_blocks` is read by nobody. */
  readonly atom_decoder_blocks: number;
  readonly atom_decoder_heads: number;
  readonly token_transformer_blocks: number;
  readonly token_transformer_heads: number;
  /** Spread of the data, ends and exponent of the schedule. */
  readonly sd_data: number;
  readonly s_max: number;
  readonly s_min: number;
  readonly p: number;
}

/** Quirk 3: columns minus rows, chains compared with themselves, masked. */
export const relativeTraits: RelativeTraits = { reversed: true, entityChains: false, masked: true };

/** The last mask of the conditioned pair is left out: a penalty hides the keys of its only readers, a mask their queries. */
export const diffusionTraits: DiffusionTraits = {
  relative: relativeTraits,
  // 1e8 · (mask − 1) is added to the logits of masked keys, before the pair bias.
  masking: { kind: "penalty", penalty: 1e8 },
  // Quirk 8: the atoms see the trunk's pair as it is.
  atomsSeeConditioning: false,
};

export interface DiffusionModuleWeights extends DiffusionWeights {
  readonly fourier: FourierWeights;
}

/** All weights, under names that begin with `prefix`. */
export function diffusionWeights(
  reader: WeightReader,
  prefix: string,
  config: DiffusionConfig,
): DiffusionModuleWeights {
  const { c_token: ct, c_tokenpair: cz, c_atom: ca, atom_decoder_blocks: no_blocks } = config;
  const conditioning = `${prefix}.diffusion_conditioning`;
  const decoder = `${prefix}.atom_attention_decoder`;
  const transitions = (name: string, c: number): TransitionWeights[] =>
    [0, 1].map((index) => transitionWeights(reader, `${conditioning}.${name}.${index}`, c, CONDITIONED_FACTOR));
  return {
    traits: diffusionTraits,
    pair: {
      encoding: linear(reader, `${conditioning}.relative_position_encoding.linear_proj`, cz, RELATIVE_FEATURES),
      ...normed(reader, `${conditioning}.proj_pair`, cz, 2 * cz),
    },
    pairTransitions: transitions("pair_transitions", cz),
    single: normed(reader, `${conditioning}.proj_single`, ct, 2 * ct),
    singleTransitions: transitions("single_transitions", ct),
    fourier: fourierWeights(reader, `${conditioning}.fourier_embedding`),
    noise: normed(reader, `${conditioning}.proj_fourier`, ct, FOURIER_WIDTH),
    encoder: atomEncoderWeights(
      reader,
      `${prefix}.atom_attention_encoder`,
      { ...config, no_blocks, no_heads: config.atom_encoder_heads },
      { c_s: ct, c_z: cz },
    ),
    tokens: normed(reader, `${prefix}.token_proj`, ct, ct),
    blocks: tokenBlocks(reader, `${prefix}.diffusion_transformer`, config),
    broadcast: {
      norm: layerNorm(reader, `${prefix}.token_post_layer_norm`, ct),
      map: linear(reader, `${decoder}.linear_atom`, ca, ct),
    },
    decoder: atomBlocks(reader, `${decoder}.atom_transformer`, {
      ...config,
      no_blocks,
      no_heads: config.atom_decoder_heads,
    }),
    update: {
      norm: layerNorm(reader, `${decoder}.layer_norm`, ca),
      map: linear(reader, `${decoder}.linear_update`, 3, ca),
    },
  };
}

/** The blocks of `DiffusionTransformer`, under `at`.blocks.0 and so on. */
function tokenBlocks(reader: WeightReader, at: string, config: DiffusionConfig): TokenBlockWeights[] {
  const { c_token: c, c_tokenpair, token_transformer_blocks, token_transformer_heads: heads } = config;
  return Array.from({ length: token_transformer_blocks }, (_, index) => {
    const own = `${at}.blocks.${index}.attention_block`;
    const bias = normed(reader, `${own}.proj_pair_bias`, heads, c_tokenpair);
    return {
      attention: {
        ...attention(reader, `${own}.attention`, c, c, heads, true),
        norm: adaptiveNorm(reader, `${own}.input_proj`, c),
        biasNorm: bias.norm,
        bias: bias.map,
        outputGate: outputGate(reader, `${own}.output_proj_linear`, c),
      },
      transition: conditionedTransition(reader, `${at}.blocks.${index}.conditioned_transition_block`, c),
    };
  });
}
