/**
 * A third engine, as somebody would add one: a network of two layers made of ours, with names, config, preset and features of its own,
 * and without a sampler. Nothing outside of this folder knows it; `main.ts` registers it.
 */
import type { Engine } from "../../../src/engines/core/engine.ts";
import { RandomStream } from "../../../src/formats/random.ts";
import { sizeOf } from "../../../src/formats/tensor.ts";
import { features } from "./features.ts";
import { mixer } from "./mixer.ts";
import { trunk } from "./trunk.ts";

/** Values of a weight: matrices by fan-in, scales near one, offsets small. */
function randomWeight(name: string, shape: readonly number[], seed: number): Float32Array {
  const stream = new RandomStream(seed, name);
  const length = sizeOf(shape);
  if (shape.length === 2) return stream.normal(length, 1 / Math.sqrt(shape[1]));
  return name.endsWith("/scale") ? stream.onePlusNormal(length, 0.1) : stream.normal(length, 0.1);
}

export const third: Engine = {
  name: "third",
  source: undefined,
  components: [trunk, mixer],
  presets: {
    tiny: { widths: { width: 12 }, trunk: { width: 12, factor: 2, trips: 2 }, mixing_layer: { factor: 2 } },
    block: { widths: { width: 96 }, trunk: { width: 96, factor: 4, trips: 1 }, mixing_layer: { factor: 4 } },
  },
  features,
  noise: undefined,
  graphs: { fixedSizes: true },
  toyWeight: "toy/matrix",
  randomWeight,
};
