/** The denoiser with its conditioning: algorithms 20 and 21 of the AlphaFold 3 supplement, as the engines arrange them. */
import type { Plan, Tensor } from "../gpu/plan/plan.ts";
import {
  type AtomEncoderWeights,
  type AtomInputs,
  encodeAtoms,
  type PreparedAtoms,
  prepareAtoms,
} from "./atom_encoder.ts";
import { gatherRows } from "./atom_features.ts";
import { type AtomBlockWeights, type AtomConditions, atomConditions, atomTransformer } from "./atom_transformer.ts";
import { sumRows } from "./copies.ts";
import type { Linear, Normed } from "./linear.ts";
import type { KeyMasking, SingleMasks } from "./masks.ts";
import { columnsOf } from "./projection.ts";
import { conditionedPair, type RelativeTraits, type TokenTable } from "./relative_encoding.ts";
import { projectRows } from "./rows.ts";
import { pairBiases, type TokenBlockWeights, tokenTransformer } from "./token_transformer.ts";
import { type TransitionWeights, transition } from "./transition.ts";

/** How an engine's denoiser differs; each value is named where the engine sets it. */
export interface DiffusionTraits {
  readonly relative: RelativeTraits;
  /** Of the attention over tokens. */
  readonly masking: KeyMasking;
  /** Whether the atoms see the conditioned pair, or the trunk's as it is. */
  readonly atomsSeeConditioning: boolean;
}

export interface DiffusionWeights {
  readonly traits: DiffusionTraits;
  /** `encoding`: where the relative encoding has a map of its own. */
  readonly pair: Normed & { readonly encoding?: Linear };
  readonly pairTransitions: readonly TransitionWeights[];
  readonly single: Normed;
  readonly noise: Normed;
  readonly singleTransitions: readonly TransitionWeights[];
  readonly encoder: AtomEncoderWeights;
  readonly tokens: Normed;
  readonly blocks: readonly TokenBlockWeights[];
  readonly broadcast: Normed;
  readonly decoder: readonly AtomBlockWeights[];
  readonly update: Normed;
}

/** What the denoiser takes once per fold. */
export interface DiffusionInputs {
  /** The trunk's representations, [n, n, padded C] and [n, padded C]. */
  readonly pair: Tensor;
  readonly single: Tensor;
  /** [n, padded C]: the trunk's single representation and what it was made of, side by side. */
  readonly singles: Tensor;
  readonly tokens: TokenTable;
  readonly atoms: AtomInputs;
  /** Keys [samples, n padded]; queries [n], or [0] where the engine masks neither conditioning nor updates. */
  readonly masks: SingleMasks;
}

/** What no noise level changes, made once per fold. */
export interface PreparedDiffusion {
  readonly single: Tensor;
  readonly atoms: PreparedAtoms;
  readonly biases: readonly Tensor[];
  readonly decoder: AtomConditions;
}

const normedRows = (plan: Plan, name: string, rows: Tensor, { norm, map }: Normed): Tensor =>
  projectRows(plan, name, rows, columnsOf(map), { norm });

/** The part of a plan that has a precision of its own: rounding shows in positions, and the sampler adds it up step by step. */
export const DIFFUSION = "diffusion";

export const prepareDiffusion = (plan: Plan, inputs: DiffusionInputs, weights: DiffusionWeights): PreparedDiffusion =>
  plan.part(DIFFUSION, () => {
    const { relative, atomsSeeConditioning } = weights.traits;
    const conditioning = plan.scope("pair conditioning", () => {
      const conditioned = conditionedPair(plan, inputs.pair, inputs.tokens, weights.pair, relative);
      for (const each of weights.pairTransitions) transition(plan, conditioned, each);
      return conditioned;
    });
    const single = normedRows(plan, "single conditioning", inputs.singles, weights.single);
    const trunk = { single: inputs.single, pair: atomsSeeConditioning ? conditioning : inputs.pair };
    const atoms = plan.scope("atoms", () => prepareAtoms(plan, inputs.atoms, weights.encoder, trunk));
    return {
      single,
      atoms,
      biases: plan.scope("pair biases", () => pairBiases(plan, conditioning, weights.blocks)),
      decoder: plan.scope("decoder", () => atomConditions(plan, atoms.conditioning, atoms.pair, weights.decoder)),
    };
  });

/**
 * One call of the denoiser for all samples.
 * @param positions [samples · atoms, 4], already scaled
 * @param fourier [levels, frequencies]: the embedded noise levels, one for all samples or one for each
 * @returns [samples · atoms, 4]: the update of the positions
 */
export const denoise = (
  plan: Plan,
  positions: Tensor,
  fourier: Tensor,
  prepared: PreparedDiffusion,
  inputs: DiffusionInputs,
  weights: DiffusionWeights,
): Tensor =>
  plan.part(DIFFUSION, () => {
    const { atoms: given, masks } = inputs;
    const samples = masks.keys.shape[0];
    const conditioning = plan.scope("conditioning", () => singleConditioning(plan, fourier, prepared, masks, weights));
    const encoded = plan.scope("atom encoder", () =>
      encodeAtoms(plan, prepared.atoms, given, weights.encoder, positions),
    );
    const tokens = plan.scope("tokens", () => {
      const added = normedRows(plan, "single", conditioning, weights.tokens);
      const act = sumRows(plan, encoded.tokens, { added });
      tokenTransformer(plan, act, conditioning, prepared.biases, masks, weights.blocks, weights.traits.masking);
      return act;
    });
    return plan.scope("atom decoder", () => {
      const source = normedRows(plan, "broadcast", tokens, weights.broadcast);
      const mask = weights.encoder.traits.masked ? given.queryMask : undefined;
      const options = { base: encoded.atoms, index: given.tokenOf, mask, samples, perSample: true };
      const atoms = gatherRows(plan, source, options);
      atomTransformer(plan, atoms, prepared.atoms.windows, prepared.decoder, weights.decoder);
      return normedRows(plan, "update", atoms, weights.update);
    });
  });

/** The tokens' conditioning, [levels · n, C]. */
function singleConditioning(
  plan: Plan,
  fourier: Tensor,
  { single: base }: PreparedDiffusion,
  { queries: mask }: SingleMasks,
  { noise, singleTransitions }: DiffusionWeights,
): Tensor {
  const [n] = base.shape;
  const source = normedRows(plan, "noise", fourier, noise);
  const index = plan.constant("the level's row", [n], () => new Float32Array(n));
  const single = gatherRows(plan, source, { base, index, samples: fourier.shape[0], perSample: true });
  for (const each of singleTransitions) transition(plan, single, each);
  return mask.bytes > 0 ? sumRows(plan, single, { mask }) : single;
}
