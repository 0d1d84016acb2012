/** deepmind's denoiser on a plan: what it takes from the host once per fold, and at each level. */

import type { TensorMap } from "../../formats/tensor.ts";
import type { StoredArray } from "../../gpu/plan/dtype.ts";
import type { Plan, Tensor } from "../../gpu/plan/plan.ts";
import { sideBySide } from "../../model/copies.ts";
import { type DiffusionConfig, FOURIER_WIDTH } from "../../model/deepmind/diffusion_head.ts";
import { fourierEmbedding } from "../../model/deepmind/fourier.ts";
import { SLOTS } from "../../model/deepmind/sizes.ts";
import { type DiffusionWeights, denoise, prepareDiffusion } from "../../model/diffusion.ts";
import { nothing, padded } from "../../model/projection.ts";
import {
  denoisingFactors,
  positionsOf,
  type RecordedSampler,
  recordCall,
  recordDenoising,
} from "../components/sampler.ts";
import type { Session } from "../core/component.ts";
import { dataOf, floatsOf } from "../core/inputs.ts";
import { padRows, tokenRows } from "../core/padding.ts";
import { atomInputs, atomOrder, atomValues } from "./atoms.ts";
import { centreWeights, samplerTraits } from "./sampler.ts";

/** The sections of a plan that denoises. */
export const PREPARE = "diffusion conditioning";
export const DENOISE = "denoising";

/** A recorded diffusion. Positions are on the device from what is prepared to what is read back. */
interface Diffusion {
  /**
   * Prepares what all calls of the denoiser share.
   * @param positions where the samples begin, [samples · tokens · 24, 4] in ångström
   * @param trunk values of the representations, where they are inputs of the plan
   */
  prepare(
    session: Session,
    features: TensorMap,
    positions: Float32Array,
    trunk?: Readonly<Record<keyof Representations, Float32Array>>,
  ): Promise<void>;
}

/** What the conditioning is made of: [n, n, C], [n, C] and target_feat [n, C]. */
interface Representations {
  readonly pair: Tensor;
  readonly single: Tensor;
  readonly target: Tensor;
}

interface DiffusionSizes {
  readonly tokens: number;
  readonly windows: number;
  readonly samples: number;
}

/** Records the denoiser in a sampler: a section for what is prepared once per fold, and one that goes from a level to the next. */
export function recordSampler(
  plan: Plan,
  sizes: DiffusionSizes,
  weights: DiffusionWeights,
  config: DiffusionConfig,
  trunk: Representations,
): Diffusion & { readonly sampler: RecordedSampler; readonly positions: Tensor } {
  const { prepare, points, denoiser } = recordPreparation(plan, sizes, weights, config, trunk);
  const centring = plan.input("weights of the centre", [sizes.tokens * SLOTS]);
  const { fourier, inputs } = plan.section(DENOISE, () => {
    const fourier = plan.input("noise level", [1, FOURIER_WIDTH]);
    const motion = { weights: centring, mask: points.mask };
    return { fourier, inputs: recordCall(plan, points, motion, (scaled) => denoiser(scaled, fourier)) };
  });
  return {
    prepare: (session, features, ...values) =>
      prepare(session, features, [[centring, centreWeights(dataOf(features, "pred_dense_atom_mask"))]], ...values),
    sampler: { section: DENOISE, inputs, embed: (level) => new Map([[fourier, fourierEmbedding(level)]]) },
    positions: points.positions,
  };
}

