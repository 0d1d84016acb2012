/** The standard synthetic features and noise: the same tensors for every backend and machine. */
import { BadInputError } from "../../errors.ts";
import { type HostTensor, shapeText, type TensorMap } from "../../formats/tensor.ts";
import { checkSize } from "../../pipeline/synthetic/assembly.ts";
import type { Engine } from "./engine.ts";
import { type NoiseForm, recordNoise, seededNoise } from "./noise.ts";

/** How an engine's sampler draws. @throws {BadInputError} if it has none */
export function noiseFormOf({ name, noise }: Pick<Engine, "name" | "noise">): NoiseForm {
  if (!noise) throw new BadInputError(`${name} has no sampler, so there is no noise for it`);
  return noise;
}

/**
 * The sizes of the axes that name a sampled point.
 * @param features a checked or synthetic set
 */
export function pointsOf(engine: Engine, features: TensorMap): readonly number[] {
  const sizeOfAxis = (axis: string): number => {
    const spec = engine.features.specs.find(({ name, shape }) => shape.includes(axis) && features.has(name));
    if (!spec) throw new BadInputError(`no feature of ${engine.name} gives the size ${axis}`);
    const { shape } = features.get(spec.name) as HostTensor;
    if (shape.length !== spec.shape.length)
      throw new BadInputError(`the feature ${spec.name} is ${shapeText(shape)}, expected ${shapeText(spec.shape)}`);
    return shape[spec.shape.indexOf(axis)];
  };
  return noiseFormOf(engine).points.map((axis) => (typeof axis === "number" ? axis : sizeOfAxis(axis)));
}

/** How much noise, and of which seed. */
export interface SyntheticNoise {
  readonly seed?: number;
  readonly samples: number;
  /** As the engine's config counts them; not all need to draw. */
  readonly steps: number;
}

/** Seeded noise for these features as tensors. @throws {BadInputError} if the engine draws none, or it would not fit into memory */
export function syntheticNoise(
  engine: Engine,
  features: TensorMap,
  { seed = 0, samples, steps }: SyntheticNoise,
): Map<string, HostTensor> {
  const form = noiseFormOf(engine);
  const drawn = form.drawing(steps);
  if (drawn < 1)
    throw new BadInputError(`a schedule of ${steps} draws no noise in ${engine.name}: it needs more steps`);
  const points = pointsOf(engine, features);
  const count = points.reduce((product, size) => product * size, 1);
  checkSize("step_noise", samples, steps, ...points, 3);
  return recordNoise(form, seededNoise(form, seed, count), { samples, steps: drawn, points });
}
