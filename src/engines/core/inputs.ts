/** Reading inputs that have been checked. */
import type { HostTensor, TensorMap } from "../../formats/tensor.ts";

/** An input by its name. @throws if it is missing: it should have been checked */
export function tensorOf(inputs: TensorMap, name: string): HostTensor {
  const tensor = inputs.get(name);
  if (!tensor) throw new Error(`the input ${name} is missing`);
  return tensor;
}

/** An input's values. */
export const dataOf = (inputs: TensorMap, name: string): HostTensor["data"] => tensorOf(inputs, name).data;

/** A copy of an input's values as float32. */
export const floatsOf = (inputs: TensorMap, name: string): Float32Array => Float32Array.from(dataOf(inputs, name));
