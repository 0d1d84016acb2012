/** How many samples of a network a device takes side by side. */
import { TooLargeError } from "../errors.ts";
import type { Target } from "../gpu/plan/target.ts";
import { Pauses } from "../waiting.ts";
import { fits, type Planned } from "./fit.ts";

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
export async function batchThatFits(planned: Planned, target: Target, options: SearchOptions = {}): Promise<number> {
  const { samples } = planned.sizes;
  const pauses = new Pauses(options.signal);
  for (let batches = 1; batches < samples; batches++) {
    const batch = Math.ceil(samples / batches);
    if (batches > 1 && batch === Math.ceil(samples / (batches - 1))) continue;
    if (batch === 1) return 1;
    await pauses.here();
    if (fits(target, withBatch(planned, batch), options.limit)) return batch;
  }
  return 1;
}

/**
 * The most samples that fit side by side, found by doubling and halving, up to `most`.
 * @throws {TooLargeError} if not even one fits
 * @throws {CancelledError} once the signal has fired
 */
export async function mostSideBySide(
  planned: Planned,
  target: Target,
  most: number,
  options: SearchOptions = {},
): Promise<number> {
  const pauses = new Pauses(options.signal);
  const holds = async (batch: number): Promise<boolean> => {
    await pauses.here();
    return fits(target, withBatch(planned, batch), options.limit);
  };
  let [low, high] = [0, 1];
  while (high <= most && (await holds(high))) [low, high] = [high, 2 * high];
  if (low === 0) throw new TooLargeError("not even one sample fits");
  high = Math.min(high, most + 1);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (await holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}

const withBatch = (planned: Planned, batch: number): Planned => ({ ...planned, sizes: { ...planned.sizes, batch } });
