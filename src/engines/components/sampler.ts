/** What engines' samplers share: what a level is on the device, and the host's part of it. Nothing is read back between levels. */
import type { Output, Plan, Tensor } from "../../gpu/plan/plan.ts";
import {
  type Level,
  type Motion,
  moveSamples,
  type SampledPoints,
  scaledPositions,
  step,
} from "../../model/sampler.ts";
import type { SectionInputs, SectionOutputs, Session } from "../core/component.ts";
import type { NoiseSource } from "../core/noise.ts";

/** One call of a denoiser, as an engine's schedule has it; levels are Ångström. */
export interface SamplerCall {
  /** The level that the denoiser is told. */
  readonly level: number;
  /** What the unit normals are multiplied by before they are added. */
  readonly deviation: number;
  /** How far the positions go along their direction, in units of it: negative, as levels fall. */
  readonly step: number;
}

/** How an engine's sampler differs; each value is named where the engine sets it. */
export interface SamplerTraits {
  /** Standard deviation of the data, Ångström. */
  readonly spread: number;
  /** Whether the direction of a step begins at the positions before their noise; the step itself begins behind it. */
  readonly directionBeforeNoise: boolean;
  /** The rows of the matrix that multiplies columns, from a rotation as the engine draws it. */
  readonly matrix: (rotation: ArrayLike<number>) => ArrayLike<number>;
}

/**
 * What the kernels `scale_positions` and `step_positions` multiply by, from level, noise and step; in double precision until it is stored.
 *
 * With the positions x, their noise n and the denoiser's update u, the noisy positions are x + deviation n, and the denoised ones
 * σ²/v (x + deviation n) + σ level/√v u, where v = σ² + level².
 */
export function callFactors({ level, deviation, step }: SamplerCall, traits: Omit<SamplerTraits, "matrix">): number[] {
  const { scale, kept, added } = preconditioning(level, traits.spread);
  const behind = 1 - step * kept + (traits.directionBeforeNoise ? 0 : step);
  return [scale, scale * deviation, 0, 0, 1 - step * kept + step, deviation * behind, -step * added, 0];
}

/** The same for a call of the denoiser alone, which gives the denoised positions. */
export function denoisingFactors(level: number, spread: number): number[] {
  const { scale, kept, added } = preconditioning(level, spread);
  return [scale, 0, 0, 0, kept, 0, added, 0];
}

function preconditioning(level: number, spread: number) {
  const variance = level ** 2 + spread ** 2;
  return {
    scale: 1 / Math.sqrt(variance),
    kept: spread ** 2 / variance,
    added: (spread * level) / Math.sqrt(variance),
  };
}

/** What a recorded call of a sampler takes from the host. */
export interface LevelInputs {
  readonly motions: Tensor;
  readonly noise: Tensor;
  readonly factors: Tensor;
}

/**
 * Records the call of a sampler in the open section: samples are moved, denoised, and go a step further.
 * @param motion what is known of the points once per fold
 * @param denoise from scaled positions [samples · atoms, 4] to their update
 */
export function recordCall(
  plan: Plan,
  points: SampledPoints,
  motion: Omit<Motion, "motions">,
  denoise: (scaled: Tensor) => Tensor,
): LevelInputs {
  const inputs = {
    motions: plan.input("motions", [points.samples, 12]),
    noise: plan.input("noise", [points.positions.shape[0], 3]),
    factors: plan.input("factors", [1, 8]),
  };
  moveSamples(plan, points, { ...motion, motions: inputs.motions });
  stepBy(plan, points, inputs, denoise);
  return inputs;
}

/**
 * Records a call of the denoiser alone: the positions become the denoised ones.
 * @param levels one for all samples, or one for each
 * @returns the input of {@link denoisingFactors}
 */
export function recordDenoising(
  plan: Plan,
  points: SampledPoints,
  levels: number,
  denoise: (scaled: Tensor) => Tensor,
): Tensor {
  const factors = plan.input("factors", [levels, 8]);
  stepBy(plan, points, { factors }, denoise);
  return factors;
}

