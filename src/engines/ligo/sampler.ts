/** ligo's sampler: `DiffusionModule.sample` of the pinned repository. */
import { BadInputError } from "../../errors.ts";
import type { SamplerCall, SamplerTraits } from "../components/sampler.ts";

/** Spread of the data, and ends and exponent of the schedule. */
export interface Schedule {
  readonly sd_data: number;
  readonly s_max: number;
  readonly s_min: number;
  readonly p: number;
}

/** How much noise a call adds: to levels above GAMMA_MIN, and scaled. Defaults of the reference. */
const GAMMA = 0.8;
const GAMMA_MIN = 1;
const NOISE_SCALE = 1.003;
const STEP_SCALE = 1.5;
/** The least squared length that a quaternion is divided by; a shorter one makes no rotation. */
const LEAST_SQUARE = 1e-6;

export const samplerTraits = ({ sd_data }: Pick<Schedule, "sd_data">): SamplerTraits => ({
  spread: sd_data,
  // Quirk 18: the direction is that of the positions before the noise, the step starts behind it.
  directionBeforeNoise: true,
  matrix: rotationOf,
});

/** The noise levels in ångström, from the highest to the lowest. There is one call less. */
export function noiseLevels(steps: number, { sd_data, s_max, s_min, p }: Schedule): number[] {
  const [first, last] = [s_max ** (1 / p), s_min ** (1 / p)];
  return Array.from({ length: steps }, (_, k) => sd_data * (first + (k / (steps - 1)) * (last - first)) ** p);
}

/** The calls of the denoiser: one from each level to the next. */
export const samplerCalls = (levels: readonly number[]): SamplerCall[] =>
  levels.slice(1).map((next, k) => {
    const level = levels[k] * (1 + (next > GAMMA_MIN ? GAMMA : 0));
    // The factor is rounded to single precision, as the noise is.
    const deviation = Math.fround(NOISE_SCALE * Math.sqrt(level ** 2 - levels[k] ** 2));
    return { level, deviation, step: (STEP_SCALE * (next - level)) / level };
  });

/** The matrix of a raw quaternion (w, x, y, z), in rows; it multiplies columns. */
export function rotationOf(quaternion: ArrayLike<number>): number[] {
  const square = Array.from(quaternion).reduce((sum, value) => sum + value * value, 0);
  const length = Math.sqrt(Math.max(LEAST_SQUARE, square));
  const [w, x, y, z] = Array.from(quaternion, (value) => value / length);
  return [
    [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
    [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
    [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
  ].flat();
}

/**
 * Quirk 18: the centre divides the sum over all atoms by the number of those that are not masked.
 * @param mask [atoms]
 * @throws {BadInputError} if every atom is masked
 */
export function centreWeights(mask: ArrayLike<number>): Float32Array {
  const count = Array.from(mask).reduce((sum, value) => sum + value, 0);
  if (!(count > 0)) throw new BadInputError("the input atom_mask has no atom");
  return new Float32Array(mask.length).fill(1 / count);
}
