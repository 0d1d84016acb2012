/** Seeded random values of deepmind's weights, by the rules of docs/random-tensors.md. */
import { RandomStream } from "../../formats/random.ts";
import { sizeOf } from "../../formats/tensor.ts";

/** Weights that the pair attention stores output first: their fan-in is the last axis (trap T5). */
const TRANSPOSED = /\/pair_attention[12]\/(q_projection|k_projection|gating_query):weights$/;

/** Values of a weight by docs/random-tensors.md. */
export function randomWeight(name: string, shape: readonly number[], seed: number): Float32Array {
  const stream = new RandomStream(seed, name);
  const length = sizeOf(shape);
  if (name.endsWith(":scale")) return stream.onePlusNormal(length, 0.1);
  if (/:(offset|bias)$/.test(name)) return stream.normal(length, 0.1);
  if (!name.endsWith(":weights")) throw new Error(`no rule for random values of ${name} [${shape.join(", ")}]`);
  const fanIn = TRANSPOSED.test(name) ? shape[shape.length - 1] : shape[1];
  return stream.normal(length, 1 / Math.sqrt(fanIn));
}
