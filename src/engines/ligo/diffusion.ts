/** ligo's denoiser on a plan: what it takes from the host once per fold, and at each level. */

import type { TensorMap } from "../../formats/tensor.ts";
import type { Plan, Tensor } from "../../gpu/plan/plan.ts";
import { sideBySide } from "../../model/copies.ts";
import { type DiffusionInputs, type DiffusionWeights, denoise, prepareDiffusion } from "../../model/diffusion.ts";
import type { DiffusionConfig, DiffusionModuleWeights } from "../../model/ligo/diffusion_module.ts";
import { FOURIER_WIDTH, fourierEmbedding } from "../../model/ligo/fourier.ts";
import { padded } from "../../model/projection.ts";
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
import { atomInputs, atomValues } from "./atoms.ts";
import { centreWeights } from "./sampler.ts";

/** The sections of a plan that denoises. */
export const PREPARE = "diffusion conditioning";
export const DENOISE = "denoising";

/** The embedding's weights on the host, which embeds the noise levels. */
export interface Fourier {
  readonly frequencies: Float32Array;
  readonly phases: Float32Array;
}

export const fourierOf = ({ fourier }: DiffusionModuleWeights): Fourier => ({
  frequencies: fourier.frequencies(),
  phases: fourier.phases(),
});

/** A recorded diffusion. Positions are on the device from what is prepared to what is read back. */
interface Diffusion {
  /**
   * Prepares what all calls of the denoiser share.
   * @param positions where the samples begin, [samples · atoms, 4] in ångström
   * @param trunk values of the representations, where they are inputs of the plan; then all features are, too
   */
  prepare(session: Session, features: TensorMap, positions: Float32Array, trunk?: Representations): Promise<void>;
}

interface DiffusionSizes {
  readonly tokens: number;
  readonly atoms: number;
  readonly samples: number;
}

/** The pair [n, n, C], the single representation and the single inputs [n, C], on the host. */
type Representations = Readonly<Record<"pair" | "single" | "inputs", Float32Array>>;

/** Representations and features, where the plan has them. */
type TrunkInputs = Omit<DiffusionInputs, "singles" | "masks"> & { readonly inputs: Tensor; readonly tokenMask: Tensor };

/**
 * Records the denoiser in a sampler: a section for what is prepared once per fold, and one that goes from a level to the next.
 * @param noise what embeds noise levels; without it the plan can be inspected but not run
 * @throws {BadInputError} at {@link Diffusion.prepare} if every atom is masked
 */
export function recordSampler(
  plan: Plan,
  sizes: DiffusionSizes,
  weights: DiffusionWeights,
  config: DiffusionConfig,
  noise: Fourier | undefined,
  trunk: TrunkInputs,
): Diffusion & { readonly sampler: RecordedSampler; readonly positions: Tensor } {
  const { prepare, points, denoiser } = recordPreparation(plan, sizes, weights, config, trunk);
  const motion = {
    weights: plan.input("weights of the centre", [sizes.atoms]),
    mask: plan.input("atom mask", [sizes.atoms]),
  };
  const { fourier, inputs } = plan.section(DENOISE, () => {
    const fourier = plan.input("noise levels", [1, FOURIER_WIDTH]);
    return { fourier, inputs: recordCall(plan, points, motion, (scaled) => denoiser(scaled, fourier)) };
  });
  const embed = (level: number) => new Map([[fourier, embedded(noise, [level], config)]]);
  return {
    prepare(session, features, ...values) {
      const mask = dataOf(features, "atom_mask");
      const more = [
        [motion.weights, centreWeights(mask)],
        [motion.mask, Float32Array.from(mask)],
      ] as const;
      return prepare(session, features, more, ...values);
    },
    sampler: { section: DENOISE, inputs, embed },
    positions: points.positions,
  };
}

