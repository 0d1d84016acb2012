/** Synthetic inputs of components that read features: these from the generator, representations from a seed. */
import { RandomStream } from "../../formats/random.ts";
import { float32, type HostTensor, sizeOf } from "../../formats/tensor.ts";
import { type SyntheticOptions, syntheticFeatures } from "../features/synthetic.ts";
import type { Component, Sizes } from "./component.ts";

/** Noise levels in ångström: the middle of the schedule in its logarithm. */
const LEVEL = 4;
const LEVELS: ReadonlySet<string> = new Set(["noise_level", "timesteps"]);

/**
 * One tensor per input: a synthetic feature where there is one of the name, else unit normals (docs/random-tensors.md).
 * @param sizes every size that a representation's shape names
 */
export function syntheticInputs(
  component: Component,
  sizes: Sizes,
  options: SyntheticOptions,
): Map<string, HostTensor> {
  const features = syntheticFeatures(component.engine, options);
  return new Map(
    component.inputs
      .filter(({ optional }) => !optional)
      .map(({ name, shape }) => {
        const feature = features.get(name);
        if (feature) return [name, feature];
        const axes = shape.map((size) => (typeof size === "number" ? size : sizes[size]));
        const values = LEVELS.has(name)
          ? new Float32Array(sizeOf(axes)).fill(LEVEL)
          : new RandomStream(options.seed ?? 0, name).normal(sizeOf(axes), 1);
        return [name, float32(axes, values)];
      }),
  );
}
