/** ligo's denoiser: src/models/diffusion_module.py and diffusion_conditioning.py of the pinned repository. */
import type { Plan, Tensor } from "../../gpu/plan.ts";
import {
  type AtomEncoderWeights,
  type AtomInputs,
  encodeAtoms,
  type PreparedAtoms,
  prepareAtoms,
  scaledRows,
} from "../atom_encoder.ts";
import { gatherRows } from "../atom_features.ts";
import { type AtomBlockWeights, type AtomConditions, atomConditions, atomTransformer } from "../atom_transformer.ts";
import type { LayerNorm, Linear, WeightReader } from "../linear.ts";
import type { KeyMasking } from "../masks.ts";
import { columnsOf } from "../projection.ts";
import { conditionedPair, RELATIVE_FEATURES, type RelativeTraits, type TokenTable } from "../relative_encoding.ts";
import { projectRows } from "../rows.ts";
import { pairBiases, type TokenBlockWeights, tokenTransformer } from "../token_transformer.ts";
import { type TransitionWeights, transition } from "../transition.ts";
import { atomBlocks, atomEncoderWeights } from "./atom_encoder.ts";
import { adaptiveNorm, CONDITIONED_FACTOR, conditionedTransition, outputGate } from "./conditioned.ts";
import { FOURIER_WIDTH, type FourierWeights, fourierWeights } from "./fourier.ts";
import { attention, transition as transitionWeights } from "./pairformer.ts";
import { layerNorm, linear, type Normed, normed } from "./weights.ts";

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

/** 1e8 · (mask − 1) is added to the logits of masked keys, before the pair bias. */
const masking: KeyMasking = { kind: "penalty", penalty: 1e8 };

export interface DiffusionWeights {
  readonly encoding: Linear;
  readonly pair: Normed;
  readonly pairTransitions: readonly TransitionWeights[];
  readonly single: Normed;
  readonly singleTransitions: readonly TransitionWeights[];
  readonly fourier: FourierWeights;
  readonly noise: Normed;
  readonly encoder: AtomEncoderWeights;
  readonly tokens: Normed;
  readonly blocks: readonly TokenBlockWeights[];
  readonly tokenNorm: LayerNorm;
  readonly broadcast: Linear;
  readonly decoder: readonly AtomBlockWeights[];
  readonly update: Normed;
}

