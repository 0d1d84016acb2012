/** deepmind's denoiser: `DiffusionHead` in alphafold3/model/network/diffusion_head.py of the pinned repository. */
import type { Plan, Tensor } from "../../gpu/plan.ts";
import {
  type AtomEncoderWeights,
  type AtomInputs,
  encodeAtoms,
  type PreparedAtoms,
  prepareAtoms,
} from "../atom_encoder.ts";
import { gatherRows } from "../atom_features.ts";
import { type AtomConditions, atomConditions, atomTransformer } from "../atom_transformer.ts";
import type { LayerNorm, Linear, WeightReader } from "../linear.ts";
import { columnsOf, nothing } from "../projection.ts";
import { conditionedPair, RELATIVE_FEATURES, type RelativeTraits, type TokenTable } from "../relative_encoding.ts";
import { projectRows } from "../rows.ts";
import { pairBiases, tokenTransformer } from "../token_transformer.ts";
import { type TransitionWeights, transition } from "../transition.ts";
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

interface Normed {
  readonly norm: LayerNorm;
  readonly map: Linear;
}

export interface DiffusionWeights {
  readonly pair: Normed;
  readonly pairTransitions: readonly TransitionWeights[];
  readonly single: Normed;
  readonly noise: Normed;
  readonly singleTransitions: readonly TransitionWeights[];
  readonly tokens: Normed;
  readonly encoder: AtomEncoderWeights;
  readonly blocks: ReturnType<typeof transformerWeights>;
  readonly broadcast: Normed;
  readonly decoder: ReturnType<typeof atomBlocks>;
  readonly update: Normed;
}

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

/** What the denoiser takes once per fold. */
export interface DiffusionInputs {
  /** [n, n, padded C] */
  readonly pair: Tensor;
  /** [n, padded C] */
  readonly single: Tensor;
  /** [n, padded C]: the single representation and target_feat side by side. */
  readonly singleAndTarget: Tensor;
  readonly tokens: TokenTable;
  readonly atoms: AtomInputs;
  /** [samples, n padded] */
  readonly keyMask: Tensor;
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
  const pair = plan.scope("pair conditioning", () => {
    const made = conditionedPair(plan, inputs.pair, config.c_z, inputs.tokens, weights.pair, relativeTraits);
    for (const each of weights.pairTransitions) transition(plan, made, each);
    return made;
  });
  const { norm, map } = weights.single;
  const single = projectRows(plan, "single conditioning", inputs.singleAndTarget, columnsOf(map), { norm });
  const atoms = plan.scope("atoms", () =>
    prepareAtoms(plan, inputs.atoms, weights.encoder, { single: inputs.single, pair }),
  );
  return {
    single,
    atoms,
    biases: plan.scope("pair biases", () => pairBiases(plan, pair, weights.blocks)),
    decoder: plan.scope("decoder", () => atomConditions(plan, atoms.conditioning, atoms.pair, weights.decoder)),
  };
}

/**
 * One call of the denoiser for all samples, at one noise level.
 * @param positions [samples · atoms, 4], already scaled
 * @param fourier [1, 256]: the embedded noise level
 * @returns [samples · atoms, 4]: the update of the positions, in the layout of queries
 */
export function denoise(
  plan: Plan,
  positions: Tensor,
  fourier: Tensor,
  prepared: PreparedDiffusion,
  inputs: DiffusionInputs,
  weights: DiffusionWeights,
): Tensor {
  const [n] = prepared.single.shape;
  const samples = inputs.keyMask.shape[0];
  const conditioning = plan.scope("conditioning", () => {
    const { norm, map } = weights.noise;
    const noise = projectRows(plan, "noise", fourier, columnsOf(map), { norm });
    const every = plan.constant("the only row", [n], () => new Float32Array(n));
    const single = gatherRows(plan, noise, { base: prepared.single, index: every });
    for (const each of weights.singleTransitions) transition(plan, single, each);
    return single;
  });
  const encoded = plan.scope("atom encoder", () =>
    encodeAtoms(plan, prepared.atoms, inputs.atoms, weights.encoder, positions),
  );
  const tokens = plan.scope("tokens", () => {
    const { norm, map } = weights.tokens;
    const source = projectRows(plan, "single", conditioning, columnsOf(map), { norm });
    const own = plan.constant("own rows", [n], () => Float32Array.from({ length: n }, (_, row) => row));
    const act = gatherRows(plan, source, { base: encoded.tokens, index: own, samples });
    const masks = { keys: inputs.keyMask, queries: nothing(plan) };
    tokenTransformer(plan, act, conditioning, prepared.biases, masks, weights.blocks, transformerMasking);
    return act;
  });
  return plan.scope("atom decoder", () => {
    const { broadcast, decoder, update } = weights;
    const source = projectRows(plan, "broadcast", tokens, columnsOf(broadcast.map), { norm: broadcast.norm });
    const atoms = gatherRows(plan, source, {
      base: encoded.atoms,
      index: inputs.atoms.tokenOf,
      mask: inputs.atoms.queryMask,
      samples,
      perSample: true,
    });
    atomTransformer(plan, atoms, prepared.atoms.windows, prepared.decoder, decoder);
    return projectRows(plan, "update", atoms, columnsOf(update.map), { norm: update.norm });
  });
}
