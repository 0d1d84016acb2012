/** The samplers' random numbers: recorded, to reproduce a run, or from a seed, to use. One sample and one step at a time. */
import { BadInputError } from "../../errors.ts";
import { gaussian } from "../../formats/gaussian.ts";
import { givenWhole, MOST_SIZE } from "../../formats/given.ts";
import { RandomStream } from "../../formats/random.ts";
import { type HostTensor, sizeOf, type TensorMap } from "../../formats/tensor.ts";
import type { TensorSpec } from "./component.ts";

/** How an engine's sampler draws. */
export interface NoiseForm {
  /** The axes that name a sampled point: numbers, or sizes that the features' shapes give. */
  readonly points: readonly (string | number)[];
  /** The size that counts the steps which draw. */
  readonly draws: string;
  /** How many steps of a schedule draw. @param steps as the engine's config counts them */
  drawing(steps: number): number;
  readonly rotation: RotationForm;
}

/** A random rotation, as a step of the sampler takes it. */
export interface RotationForm {
  /** The recorded tensor, and the stream that seeds it. */
  readonly name: string;
  /** Of one step of one sample. */
  readonly shape: readonly number[];
  /** How many unit normals it is made of. */
  readonly normals: number;
  make(normals: Float32Array): Float32Array;
}

/** What one step of one sample draws. Everything is made of unit normals; the sampler scales. */
export interface StepNoise {
  /** In the engine's own form ({@link NoiseForm}): a rotation matrix [3, 3], or a raw quaternion [4] as (w, x, y, z). */
  readonly rotation: Float32Array;
  /** [3] */
  readonly translation: Float32Array;
  /** [points, 3]; every point has noise, masked ones too. */
  readonly noise: Float32Array;
}

/** Where a sampler's noise comes from. A point is whatever the engine samples: a slot of a token, or an atom. */
export interface NoiseSource {
  /** [points, 3] */
  init(sample: number): Float32Array;
  /** @param step from 0; an engine may draw for fewer steps than its schedule has */
  step(sample: number, step: number): StepNoise;
}

/** The recorded tensors of an engine's noise (docs/features.md). */
export const noiseSpecs = ({ points, draws, rotation }: NoiseForm): readonly TensorSpec[] => [
  { name: "init_noise", shape: ["samples", ...points, 3] },
  { name: rotation.name, shape: [draws, "samples", ...rotation.shape] },
  { name: "step_translation", shape: [draws, "samples", 3] },
  { name: "step_noise", shape: [draws, "samples", ...points, 3] },
];

/**
 * Noise from a seed: the same bytes in Node, browsers and Python (docs/random-tensors.md). What a sample draws does not depend on how
 * many samples and steps there are.
 * @param points how many points are sampled
 */
export function seededNoise({ rotation }: NoiseForm, seed: number, points: number): NoiseSource {
  const draw = (name: string, length: number): Float32Array => gaussian(new RandomStream(seed, name), length);
  return {
    init(sample) {
      givenIndex("sample", sample);
      return draw(`init_noise/${sample}`, points * 3);
    },
    step(sample, step) {
      givenIndex("sample", sample);
      givenIndex("step", step);
      const at = `${sample}/${step}`;
      return {
        rotation: rotation.make(draw(`${rotation.name}/${at}`, rotation.normals)),
        translation: draw(`step_translation/${at}`, 3),
        noise: draw(`step_noise/${at}`, points * 3),
      };
    },
  };
}

/** A number without a place in the noise would read or draw other numbers silently. */
const givenIndex = (name: string, value: number): void => givenWhole(`the ${name}`, value, 0, MOST_SIZE);

