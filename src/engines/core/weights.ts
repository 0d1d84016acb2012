/** Weights of a component: from a file, or random from a seed. */
import type { Note } from "../../formats/config.ts";
import { fromBfloat16, fromHalf } from "../../formats/half.ts";
import type { HostTensor } from "../../formats/tensor.ts";
import type { WeightSource } from "../../model/linear.ts";
import { checkFinite, checkWeights, type WeightContainer } from "./check.ts";
import type { ConfiguredComponent } from "./component.ts";
import type { Engine } from "./engine.ts";

/** An opened file of weights, whatever its format. */
export interface WeightFile extends WeightContainer {
  /** A tensor's values. @throws {BadInputError} if it is missing or of another type than float32 and int32 */
  read(name: string): HostTensor;
  /** A tensor's bytes as the file has them. @throws {BadInputError} if it is missing */
  bytes(name: string): Uint8Array;
}

/** Where weights come from. */
export type Weights =
  | { readonly kind: "file"; readonly file: WeightFile }
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
  const values = weightTensor(weights.file, name).data as Float32Array;
  checkFinite(name, values, weights.file.file);
  return values;
}

/** A weight, which may be stored as halves of either kind. @throws {BadInputError} if it is missing or of another type */
export function weightTensor(file: WeightFile, name: string): HostTensor {
  const { dtype, shape = [] } = file.describe(name) ?? {};
  if (dtype !== "F16" && dtype !== "BF16") return file.read(name);
  const halves = new Uint16Array(file.bytes(name).slice().buffer);
  return { dtype: "float32", shape, data: dtype === "F16" ? fromHalf(halves) : fromBfloat16(halves) };
}
