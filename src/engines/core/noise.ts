/** The samplers' random numbers: recorded, to reproduce a run, or from a seed, to use. One sample and one step at a time. */
import { BadInputError } from "../../errors.ts";
import { gaussian } from "../../formats/gaussian.ts";
import { RandomStream } from "../../formats/random.ts";
import { type HostTensor, sizeOf, type TensorMap } from "../../formats/tensor.ts";
import type { EngineName, TensorSpec } from "./component.ts";

/** What one step of one sample draws. Everything is made of unit normals; the sampler scales. */
export interface StepNoise {
  /** deepmind: a rotation matrix [3, 3], used as (x − centre) R; ligo: a raw quaternion [4] as (w, x, y, z). */
  readonly rotation: Float32Array;
  /** [3] */
  readonly translation: Float32Array;
  /** [points, 3]; every point has noise, masked ones too. */
  readonly noise: Float32Array;
}

/** Where a sampler's noise comes from. A point is one of deepmind's 24 slots per token, or one of ligo's atoms. */
export interface NoiseSource {
  /** [points, 3] */
  init(sample: number): Float32Array;
  /** @param step from 0; deepmind has as many as its schedule has steps, ligo one less */
  step(sample: number, step: number): StepNoise;
}

/** The smallest norm that a vector is divided by, as in the reference. */
const LEAST_NORM = 1e-10;

/** deepmind's random rotation: two normal vectors made orthonormal are the first rows, their cross product is the third. */
function rotationOf(normals: Float32Array): Float32Array {
  const unit = (v: readonly number[]): number[] => {
    const norm = Math.max(LEAST_NORM, Math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]));
    return v.map((value) => value / norm);
  };
  const a = unit([...normals.subarray(0, 3)]);
  const along = a[0] * normals[3] + a[1] * normals[4] + a[2] * normals[5];
  const b = unit(a.map((value, axis) => normals[3 + axis] - value * along));
  const c = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  return Float32Array.of(...a, ...b, ...c);
}

/**
 * Noise from a seed: the same bytes in Node, browsers and Python (docs/random-tensors.md). What a sample draws does not depend on how
 * many samples and steps there are.
 * @param points tokens × 24 for deepmind, atoms for ligo
 */
export function seededNoise(engine: EngineName, seed: number, points: number): NoiseSource {
  const draw = (name: string, length: number): Float32Array => gaussian(new RandomStream(seed, name), length);
  return {
    init: (sample) => draw(`init_noise/${sample}`, points * 3),
    step(sample, step) {
      const at = `${sample}/${step}`;
      return {
        rotation:
          engine === "deepmind" ? rotationOf(draw(`step_rotation/${at}`, 6)) : draw(`step_rotation_quat/${at}`, 4),
        translation: draw(`step_translation/${at}`, 3),
        noise: draw(`step_noise/${at}`, points * 3),
      };
    },
  };
}

const rotationName = (engine: EngineName): string => (engine === "deepmind" ? "step_rotation" : "step_rotation_quat");

/** Noise from recorded tensors (docs/features.md), which have been checked. */
export function recordedNoise(engine: EngineName, tensors: TensorMap): NoiseSource {
  const part = (name: string, ...index: readonly number[]): Float32Array => {
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
      rotation: part(rotationName(engine), step, sample),
      translation: part("step_translation", step, sample),
      noise: part("step_noise", step, sample),
    }),
  };
}

/** How much noise to record. */
export interface NoiseSizes {
  readonly samples: number;
  /** Steps that draw noise: deepmind's `steps`, ligo's `n_steps` − 1. */
  readonly steps: number;
  /** The axes that name a point: [tokens, 24] for deepmind, [atoms] for ligo. */
  readonly points: readonly number[];
}

/**
 * All of a source's noise as tensors, for backends that take it as an input.
 * @returns init_noise [samples, …points, 3]; with leading [steps, samples]: step_rotation [3, 3] or step_rotation_quat [4],
 * step_translation [3], step_noise […points, 3]
 */
export function recordNoise(
  engine: EngineName,
  source: NoiseSource,
  { samples, steps, points }: NoiseSizes,
): Map<string, HostTensor> {
  const tensor = (shape: readonly number[]): HostTensor => ({
    dtype: "float32",
    shape,
    data: new Float32Array(sizeOf(shape)),
  });
  const rotation = engine === "deepmind" ? [3, 3] : [4];
  const init = tensor([samples, ...points, 3]);
  const [rotations, translations] = [tensor([steps, samples, ...rotation]), tensor([steps, samples, 3])];
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
    [rotationName(engine), rotations],
    ["step_translation", translations],
    ["step_noise", noises],
  ]);
}

/** The noise that a whole fold may be given: all recorded tensors, or a seed in their place (0 without either). */
export const optionalNoise = (recorded: readonly TensorSpec[]): TensorSpec[] => [
  ...recorded.map((spec) => ({ ...spec, optional: true })),
  { name: "noise_seed", shape: [], kind: "integer", range: [0, 2 ** 31 - 1], optional: true },
];

/** The input `noise_seed`. */
export const noiseSeed = (seed: number): [string, HostTensor] => [
  "noise_seed",
  { dtype: "int32", shape: [], data: Int32Array.of(seed % 2 ** 31) },
];

/**
 * The noise that the inputs of a fold ask for.
 * @param points tokens × 24 for deepmind, atoms for ligo
 * @throws {BadInputError} if only some of the recorded tensors are there
 */
export function noiseOf(engine: EngineName, inputs: TensorMap, points: number): NoiseSource {
  const names = ["init_noise", rotationName(engine), "step_translation", "step_noise"];
  const missing = names.filter((name) => !inputs.has(name));
  if (missing.length === 0) return recordedNoise(engine, inputs);
  if (missing.length < names.length)
    throw new BadInputError(`recorded noise comes whole or not at all: ${missing.join(", ")} is missing`);
  return seededNoise(engine, inputs.get("noise_seed")?.data[0] ?? 0, points);
}