/** Noise from recorded tensors (docs/features.md), which have been checked. */
export function recordedNoise({ rotation }: NoiseForm, tensors: TensorMap): NoiseSource {
  const part = (name: string, ...index: readonly number[]): Float32Array => {
    for (const at of index) givenIndex("sample or step", at);
    const { shape, data } = tensors.get(name) as HostTensor;
    if (index.some((at, axis) => at >= shape[axis]))
      throw new BadInputError(`${name} [${shape.join(", ")}] holds no noise for [${index.join(", ")}]`);
    const size = sizeOf(shape.slice(index.length));
    const start = index.reduce((flat, at, axis) => flat * shape[axis] + at, 0) * size;
    return (data as Float32Array).subarray(start, start + size);
  };
  return {
    init: (sample) => part("init_noise", sample),
    step: (sample, step) => ({
      rotation: part(rotation.name, step, sample),
      translation: part("step_translation", step, sample),
      noise: part("step_noise", step, sample),
    }),
  };
}

/** The noise of samples from one on, the last one's again behind it. @param samples how many there are */
export const noiseFrom = (source: NoiseSource, first: number, samples: number): NoiseSource => {
  const at = (sample: number): number => Math.min(first + sample, samples - 1);
  return { init: (sample) => source.init(at(sample)), step: (sample, step) => source.step(at(sample), step) };
};

/** How much noise to record. */
export interface NoiseSizes {
  readonly samples: number;
  /** Steps that draw noise ({@link NoiseForm.drawing}). */
  readonly steps: number;
  /** The sizes of the axes that name a point. */
  readonly points: readonly number[];
}

/**
 * All of a source's noise as tensors, for backends that take it as an input.
 * @returns init_noise [samples, …points, 3]; with leading [steps, samples]: the rotations, step_translation [3], step_noise […points, 3]
 */
export function recordNoise(
  { rotation }: NoiseForm,
  source: NoiseSource,
  { samples, steps, points }: NoiseSizes,
): Map<string, HostTensor> {
  const tensor = (shape: readonly number[]): HostTensor => ({
    dtype: "float32",
    shape,
    data: new Float32Array(sizeOf(shape)),
  });
  const init = tensor([samples, ...points, 3]);
  const [rotations, translations] = [tensor([steps, samples, ...rotation.shape]), tensor([steps, samples, 3])];
  const noises = tensor([steps, samples, ...points, 3]);
  for (let sample = 0; sample < samples; sample++) {
    const first = source.init(sample);
    init.data.set(first, sample * first.length);
    for (let step = 0; step < steps; step++) {
      const drawn = source.step(sample, step);
      const at = step * samples + sample;
      rotations.data.set(drawn.rotation, at * drawn.rotation.length);
      translations.data.set(drawn.translation, at * 3);
      noises.data.set(drawn.noise, at * drawn.noise.length);
    }
  }
  return new Map([
    ["init_noise", init],
    [rotation.name, rotations],
    ["step_translation", translations],
    ["step_noise", noises],
  ]);
}

/** The noise that a whole fold may be given: all recorded tensors, or a seed in their place (0 without either). */
export const optionalNoise = (form: NoiseForm): TensorSpec[] => [
  ...noiseSpecs(form).map((spec) => ({ ...spec, optional: true })),
  { name: "noise_seed", shape: [], kind: "integer", range: [-(2 ** 31), 2 ** 31 - 1], optional: true },
];

/** The input `noise_seed`: 32 bits without a sign, in the int32 of the same bits. */
export const noiseSeed = (seed: number): [string, HostTensor] => [
  "noise_seed",
  { dtype: "int32", shape: [], data: Int32Array.of(seed) },
];

/**
 * The noise that the inputs of a fold ask for.
 * @param points how many points are sampled
 * @throws {BadInputError} if only some of the recorded tensors are there
 */
export function noiseOf(form: NoiseForm, inputs: TensorMap, points: number): NoiseSource {
  const names = noiseSpecs(form).map(({ name }) => name);
  const missing = names.filter((name) => !inputs.has(name));
  if (missing.length === 0) return recordedNoise(form, inputs);
  if (missing.length < names.length)
    throw new BadInputError(`recorded noise comes whole or not at all: ${missing.join(", ")} is missing`);
  return seededNoise(form, (inputs.get("noise_seed")?.data[0] ?? 0) >>> 0, points);
}
