/** A denoiser of atoms in a flat list on a plan: what it takes from the host once per fold, and at each level. */

import type { TensorMap } from "../../formats/tensor.ts";
import type { StoredArray } from "../../gpu/plan/dtype.ts";
import type { Plan, Tensor } from "../../gpu/plan/plan.ts";
import type { AtomInputs } from "../../model/atom_encoder.ts";
import { sideBySide } from "../../model/copies.ts";
import { type DiffusionWeights, denoise, prepareDiffusion } from "../../model/diffusion.ts";
import { FOURIER_WIDTH } from "../../model/fourier.ts";
import { nothing, padded } from "../../model/projection.ts";
import type { TokenTable } from "../../model/relative_encoding.ts";
import type { SampledPoints } from "../../model/sampler.ts";
import type { Session } from "../core/component.ts";
import { padRows } from "../core/padding.ts";
import { inWindows } from "./flat_atoms.ts";
import { denoisingFactors, positionsOf, type RecordedSampler, recordCall, recordDenoising } from "./sampler.ts";

/** The sections of a plan that denoises. */
export const PREPARE = "diffusion conditioning";
export const DENOISE = "denoising";

/** How an engine's denoiser reads its features. */
export interface FlatForm {
  /** Declares what an encoder reads of so many atoms. */
  atomInputs(plan: Plan, tokens: number, atoms: number): AtomInputs;
  atomValues(inputs: AtomInputs, features: TensorMap, tokens: number): [Tensor, Float32Array][];
  /** Token features as the relative encoding takes them, [n, 8]. */
  tokenTable(features: TensorMap, tokens: number): Float32Array;
  /** [n], of engines that have padded tokens. */
  readonly tokenMask?: (features: TensorMap) => Float32Array;
  /** [atoms]: which count in a sampler. */
  atomMask(features: TensorMap, atoms: number): Float32Array;
  /** [atoms]: what makes a sum of positions their centre. */
  centreWeights(mask: Float32Array): Float32Array;
}

/** A denoiser at its widths. */
export interface FlatDenoiser {
  readonly form: FlatForm;
  readonly weights: DiffusionWeights;
  /** Channels of the pair, the trunk's single representation and the single inputs. */
  readonly widths: Readonly<Record<keyof Representations, number>>;
  /** Standard deviation of the data, Ångström. */
  readonly spread: number;
  /** Noise levels as the network takes them, [levels, 256]; undefined without weights: such a plan can be inspected but not run. */
  readonly embed: ((levels: readonly number[]) => Float32Array) | undefined;
}

/** A recorded diffusion. Positions are on the device from what is prepared to what is read back. */
export interface FlatDiffusion {
  /**
   * Prepares what all calls of the denoiser share.
   * @param positions where the samples begin, [samples · atoms, 4] in ångström
   * @param trunk values of the representations, where they are inputs of the plan; then all features are, too
   */
  prepare(session: Session, features: TensorMap, positions: Float32Array, trunk?: Representations): Promise<void>;
}

export interface DiffusionSizes {
  readonly tokens: number;
  /** The list may end within a window. */
  readonly atoms: number;
  readonly samples: number;
}

/** The pair [n, n, C], the single representation and the single inputs [n, C], on the host. */
type Representations = Readonly<Record<"pair" | "single" | "inputs", Float32Array>>;

/** Representations and features, where the plan has them. */
export interface TrunkInputs {
  readonly pair: Tensor;
  readonly single: Tensor;
  readonly inputs: Tensor;
  readonly tokens: TokenTable;
  readonly atoms: AtomInputs;
  /** Of engines that have padded tokens. */
  readonly tokenMask?: Tensor;
}

type Values = readonly (readonly [Tensor, StoredArray])[];

/**
 * Records the denoiser in a sampler: a section for what is prepared once per fold, and one that goes from a level to the next.
 * @throws {BadInputError} at {@link FlatDiffusion.prepare} if there is no atom to sample
 */
export function recordSampler(
  plan: Plan,
  sizes: DiffusionSizes,
  denoiser: FlatDenoiser,
  trunk: TrunkInputs,
): FlatDiffusion & { readonly sampler: RecordedSampler; readonly positions: Tensor } {
  const { prepare, points, call } = recordPreparation(plan, sizes, denoiser, trunk);
  const motion = {
    weights: plan.input("weights of the centre", [sizes.atoms]),
    mask: plan.input("atom mask", [sizes.atoms]),
  };
  const { fourier, inputs } = plan.section(DENOISE, () => {
    const fourier = plan.input("noise levels", [1, FOURIER_WIDTH]);
    return { fourier, inputs: recordCall(plan, points, motion, (scaled) => call(scaled, fourier)) };
  });
  const { form } = denoiser;
  return {
    prepare(session, features, ...values) {
      const mask = form.atomMask(features, sizes.atoms);
      const more: Values = [
        [motion.weights, form.centreWeights(mask)],
        [motion.mask, mask],
      ];
      return prepare(session, features, more, ...values);
    },
    sampler: { section: DENOISE, inputs, embed: (level) => new Map([[fourier, embedded(denoiser, [level])]]) },
    positions: points.positions,
  };
}

