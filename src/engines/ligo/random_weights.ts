/** Seeded random values of ligo's weights, by the rules of docs/random-tensors.md. */
import { RandomStream } from "../../formats/random.ts";
import { sizeOf } from "../../formats/tensor.ts";

/** Frequencies and phases of the noise level, [1, C]: the network draws them once from a normal distribution. */
const FOURIER = /\.fourier_embedding\.(weight|bias)$/;

/** Values of a weight by docs/random-tensors.md: matrices by fan-in, layer norms near one, everything else small. */
export function randomWeight(name: string, shape: readonly number[], seed: number): Float32Array {
  const stream = new RandomStream(seed, name);
  const length = sizeOf(shape);
  if (shape.length === 2) return stream.normal(length, FOURIER.test(name) ? 1 : 1 / Math.sqrt(shape[1]));
  if (shape.length !== 1) throw new Error(`no rule for random values of ${name} [${shape.join(", ")}]`);
  return name.endsWith(".weight") ? stream.onePlusNormal(length, 0.1) : stream.normal(length, 0.1);
}
