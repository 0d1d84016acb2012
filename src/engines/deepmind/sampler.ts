/** deepmind's sampler: `sample` in alphafold3/model/network/diffusion_head.py of the pinned repository. */
import type { SamplerCall, SamplerTraits } from "../components/sampler.ts";

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

export const samplerTraits: SamplerTraits = {
  spread: 16,
  directionBeforeNoise: false,
  // A row vector times the drawn matrix is its transpose times a column.
  matrix: (drawn) => Array.from({ length: 9 }, (_, at) => drawn[3 * (at % 3) + Math.floor(at / 3)]),
};

/** Noise levels from the first to the last, [steps + 1], in ångström. */
export function noiseLevels(steps: number): number[] {
  const [from, to] = [SIGMA_MAX ** (1 / EXPONENT), SIGMA_MIN ** (1 / EXPONENT)];
  return Array.from(
    { length: steps + 1 },
    (_, k) => samplerTraits.spread * (from + (k / steps) * (to - from)) ** EXPONENT,
  );
}

/** The calls of the denoiser: one from each level to the next. */
export function samplerCalls({ steps, gamma_0, gamma_min, noise_scale, step_scale }: SamplerConfig): SamplerCall[] {
  const levels = noiseLevels(steps);
  return levels.slice(1).map((next, k) => {
    // Trap T17: the next level decides whether noise is added.
    const level = levels[k] * (1 + (next > gamma_min ? gamma_0 : 0));
    const deviation = noise_scale * Math.sqrt(Math.max(level ** 2 - levels[k] ** 2, 0));
    return { level, deviation, step: (step_scale * (next - level)) / level };
  });
}

/** What makes a sum of the points the centre of those that exist. @param mask [points] */
export function centreWeights(mask: ArrayLike<number>): Float32Array {
  const count = Array.from(mask).reduce((sum, value) => sum + value, 0);
  return Float32Array.from(mask, (value) => value / Math.max(count, 1e-6));
}
