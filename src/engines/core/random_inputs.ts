/** Synthetic inputs of components that read features: these from the generator, representations from a seed. */
import { RandomStream } from "../../formats/random.ts";
import { float32, type HostTensor, sizeOf, type TensorMap } from "../../formats/tensor.ts";
import { checkSize, type SyntheticOptions } from "../../pipeline/synthetic/assembly.ts";
import type { Component, ConfiguredComponent, Sizes } from "./component.ts";

/** A noise level in ångström: the middle of the schedule in its logarithm. */
const LEVEL = 4;

/**
 * The standard synthetic inputs of a component.
 * @param changes of the complex, for a component that reads features
 * @throws {BadInputError} before any of them is made, if one would be absurdly large
 */
export function standardInputs(
  configured: ConfiguredComponent,
  seed: number,
  changes?: Partial<SyntheticOptions>,
): Map<string, HostTensor> {
  const { component, sizes } = configured;
  for (const { name, shape, optional } of component.inputs) {
    const axes = shape.map((size) => (typeof size === "number" ? size : sizes[size]));
    // Sizes that only the made-up complex gives are checked where it is made.
    if (!optional && !axes.includes(undefined as never)) checkSize(name, ...axes);
  }
  return configured.randomInputs(seed, changes);
}

/**
 * One tensor per input: a synthetic feature where there is one of the name, else unit normals (docs/random-tensors.md); none for an
 * optional input that is no feature of the complex.
 * @param sizes every size that a representation's shape names
 * @param features of the made-up complex
 */
export const syntheticInputs = (
  { inputs }: Component,
  sizes: Sizes,
  features: TensorMap,
  seed: number,
): Map<string, HostTensor> =>
  new Map(
    inputs
      .filter(({ name, optional }) => !optional || features.has(name))
      .map(({ name, shape, role }) => {
        const feature = features.get(name);
        if (feature) return [name, feature];
        const axes = shape.map((size) => (typeof size === "number" ? size : sizes[size]));
        const values =
          role === "level"
            ? new Float32Array(sizeOf(axes)).fill(LEVEL)
            : new RandomStream(seed, name).normal(sizeOf(axes), 1);
        return [name, float32(axes, values)];
      }),
  );
