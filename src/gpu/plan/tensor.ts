/** Handles of arrays that will exist when a plan runs. */
import { type ElementType, elements } from "./dtype.ts";
import { BINDING_ALIGNMENT } from "./parts.ts";

/** A handle of an array that will exist when the plan runs: contiguous, row-major. */
export interface Tensor {
  readonly id: number;
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: ElementType;
  readonly bytes: number;
  /** Where a slice begins in the tensor that it is part of, in bytes; see {@link slice}. */
  readonly offset?: number;
}

/** The same elements under another shape. @throws if the number of elements differs */
export function reshape(tensor: Tensor, shape: readonly number[]): Tensor {
  if (elements(shape) !== elements(tensor.shape))
    throw new Error(`${tensor.name} [${tensor.shape.join(", ")}] cannot become [${shape.join(", ")}]`);
  return { ...tensor, shape };
}

/** Whether slices may begin at every multiple of this many bytes. */
export const sliceable = (bytes: number): boolean => bytes % BINDING_ALIGNMENT === 0;

/**
 * Some of the rows (entries of the first axis) of a tensor, for a dispatch that reads or writes no others of it.
 * @throws if they begin where no binding can
 */
export function slice(tensor: Tensor, first: number, count: number): Tensor {
  const row = tensor.bytes / tensor.shape[0];
  const offset = (tensor.offset ?? 0) + first * row;
  if (offset % BINDING_ALIGNMENT !== 0) throw new Error(`row ${first} of ${tensor.name} begins at byte ${offset}`);
  return { ...tensor, shape: [count, ...tensor.shape.slice(1)], bytes: count * row, offset };
}
