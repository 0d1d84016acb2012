/** deepmind's sampler: `sample` in alphafold3/model/network/diffusion_head.py of the pinned repository. */
import type { NoiseSource } from "../core/noise.ts";
import { SIGMA_DATA } from "./diffusion.ts";

/** `DiffusionHead.Config.eval`. */
export interface SamplerConfig {
  readonly steps: number;
  readonly num_samples: number;
  readonly gamma_0: number;
  readonly gamma_min: number;
  readonly noise_scale: number;
  readonly step_scale: number;
}

const [SIGMA_MAX, SIGMA_MIN, EXPONENT] = [160, 4e-4, 7];

/** Noise levels from the first to the last, [steps + 1], in ångström. */
export function noiseLevels(steps: number): number[] {
  const [from, to] = [SIGMA_MAX ** (1 / EXPONENT), SIGMA_MIN ** (1 / EXPONENT)];
  return Array.from({ length: steps + 1 }, (_, k) => SIGMA_DATA * (from + (k / steps) * (to - from)) ** EXPONENT);
}

/** Denoises all samples' positions at one level. */
export type Denoiser = (positions: readonly Float64Array[], level: number) => Promise<Float64Array[]>;

/**
 * Draws structures: from noise, step by step to lower levels.
 * @param atomMask [points]
 * @returns per sample [points, 3] in ångström
 */
export async function sampleStructures(
  denoise: Denoiser,
  noise: NoiseSource,
  atomMask: ArrayLike<number>,
  config: SamplerConfig,
): Promise<Float64Array[]> {
  const { steps, num_samples, gamma_0, gamma_min, noise_scale, step_scale } = config;
  const levels = noiseLevels(steps);
  let samples = Array.from({ length: num_samples }, (_, sample) =>
    Float64Array.from(noise.init(sample), (value) => levels[0] * value),
  );
  for (let k = 1; k <= steps; k++) {
    // Trap T17: the next level decides whether noise is added.
    const level = levels[k - 1] * (1 + (levels[k] > gamma_min ? gamma_0 : 0));
    const deviation = noise_scale * Math.sqrt(Math.max(level ** 2 - levels[k - 1] ** 2, 0));
    const noisy = samples.map((positions, sample) => {
      const drawn = noise.step(sample, k - 1);
      return augmented(positions, atomMask, drawn).map((value, at) => value + deviation * drawn.noise[at]);
    });
    const denoised = await denoise(noisy, level);
    const step = (step_scale * (levels[k] - level)) / level;
    samples = noisy.map((positions, sample) =>
      positions.map((value, at) => value + step * (value - denoised[sample][at])),
    );
  }
  return samples.map((positions) => positions.map((value, at) => (atomMask[Math.floor(at / 3)] ? value : 0)));
}

/** Positions centred on their real atoms, rotated and moved at random. */
function augmented(
  positions: Float64Array,
  mask: ArrayLike<number>,
  { rotation, translation }: { readonly rotation: ArrayLike<number>; readonly translation: ArrayLike<number> },
): Float64Array {
  const centre = [0, 0, 0];
  let count = 0;
  for (let atom = 0; atom < mask.length; atom++) {
    count += mask[atom];
    for (let axis = 0; axis < 3; axis++) centre[axis] += mask[atom] * positions[3 * atom + axis];
  }
  for (let axis = 0; axis < 3; axis++) centre[axis] /= Math.max(count, 1e-6);
  const moved = new Float64Array(positions.length);
  for (let atom = 0; atom < mask.length; atom++) {
    if (!mask[atom]) continue;
    for (let axis = 0; axis < 3; axis++) {
      // A row vector times the matrix.
      let sum = translation[axis];
      for (let k = 0; k < 3; k++) sum += (positions[3 * atom + k] - centre[k]) * rotation[3 * k + axis];
      moved[3 * atom + axis] = sum;
    }
  }
  return moved;
}
