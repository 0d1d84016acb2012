/** deepmind's denoiser: `DiffusionHead` in alphafold3/model/network/diffusion_head.py of the pinned repository. */
import type { DiffusionTraits, DiffusionWeights } from "../diffusion.ts";
import type { Normed, WeightReader } from "../linear.ts";
import { RELATIVE_FEATURES, type RelativeTraits } from "../relative_encoding.ts";
import type { TransitionWeights } from "../transition.ts";
import { type AtomConfig, atomBlocks, atomEncoderWeights } from "./atom_encoder.ts";
import { type TransformerConfig, transformerMasking, transformerWeights } from "./token_transformer.ts";
import { layerNorm, linear, scaleNorm, unstacked } from "./weights.ts";

/** The fields of `DiffusionHead.Config`, and the widths of its embeddings. */
export interface DiffusionConfig extends AtomConfig {
  readonly c_s: number;
  readonly c_z: number;
  /** Width of target_feat. */
  readonly c_target: number;
  readonly conditioning: { readonly pair_channel: number; readonly seq_channel: number };
  readonly transformer: TransformerConfig;
}

/** Frequencies of the noise level's embedding. */
export const FOURIER_WIDTH = 256;

/** Trap T13: the chain's feature is gated by the same entity. Rows minus columns, nothing masked. */
export const relativeTraits: RelativeTraits = { reversed: false, entityChains: true, masked: false };

export const diffusionTraits: DiffusionTraits = {
  relative: relativeTraits,
  masking: transformerMasking,
  atomsSeeConditioning: true,
};

/** All weights under a scope such as `diffuser/~/diffusion_head`. */
export function diffusionWeights(reader: WeightReader, scope: string, config: DiffusionConfig): DiffusionWeights {
  const { c_s, c_z, c_target, conditioning, per_token_channels: ct, per_atom_channels: ca } = config;
  const { pair_channel, seq_channel } = conditioning;
  const layer = unstacked(`${scope}/`);
  const normed = (normName: string, mapName: string, inputs: number, outputs: number): Normed => ({
    norm: scaleNorm(reader, layer, normName, inputs),
    map: linear(reader, layer, mapName, { shape: [inputs, outputs], inputs, outputs }),
  });
  const initial = (name: string, inputs: number, outputs: number): Normed =>
    normed(`${name}_initial_norm`, `${name}_initial_projection`, inputs, outputs);
  const transitions = (name: string, c: number): TransitionWeights[] =>
    [0, 1].map((index) => plainTransition(reader, scope, `${name}_transition_${index}`, c));
  return {
    traits: diffusionTraits,
    pair: initial("pair_cond", c_z + RELATIVE_FEATURES, pair_channel),
    pairTransitions: transitions("pair", pair_channel),
    single: initial("single_cond", c_s + c_target, seq_channel),
    noise: initial("noise_embedding", FOURIER_WIDTH, seq_channel),
    singleTransitions: transitions("single", seq_channel),
    tokens: normed("single_cond_embedding_norm", "single_cond_embedding_projection", seq_channel, ct),
    encoder: atomEncoderWeights(reader, `${scope}/diffusion`, config, { c_s, c_z: pair_channel }),
    blocks: transformerWeights(reader, `${scope}/transformer`, config.transformer),
    broadcast: normed("output_norm", "diffusion_project_token_features_for_broadcast", ct, ca),
    decoder: atomBlocks(reader, `${scope}/diffusion_atom_transformer_decoder`, config),
    update: normed("diffusion_atom_features_layer_norm", "diffusion_atom_features_to_position_update", ca, 3),
  };
}

/** A transition of the conditioning, itself without conditioning; its widening is fixed in the code. */
function plainTransition(reader: WeightReader, scope: string, name: string, c: number): TransitionWeights {
  const layer = unstacked(`${scope}/${name}`);
  const wide = 2 * c;
  const up = { shape: [c, 2 * wide], inputs: c, outputs: wide };
  return {
    norm: layerNorm(reader, layer, "ffw_layer_norm", c),
    gate: linear(reader, layer, "ffw_transition1", up),
    value: linear(reader, layer, "ffw_transition1", { ...up, first: wide }),
    output: linear(reader, layer, "ffw_transition2", { shape: [wide, c], inputs: wide, outputs: c }),
  };
}
