/** Rows in chunks, so that no intermediate outgrows the budget, or takes more bindings than one without need. */
import { bindingBytes } from "../gpu/plan/parts.ts";
import type { Plan } from "../gpu/plan/plan.ts";

export interface Chunk {
  readonly first: number;
  readonly count: number;
}

/**
 * The most parts that a bound on memory cuts a layer into. Smaller ones would gain next to nothing: what is beside them, the
 * representation above all, stays. Every part costs dispatches.
 */
const MOST_PARTS = 32;

/**
 * Splits rows into equal chunks whose intermediates stay within the budget, and within a binding unless a single row does not.
 *
 * @param bytesPerRow size of the largest intermediate per row
 * @param allowance a size that is always allowed, unless the target's chunks are strict: that of the representation the rows
 * come from
 * @param multiple every chunk but the last has a multiple of this many rows: slices need 16
 */
export function chunksOf(plan: Plan, rows: number, bytesPerRow: number, allowance: number, multiple = 1): Chunk[] {
  const { chunkBytes, strictChunks, limits } = plan.target;
  const least = strictChunks ? bytesPerRow * Math.ceil(rows / MOST_PARTS) : allowance;
  const most = Math.max(
    1,
    Math.floor(Math.min(bindingBytes(limits), Math.max(chunkBytes, least)) / Math.max(1, bytesPerRow)),
  );
  const whole = Math.max(1, Math.floor(most / multiple));
  const parts = Math.ceil(rows / multiple);
  const size = multiple * Math.ceil(parts / Math.ceil(parts / whole));
  return Array.from({ length: Math.ceil(rows / size) }, (_, index) => ({
    first: index * size,
    count: Math.min(size, rows - index * size),
  }));
}