/** Records one call of the denoiser by itself, for samples at levels of their own. */
export function recordDenoiser(
  plan: Plan,
  sizes: DiffusionSizes,
  denoiser: FlatDenoiser,
): FlatDiffusion & {
  /** @param levels one for each sample, in ångström @returns the denoised positions [samples · atoms, 3] */
  denoise(session: Session, levels: readonly number[]): Promise<Float32Array>;
} {
  const { prepare, points, call } = recordPreparation(plan, sizes, denoiser);
  const recorded = plan.section(DENOISE, () => {
    const fourier = plan.input("noise levels", [sizes.samples, FOURIER_WIDTH]);
    const factors = recordDenoising(plan, points, sizes.samples, (scaled) => call(scaled, fourier));
    return { fourier, factors, positions: plan.output("positions", points.positions) };
  });
  return {
    prepare: (session, features, ...values) => prepare(session, features, [], ...values),
    async denoise(session, levels) {
      const factors = levels.flatMap((level) => denoisingFactors(level, denoiser.spread));
      const values = new Map([
        [recorded.fourier, embedded(denoiser, levels)],
        [recorded.factors, Float32Array.from(factors)],
      ]);
      return positionsOf(await session.run(DENOISE, values), recorded.positions);
    },
  };
}

function embedded({ embed }: FlatDenoiser, levels: readonly number[]): Float32Array {
  if (!embed) throw new Error("recorded without weights");
  return embed(levels);
}

/** Records what is prepared once per fold. Inputs that are declared behind it are still its own. */
function recordPreparation(
  plan: Plan,
  { tokens: n, atoms, samples }: DiffusionSizes,
  { form, weights, widths }: FlatDenoiser,
  trunk?: TrunkInputs,
) {
  const { given, inputs, points, prepared } = plan.section(PREPARE, () => {
    const given: TrunkInputs = trunk ?? {
      pair: plan.input("pair", [n, n, padded(widths.pair)]),
      single: plan.input("single", [n, padded(widths.single)]),
      inputs: plan.input("single inputs", [n, padded(widths.inputs)]),
      tokens: plan.input("tokens", [n, 8]),
      ...(form.tokenMask && { tokenMask: plan.input("token mask", [n]) }),
      atoms: form.atomInputs(plan, n, atoms),
    };
    const { pair, single, tokens } = given;
    const singles = sideBySide(
      plan,
      { rows: single, channels: widths.single },
      { rows: given.inputs, channels: widths.inputs },
    );
    const masks = {
      keys: plan.input("key masks", [samples, padded(n)]),
      queries: given.tokenMask ?? nothing(plan),
    };
    const inputs = { pair, single, tokens, atoms: given.atoms, singles, masks };
    return {
      given,
      inputs,
      points: recordPoints(plan, atoms, samples),
      prepared: prepareDiffusion(plan, inputs, weights),
    };
  });
  return {
    points,
    call: (scaled: Tensor, fourier: Tensor) => denoise(plan, scaled, fourier, prepared, inputs, weights),
    async prepare(
      session: Session,
      features: TensorMap,
      more: Values,
      positions: Float32Array,
      representations?: Representations,
    ): Promise<void> {
      const mask = form.tokenMask?.(features) ?? new Float32Array(n).fill(1);
      const keys = padRows(mask, n);
      const keyMask = new Float32Array(samples * keys.length);
      for (let sample = 0; sample < samples; sample++) keyMask.set(keys, sample * keys.length);
      const values = new Map<Tensor, StoredArray>([
        [inputs.masks.keys, keyMask],
        [points.positions, positions],
        ...orderValues(points, atoms),
        ...more,
      ]);
      if (representations) {
        for (const name of ["pair", "single", "inputs"] as const)
          values.set(given[name], padRows(representations[name], widths[name]));
        values.set(inputs.tokens, form.tokenTable(features, n));
        if (given.tokenMask) values.set(given.tokenMask, mask);
        for (const [input, data] of form.atomValues(inputs.atoms, features, n)) values.set(input, data);
      }
      await session.run(PREPARE, values);
    },
  };
}

/** The points of a sampler are the atoms of the list, the denoiser reads whole windows. Masked atoms have positions like all others. */
function recordPoints(plan: Plan, count: number, samples: number): SampledPoints {
  const positions = plan.input("positions", [samples * count, 4]);
  const atoms = inWindows(count);
  if (atoms === count) return { positions, samples, atoms };
  const order = {
    pointOf: plan.input("points of atoms", [atoms], "i32"),
    atomOf: plan.input("atoms of points", [count], "i32"),
  };
  return { positions, samples, atoms, order };
}

/** What {@link recordPoints} has declared: behind the end of the list, atoms have no point. */
function orderValues({ order, atoms }: SampledPoints, count: number): [Tensor, StoredArray][] {
  if (!order) return [];
  return [
    [order.pointOf, Int32Array.from({ length: atoms }, (_, atom) => (atom < count ? atom : -1))],
    [order.atomOf, Int32Array.from({ length: count }, (_, point) => point)],
  ];
}
