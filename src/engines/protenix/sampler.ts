/** Protenix' sampler: `InferenceNoiseScheduler` and `sample_diffusion` in protenix/model/generator.py of the pinned repository. */
import type { SamplerCall, SamplerTraits } from "../components/sampler.ts";

/** The schedule's spread of the data, ends and exponent. */
export interface Schedule {
  readonly sigma_data: number;
  readonly s_max: number;
  readonly s_min: number;
  readonly rho: number;
}

/** `sample_diffusion` and `inference_noise_scheduler`. Smaller models add no noise (gamma0 is 0) and go whole steps. */
export interface SamplerConfig extends Schedule {
  readonly gamma0: number;
  readonly gamma_min: number;
  readonly noise_scale_lambda: number;
  readonly step_scale_eta: number;
  readonly N_step: number;
  readonly N_sample: number;
}

/** @param sigma_data the denoiser's spread of the data, Ångström */
export const samplerTraits = (sigma_data: number): SamplerTraits => ({
  spread: sigma_data,
  // Trap P22: the direction of a step is that of the positions with their noise.
  directionBeforeNoise: false,
  // The drawn matrix multiplies columns.
  matrix: (drawn) => drawn,
});

/** Noise levels from the first to the last, [steps + 1], in ångström. */
export function noiseLevels(steps: number, { sigma_data, s_max, s_min, rho }: Schedule): number[] {
  const [from, to] = [s_max ** (1 / rho), s_min ** (1 / rho)];
  const levels = Array.from({ length: steps }, (_, k) => sigma_data * (from + (k / steps) * (to - from)) ** rho);
  // Trap P23: the last level is none at all.
  return [...levels, 0];
}

/** The calls of the denoiser: one from each level to the next. */
export function samplerCalls({ N_step, ...config }: SamplerConfig): SamplerCall[] {
  const { gamma0, gamma_min, noise_scale_lambda, step_scale_eta } = config;
  const levels = noiseLevels(N_step, config);
  return levels.slice(1).map((next, k) => {
    // Trap P21: the next level decides whether noise is added.
    const level = levels[k] * (1 + (next > gamma_min ? gamma0 : 0));
    const deviation = noise_scale_lambda * Math.sqrt(Math.max(level ** 2 - levels[k] ** 2, 0));
    return { level, deviation, step: (step_scale_eta * (next - level)) / level };
  });
}

/** What makes a sum of the points their centre: all atoms count alike. */
export const centreWeights = (mask: ArrayLike<number>): Float32Array =>
  new Float32Array(mask.length).fill(1 / mask.length);
