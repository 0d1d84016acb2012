/** A clock on which waiting takes no time. */
import { throwIfAborted } from "../../src/errors.ts";
import type { AlignOptions } from "../../src/pipeline/align/options.ts";

/** @param slept gets every wait, in milliseconds */
export function quickly(slept: number[] = []): Pick<AlignOptions, "clock" | "random"> {
  let now = 0;
  const clock = {
    now: () => now,
    async sleep(ms: number, signal: AbortSignal | undefined) {
      throwIfAborted(signal);
      slept.push(ms);
      now += ms;
    },
  };
  return { clock, random: () => 0 };
}