/** Records one call of the denoiser by itself, for samples at levels of their own. */
export function recordDenoiser(
  plan: Plan,
  sizes: DiffusionSizes,
  weights: DiffusionWeights,
  config: DiffusionConfig,
  noise: Fourier | undefined,
): Diffusion & {
  /** @param levels one for each sample, in ångström @returns the denoised positions [samples · atoms, 3] */
  denoise(session: Session, levels: readonly number[]): Promise<Float32Array>;
} {
  const { prepare, points, denoiser } = recordPreparation(plan, sizes, weights, config);
  const call = plan.section(DENOISE, () => {
    const fourier = plan.input("noise levels", [sizes.samples, FOURIER_WIDTH]);
    const factors = recordDenoising(plan, points, sizes.samples, (scaled) => denoiser(scaled, fourier));
    return { fourier, factors, positions: plan.output("positions", points.positions) };
  });
  return {
    prepare: (session, features, ...values) => prepare(session, features, [], ...values),
    async denoise(session, levels) {
      const factors = levels.flatMap((level) => denoisingFactors(level, config.sd_data));
      const values = new Map([
        [call.fourier, embedded(noise, levels, config)],
        [call.factors, Float32Array.from(factors)],
      ]);
      return positionsOf(await session.run(DENOISE, values), call.positions);
    },
  };
}

function embedded(noise: Fourier | undefined, levels: readonly number[], { sd_data }: DiffusionConfig): Float32Array {
  if (!noise) throw new Error("recorded without weights");
  return fourierEmbedding(levels, sd_data, noise);
}

/** Records what is prepared once per fold. Inputs that are declared behind it are still its own. */
function recordPreparation(
  plan: Plan,
  { tokens: n, atoms, samples }: DiffusionSizes,
  weights: DiffusionWeights,
  config: DiffusionConfig,
  trunk?: TrunkInputs,
) {
  const { c_token, c_tokenpair } = config;
  const { embedded, inputs, points, prepared } = plan.section(PREPARE, () => {
    const {
      tokenMask,
      inputs: embedded,
      ...given
    } = trunk ?? {
      pair: plan.input("pair", [n, n, padded(c_tokenpair)]),
      single: plan.input("single", [n, padded(c_token)]),
      inputs: plan.input("single inputs", [n, padded(c_token)]),
      tokens: plan.input("tokens", [n, 8]),
      tokenMask: plan.input("token mask", [n]),
      atoms: atomInputs(plan, n, atoms),
    };
    const inputs = {
      ...given,
      singles: sideBySide(plan, { rows: given.single, channels: c_token }, { rows: embedded, channels: c_token }),
      masks: { keys: plan.input("key masks", [samples, padded(n)]), queries: tokenMask },
    };
    // Masked atoms have positions like all others.
    const points = { positions: plan.input("positions", [samples * atoms, 4]), samples, atoms };
    return { embedded, inputs, points, prepared: prepareDiffusion(plan, inputs, weights) };
  });
  return {
    points,
    denoiser: (scaled: Tensor, fourier: Tensor) => denoise(plan, scaled, fourier, prepared, inputs, weights),
    async prepare(
      session: Session,
      features: TensorMap,
      more: readonly (readonly [Tensor, Float32Array])[],
      positions: Float32Array,
      representations?: Representations,
    ): Promise<void> {
      const mask = floatsOf(features, "token_mask");
      const keys = padRows(mask, n);
      const keyMask = new Float32Array(samples * keys.length);
      for (let sample = 0; sample < samples; sample++) keyMask.set(keys, sample * keys.length);
      const values = new Map<Tensor, Float32Array>([
        [inputs.masks.keys, keyMask],
        [points.positions, positions],
        ...more,
      ]);
      if (representations) {
        values.set(inputs.pair, padRows(representations.pair, c_tokenpair));
        values.set(inputs.single, padRows(representations.single, c_token));
        values.set(embedded, padRows(representations.inputs, c_token));
        values.set(inputs.tokens, tokenTable(features, n));
        values.set(inputs.masks.queries, mask);
        for (const [input, data] of atomValues(inputs.atoms, features, n)) values.set(input, data);
      }
      await session.run(PREPARE, values);
    },
  };
}

/** Token features as the relative encoding takes them. Quirk 21: `sym_id` is never read; any feature may stand in its place. */
export const tokenTable = (features: TensorMap, tokens: number): Float32Array =>
  tokenRows(features, ["residue_index", "token_index", "asym_id", "entity_id", "asym_id"], "token_mask", tokens);
