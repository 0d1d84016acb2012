/** Weights of a component: from a file, or random from a seed. */
import type { Note } from "../formats/config.ts";
import type { SafeTensors } from "../formats/safetensors.ts";
import type { WeightSource } from "../model/linear.ts";
import { checkFinite, checkWeights } from "./check.ts";
import type { ConfiguredComponent } from "./component.ts";
import type { Engine } from "./engine.ts";

/** Where weights come from. */
export type Weights =
  | { readonly kind: "file"; readonly file: SafeTensors }
  | { readonly kind: "random"; readonly seed: number };

/**
 * Checks names, shapes and types at once; values when they are first read. Each tensor is read or made once.
 * @throws {BadInputError} with all missing and misshapen tensors
 */
export function weightSource(
  engine: Engine,
  component: ConfiguredComponent,
  weights: Weights,
  note: Note,
): WeightSource {
  if (weights.kind === "file") checkWeights(component.weights, weights.file, note);
  const made = new Map<string, Float32Array>();
  return (name) => {
    let values = made.get(name);
    if (!values) {
      values = makeWeight(engine, component, weights, name);
      made.set(name, values);
    }
    return values;
  };
}

function makeWeight(
  engine: Engine,
  { weights: shapes }: ConfiguredComponent,
  weights: Weights,
  name: string,
): Float32Array {
  if (weights.kind === "random") return engine.randomWeight(name, shapes.get(name) ?? [], weights.seed);
  const values = weights.file.read(name).data as Float32Array;
  checkFinite(name, values);
  return values;
}