/** Records one call of the denoiser by itself. */
export function recordDenoiser(
  plan: Plan,
  sizes: DiffusionSizes,
  weights: DiffusionWeights,
  config: DiffusionConfig,
): Diffusion & { denoise(session: Session, level: number): Promise<Float32Array> } {
  const { prepare, points, denoiser } = recordPreparation(plan, sizes, weights, config);
  const call = plan.section(DENOISE, () => {
    const fourier = plan.input("noise level", [1, FOURIER_WIDTH]);
    const factors = recordDenoising(plan, points, 1, (scaled) => denoiser(scaled, fourier));
    return { fourier, factors, positions: plan.output("positions", points.positions) };
  });
  return {
    prepare: (session, features, ...values) => prepare(session, features, [], ...values),
    async denoise(session, level) {
      const values = new Map([
        [call.fourier, fourierEmbedding(level)],
        [call.factors, Float32Array.from(denoisingFactors(level, samplerTraits.spread))],
      ]);
      return positionsOf(await session.run(DENOISE, values), call.positions);
    },
  };
}

/**
 * Records what is prepared once per fold. Inputs that are declared behind it are still its own.
 * @param trunk the representations where the plan has made them; otherwise they are inputs
 */
function recordPreparation(
  plan: Plan,
  { tokens: n, windows, samples }: DiffusionSizes,
  weights: DiffusionWeights,
  config: DiffusionConfig,
  trunk?: Representations,
) {
  const { c_s, c_z, c_target } = config;
  const { given, inputs, order, points, prepared } = plan.section(PREPARE, () => {
    const given = trunk ?? {
      pair: plan.input("pair", [n, n, padded(c_z)]),
      single: plan.input("single", [n, padded(c_s)]),
      target: plan.input("target_feat", [n, padded(c_target)]),
    };
    const { pair, single, target } = given;
    const inputs = {
      pair,
      single,
      singles: sideBySide(plan, { rows: single, channels: c_s }, { rows: target, channels: c_target }),
      tokens: plan.input("tokens", [n, 8]),
      masks: { keys: plan.input("key mask", [samples, padded(n)]), queries: nothing(plan) },
      atoms: atomInputs(plan, n, windows),
    };
    const [atoms] = inputs.atoms.tokenOf.shape;
    const order = {
      pointOf: plan.input("slots of atoms", [atoms], "i32"),
      atomOf: plan.input("atoms of slots", [n * SLOTS], "i32"),
    };
    const points = {
      positions: plan.input("positions", [samples * n * SLOTS, 4]),
      samples,
      atoms,
      order,
      mask: plan.input("slot mask", [n * SLOTS]),
    };
    return { given, inputs, order, points, prepared: prepareDiffusion(plan, inputs, weights) };
  });
  return {
    points,
    denoiser: (scaled: Tensor, fourier: Tensor) => denoise(plan, scaled, fourier, prepared, inputs, weights),
    async prepare(
      session: Session,
      features: TensorMap,
      more: readonly (readonly [Tensor, StoredArray])[],
      positions: Float32Array,
      representations?: Readonly<Record<keyof Representations, Float32Array>>,
    ): Promise<void> {
      const mask = padRows(floatsOf(features, "seq_mask"), n);
      const keyMask = new Float32Array(samples * mask.length);
      for (let sample = 0; sample < samples; sample++) keyMask.set(mask, sample * mask.length);
      const { pointOf, atomOf } = atomOrder(features);
      const values = new Map<Tensor, StoredArray>([
        [inputs.tokens, tokenTable(features, n)],
        [inputs.masks.keys, keyMask],
        ...atomValues(inputs.atoms, features, n),
        [order.pointOf, pointOf],
        [order.atomOf, atomOf],
        [points.mask, floatsOf(features, "pred_dense_atom_mask")],
        [points.positions, positions],
        ...more,
      ]);
      if (representations) {
        values.set(given.pair, padRows(representations.pair, c_z));
        values.set(given.single, padRows(representations.single, c_s));
        values.set(given.target, padRows(representations.target, c_target));
      }
      await session.run(PREPARE, values);
    },
  };
}

/** Token features as the relative encoding takes them. */
export const tokenTable = (features: TensorMap, tokens: number): Float32Array =>
  tokenRows(features, ["residue_index", "token_index", "asym_id", "entity_id", "sym_id"], "seq_mask", tokens);