/** All weights, under names that begin with `prefix`. */
export function diffusionWeights(reader: WeightReader, prefix: string, config: DiffusionConfig): DiffusionWeights {
  const { c_token: ct, c_tokenpair: cz, c_atom: ca, atom_decoder_blocks: no_blocks } = config;
  const conditioning = `${prefix}.diffusion_conditioning`;
  const decoder = `${prefix}.atom_attention_decoder`;
  const transitions = (name: string, c: number): TransitionWeights[] =>
    [0, 1].map((index) => transitionWeights(reader, `${conditioning}.${name}.${index}`, c, CONDITIONED_FACTOR));
  return {
    encoding: linear(reader, `${conditioning}.relative_position_encoding.linear_proj`, cz, RELATIVE_FEATURES),
    pair: normed(reader, `${conditioning}.proj_pair`, cz, 2 * cz),
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
    tokenNorm: layerNorm(reader, `${prefix}.token_post_layer_norm`, ct),
    broadcast: linear(reader, `${decoder}.linear_atom`, ca, ct),
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

/** What the denoiser takes once per fold. */
export interface DiffusionInputs {
  /** The trunk's representations, [n, n, padded C] and [n, padded C]. */
  readonly pair: Tensor;
  readonly single: Tensor;
  /** [n, padded 2 C]: the trunk's single representation and the single inputs side by side. */
  readonly singleAndInputs: Tensor;
  readonly tokens: TokenTable;
  readonly atoms: AtomInputs;
  /** [samples, n padded] */
  readonly keyMask: Tensor;
  /** [n] */
  readonly tokenMask: Tensor;
}

/** What no noise level changes, made once per fold. */
export interface PreparedDiffusion {
  readonly single: Tensor;
  readonly atoms: PreparedAtoms;
  readonly biases: readonly Tensor[];
  readonly decoder: AtomConditions;
}

export function prepareDiffusion(
  plan: Plan,
  inputs: DiffusionInputs,
  weights: DiffusionWeights,
  config: DiffusionConfig,
): PreparedDiffusion {
  // The pair's last mask is left out: its only readers are biases of keys that a penalty and queries that a mask hides.
  const conditioning = plan.scope("pair conditioning", () => {
    const maps = { ...weights.pair, encoding: weights.encoding };
    const made = conditionedPair(plan, inputs.pair, config.c_tokenpair, inputs.tokens, maps, relativeTraits);
    for (const each of weights.pairTransitions) transition(plan, made, each);
    return made;
  });
  const { norm, map } = weights.single;
  const single = projectRows(plan, "single conditioning", inputs.singleAndInputs, columnsOf(map), { norm });
  // Quirk 8: the atoms see the trunk's pair as it is.
  const { pair } = inputs;
  const atoms = plan.scope("atoms", () =>
    prepareAtoms(plan, inputs.atoms, weights.encoder, { single: inputs.single, pair }),
  );
  return {
    single,
    atoms,
    biases: plan.scope("pair biases", () => pairBiases(plan, conditioning, weights.blocks)),
    decoder: plan.scope("decoder", () => atomConditions(plan, atoms.conditioning, atoms.pair, weights.decoder)),
  };
}

/**
 * One call of the denoiser for all samples.
 * @param positions [samples · atoms, 4], already scaled
 * @param fourier [levels, 256]: the embedded noise levels, one for all samples or one for each
 * @returns [samples · atoms, 4]: the update of the positions
 */
export function denoise(
  plan: Plan,
  positions: Tensor,
  fourier: Tensor,
  prepared: PreparedDiffusion,
  inputs: DiffusionInputs,
  weights: DiffusionWeights,
): Tensor {
  const samples = inputs.keyMask.shape[0];
  const conditioning = plan.scope("conditioning", () => singleConditioning(plan, fourier, prepared, inputs, weights));
  const encoded = plan.scope("atom encoder", () =>
    encodeAtoms(plan, prepared.atoms, inputs.atoms, weights.encoder, positions),
  );
  const tokens = plan.scope("tokens", () => {
    const [n] = prepared.single.shape;
    const { norm, map } = weights.tokens;
    const source = projectRows(plan, "single", conditioning, columnsOf(map), { norm });
    const index = plan.constant("own rows", [n], () => Float32Array.from({ length: n }, (_, row) => row));
    const perSample = conditioning.shape[0] > n;
    const act = gatherRows(plan, source, { base: encoded.tokens, index, samples, perSample });
    const masks = { keys: inputs.keyMask, queries: inputs.tokenMask };
    tokenTransformer(plan, act, conditioning, prepared.biases, masks, weights.blocks, masking);
    return act;
  });
  return plan.scope("atom decoder", () => {
    const { tokenNorm: norm, broadcast, decoder, update } = weights;
    const source = projectRows(plan, "broadcast", tokens, columnsOf(broadcast), { norm });
    const index = inputs.atoms.tokenOf;
    const atoms = gatherRows(plan, source, { base: encoded.atoms, index, samples, perSample: true });
    atomTransformer(plan, atoms, prepared.atoms.windows, prepared.decoder, decoder);
    return projectRows(plan, "update", atoms, columnsOf(update.map), { norm: update.norm });
  });
}

/** The tokens' conditioning, [levels · n, C]. */
function singleConditioning(
  plan: Plan,
  fourier: Tensor,
  { single: base }: PreparedDiffusion,
  { tokenMask: mask }: DiffusionInputs,
  { noise, singleTransitions }: DiffusionWeights,
): Tensor {
  const [n] = base.shape;
  const source = projectRows(plan, "noise", fourier, columnsOf(noise.map), { norm: noise.norm });
  const index = plan.constant("the level's row", [n], () => new Float32Array(n));
  const single = gatherRows(plan, source, { base, index, samples: fourier.shape[0], perSample: true });
  for (const each of singleTransitions) transition(plan, single, each);
  return scaledRows(plan, single, { mask });
}
