/** Seeded random values of deepmind's weights, by the rules of docs/random-tensors.md. */
import { RandomStream } from "../../formats/random.ts";
import { sizeOf } from "../../formats/tensor.ts";

/** Weights that the pair attention stores output first: their fan-in is the last axis (trap T5). */
const TRANSPOSED = /\/pair_attention[12]\/(q_projection|k_projection|gating_query):weights$/;

/** Values of a weight by docs/random-tensors.md. */
export function randomWeight(name: string, shape: readonly number[], seed: number): Float32Array {
  const stream = new RandomStream(seed, name);
  const length = sizeOf(shape);
  const layers = name.split("/__layer_stack_").length - 1;
  if (name.endsWith(":scale")) return stream.onePlusNormal(length, 0.1);
  if (/:(offset|bias)$/.test(name)) return stream.normal(length, 0.1);
  // Pairs without a common row of the MSA are divided by 1e-3.
  if (name.endsWith(":output_b")) return stream.normal(length, 0.003);
  if (name.endsWith(":output_w") && shape.length === layers + 3)
    return stream.normal(length, 1 / Math.sqrt(shape[layers] * shape[layers + 1]));
  if (name.endsWith(":weights") && shape.length > layers)
    return stream.normal(length, 1 / Math.sqrt(fanIn(name, shape, layers)));
  throw new Error(`no rule for random values of ${name} [${shape.join(", ")}]`);
}

/** How many inputs a weight sums: the axis behind the layer axes; a vector there has one scalar input. */
function fanIn(name: string, shape: readonly number[], layers: number): number {
  if (shape.length === layers + 1) return 1;
  return TRANSPOSED.test(name) ? shape[shape.length - 1] : shape[layers];
}
