/** Outputs that are not finite: a network's numbers overflowed float32, as they do with weights or inputs that are too large. */
import { givenTensors, type TensorMap } from "../../formats/tensor.ts";

/** An output that holds NaN or infinity. */
export interface NonFiniteOutput {
  readonly name: string;
  /** How many of its values are not finite, and how many it has. */
  readonly count: number;
  readonly size: number;
  /** The first of them: its flat position, its coordinates, and NaN or an infinity. */
  readonly position: number;
  readonly at: readonly number[];
  readonly value: number;
}

/**
 * The outputs that hold NaN or infinity, in the order of the map; none where all is well. Runners return outputs as the device
 * computed them: whoever uses them further asks here first, as the command line does.
 * @throws {BadInputError} unless it is a Map of tensors
 */
export function nonFinite(outputs: TensorMap): NonFiniteOutput[] {
  givenTensors("the outputs", outputs);
  const found: NonFiniteOutput[] = [];
  for (const [name, { data, shape }] of outputs) {
    let [count, position] = [0, -1];
    for (let at = 0; at < data.length; at++) {
      if (Number.isFinite(data[at])) continue;
      if (count === 0) position = at;
      count++;
    }
    if (count > 0)
      found.push({ name, count, size: data.length, position, at: coordinates(position, shape), value: data[position] });
  }
  return found;
}

/** Says of one output what is wrong with it. */
export const nonFiniteText = ({ name, count, size, at, value }: NonFiniteOutput): string =>
  `${name} holds ${value} at [${at.join(", ")}] (${count} of ${size} values are not finite)`;

/** Where a flat position of a row-major array stands. */
export function coordinates(position: number, shape: readonly number[]): number[] {
  const at: number[] = [];
  let rest = position;
  for (const size of [...shape].reverse()) {
    at.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return at;
}
