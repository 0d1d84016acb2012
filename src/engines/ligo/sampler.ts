/** ligo's sampler: `DiffusionModule.sample` of the pinned repository, on the host. The state is in double precision. */
import { BadInputError } from "../../errors.ts";
import type { NoiseSource } from "../core/noise.ts";

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

/** The noise levels in ångström, from the highest to the lowest. There is one call less. */
export function noiseLevels(steps: number, { sd_data, s_max, s_min, p }: Schedule): number[] {
  const [first, last] = [s_max ** (1 / p), s_min ** (1 / p)];
  return Array.from({ length: steps }, (_, k) => sd_data * (first + (k / (steps - 1)) * (last - first)) ** p);
}

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

/** Quirk 18: the centre divides the sum over all atoms by the number of those that are not masked. */
function augmented(
  x: Float64Array,
  mask: ArrayLike<number>,
  { rotation, translation }: { readonly rotation: ArrayLike<number>; readonly translation: ArrayLike<number> },
): Float64Array {
  const centre = [0, 0, 0];
  let count = 0;
  for (let atom = 0; atom < mask.length; atom++) {
    for (let axis = 0; axis < 3; axis++) centre[axis] += x[3 * atom + axis];
    count += mask[atom];
  }
  const matrix = rotationOf(rotation);
  const moved = new Float64Array(x.length);
  for (let atom = 0; atom < mask.length; atom++) {
    const d = centre.map((sum, axis) => x[3 * atom + axis] - sum / count);
    for (let row = 0; row < 3; row++) {
      const turned = d.reduce((sum, value, axis) => sum + matrix[3 * row + axis] * value, 0);
      moved[3 * atom + row] = mask[atom] * (turned + translation[row]);
    }
  }
  return moved;
}

/** Denoises all samples' positions, [atoms, 3] each, at one level. */
export type Denoiser = (positions: readonly Float64Array[], level: number) => Promise<readonly Float64Array[]>;

/**
 * Samples positions. Draw i of the noise is that of call i + 1.
 * @param mask [atoms]
 * @returns per sample [atoms, 3] in ångström
 * @throws {BadInputError} if every atom is masked
 */
export async function samplePositions(
  denoise: Denoiser,
  levels: readonly number[],
  mask: ArrayLike<number>,
  noise: NoiseSource,
  samples: number,
): Promise<Float64Array[]> {
  if (!Array.from(mask).some((value) => value > 0)) throw new BadInputError("the input atom_mask has no atom");
  let state = Array.from({ length: samples }, (_, sample) =>
    Float64Array.from(noise.init(sample), (value) => levels[0] * value),
  );
  for (let call = 1; call < levels.length; call++) {
    const [before, level] = [levels[call - 1], levels[call]];
    const raised = before * (1 + (level > GAMMA_MIN ? GAMMA : 0));
    const draws = state.map((_, sample) => noise.step(sample, call - 1));
    const kept = state.map((x, sample) => augmented(x, mask, draws[sample]));
    // The factor is rounded to single precision, as the noise is.
    const factor = Math.fround(NOISE_SCALE * Math.sqrt(raised ** 2 - before ** 2));
    const noisy = kept.map((x, sample) => x.map((value, at) => value + factor * draws[sample].noise[at]));
    const denoised = await denoise(noisy, raised);
    const step = (STEP_SCALE * (level - raised)) / raised;
    // Quirk 18: the direction is that of the positions before the noise, the step starts behind it.
    state = noisy.map((x, sample) => x.map((value, at) => value + step * (kept[sample][at] - denoised[sample][at])));
  }
  return state;
}
