/** How many samples of a network a device takes side by side. */
import { TooLargeError } from "../errors.ts";
import type { Target } from "../gpu/plan/target.ts";
import { fitsOn, inPauses, largestOf, type Planned, type Search } from "./fit.ts";

interface SearchOptions {
  /** Bytes that the plan's executable may hold on the device. */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The fewest batches in which a network's samples fit, as even as they can be: all of them side by side, or half of them, and so on.
 * @param planned its sizes say `samples`
 * @returns how many are side by side; 1 also where that does not fit either, which loading then says with the largest N that does
 * @throws {CancelledError} once the signal has fired
 */
export const batchThatFits = (
  planned: Planned,
  target: Target,
  { limit, signal }: SearchOptions = {},
): Promise<number> => inPauses(batchOf(planned, target, limit), signal);

function* batchOf(planned: Planned, target: Target, limit: number | undefined): Search<number> {
  const { samples } = planned.sizes;
  for (let batches = 1; batches < samples; batches++) {
    const batch = Math.ceil(samples / batches);
    if (batches > 1 && batch === Math.ceil(samples / (batches - 1))) continue;
    if (batch === 1) return 1;
    if (yield* fitsOn(target, withBatch(planned, batch), limit)) return batch;
  }
  return 1;
}

/**
 * The most samples that fit side by side, up to `most`.
 * @throws {TooLargeError} if not even one fits
 * @throws {CancelledError} once the signal has fired
 */
export async function mostSideBySide(
  planned: Planned,
  target: Target,
  most: number,
  { limit, signal }: SearchOptions = {},
): Promise<number> {
  function* holds(batch: number): Search<boolean> {
    return batch <= most && (yield* fitsOn(target, withBatch(planned, batch), limit));
  }
  const found = await inPauses(largestOf(holds), signal);
  if (found === 0) throw new TooLargeError("not even one sample fits");
  return found;
}

const withBatch = (planned: Planned, batch: number): Planned => ({ ...planned, sizes: { ...planned.sizes, batch } });
