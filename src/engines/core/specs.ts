/** How features are specified: by name, shape, type and range. */
import type { TensorSpec } from "./component.ts";

type Shape = TensorSpec["shape"];

/** Finite float32 values. */
export const real = (name: string, shape: Shape, range?: readonly [number, number]): TensorSpec =>
  range ? { name, shape, range } : { name, shape };

/** int32 values from `least` to `largest`. */
export const integer = (name: string, shape: Shape, least: number, largest: number): TensorSpec => ({
  name,
  shape,
  kind: "integer",
  range: [least, largest],
});

/** Zeros and ones. */
export const mask = (name: string, shape: Shape): TensorSpec => ({ name, shape, kind: "mask" });

/** The largest int32. */
export const LARGEST = 2 ** 31 - 1;

/** An index or identity; padding has 0. */
export const id = (name: string, shape: Shape): TensorSpec => integer(name, shape, 0, LARGEST);

/** A gather map: flat positions in a source of `rank` axes, which of them count, and the source's shape. */
export const gather = (name: string, shape: Shape, rank: number): TensorSpec[] => [
  id(`${name}:gather_idxs`, shape),
  mask(`${name}:gather_mask`, shape),
  id(`${name}:input_shape`, [rank]),
];
