/** Tensors of samples, which have all run alone. */
import { float32, type HostTensor } from "../../formats/tensor.ts";

/** Tensors of one shape as one, with a leading axis. */
export function stacked(parts: readonly HostTensor[]): HostTensor {
  const [{ shape, data }] = parts;
  const joined = new Float32Array(parts.length * data.length);
  parts.forEach((part, index) => {
    joined.set(part.data, index * data.length);
  });
  return float32([parts.length, ...shape], joined);
}