function stepBy(plan: Plan, points: SampledPoints, level: Level, denoise: (scaled: Tensor) => Tensor): void {
  const update = denoise(plan.scope("noisy positions", () => scaledPositions(plan, points, level)));
  plan.scope("step", () => step(plan, points, level, update));
}

/** A recorded sampler. */
export interface RecordedSampler {
  /** The section of its calls. */
  readonly section: string;
  readonly inputs: LevelInputs;
  /** What the denoiser takes of a level beside. */
  readonly embed: (level: number) => SectionInputs;
}

/** Runs all calls of a sampler. Draw i of the noise is that of call i. */
export async function runCalls(
  session: Session,
  { section, inputs, embed }: RecordedSampler,
  calls: readonly SamplerCall[],
  noise: NoiseSource,
  traits: SamplerTraits,
): Promise<void> {
  const [samples] = inputs.motions.shape;
  for (const [at, call] of calls.entries()) {
    const motions = new Float32Array(12 * samples);
    const normals = new Float32Array(inputs.noise.bytes / 4);
    for (let sample = 0; sample < samples; sample++) {
      const drawn = noise.step(sample, at);
      const matrix = traits.matrix(drawn.rotation);
      for (let row = 0; row < 3; row++) {
        for (let k = 0; k < 3; k++) motions[12 * sample + 4 * row + k] = matrix[3 * row + k];
        motions[12 * sample + 4 * row + 3] = drawn.translation[row];
      }
      normals.set(drawn.noise, (sample * normals.length) / samples);
    }
    await session.run(
      section,
      new Map([
        [inputs.motions, motions],
        [inputs.noise, normals],
        [inputs.factors, Float32Array.from(callFactors(call, traits))],
        ...embed(call.level),
      ]),
    );
  }
}

/**
 * Puts samples where another batch of them begins, behind one that has been sampled: a call of the denoiser whose update counts nothing.
 * @param starts [samples · points, 4]
 */
export async function restart(
  session: Session,
  { section, inputs, embed }: RecordedSampler,
  level: number,
  starts: Float32Array,
  { spread }: SamplerTraits,
): Promise<void> {
  const [samples] = inputs.motions.shape;
  const motions = new Float32Array(12 * samples);
  for (let sample = 0; sample < samples; sample++) for (let k = 0; k < 3; k++) motions[12 * sample + 5 * k] = 1;
  await session.run(
    section,
    new Map([
      [inputs.motions, motions],
      [inputs.noise, coordinatesOf(starts)],
      // Of what is there nothing is left, and the starts are taken as they are.
      [inputs.factors, Float32Array.of(0, preconditioning(level, spread).scale, 0, 0, 0, 1, 0, 0)],
      ...embed(level),
    ]),
  );
}

/** Where a sampler begins: the noise at the first level. @returns [samples · points, 4] */
export function startingPositions(noise: NoiseSource, samples: number, level: number): Float32Array {
  const all = Array.from({ length: samples }, (_, sample) => noise.init(sample).map((value) => level * value));
  return pointRows(all);
}

/** Positions [points, 3] of each sample as the device keeps them, [samples · points, 4]. */
export function pointRows(samples: readonly Float32Array[]): Float32Array {
  const points = samples[0].length / 3;
  const rows = new Float32Array(samples.length * points * 4);
  samples.forEach((positions, sample) => {
    for (let point = 0; point < points; point++)
      rows.set(positions.subarray(3 * point, 3 * point + 3), 4 * (sample * points + point));
  });
  return rows;
}

/** The inverse of {@link pointRows}, all samples in one array. */
export function positionsOf(outputs: SectionOutputs, output: Output): Float32Array {
  return coordinatesOf(outputs.get(output));
}

/** Rows of four as rows of three. */
function coordinatesOf(rows: Float32Array): Float32Array {
  const coordinates = new Float32Array((rows.length / 4) * 3);
  for (let point = 0; point < rows.length / 4; point++)
    coordinates.set(rows.subarray(4 * point, 4 * point + 3), 3 * point);
  return coordinates;
}
