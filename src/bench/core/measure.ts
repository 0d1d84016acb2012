/** When to stop sampling. The clock is given, so that tests can run it without time. */
import { throwIfAborted } from "../../errors.ts";
import { relativeNoise } from "./stats.ts";

export interface StopRule {
  /** Stop once the median is this certain … */
  readonly noise: number;
  /** … but not before so many samples … */
  readonly minSamples: number;
  /** … and so many milliseconds, … */
  readonly minTime: number;
  /** … and in any case after so many. */
  readonly maxTime: number;
}

/** The rule of docs/benchmarking.md. */
export const kernelRule: StopRule = { noise: 0.005, minSamples: 10, minTime: 500, maxTime: 15000 };

export type StopReason = "noise" | "time";

export interface Sampling {
  /** Every sample, in order. */
  readonly samples: readonly number[];
  /** Which limit ended it: the median was certain enough, or the time was up. */
  readonly stopped: StopReason;
  readonly noise: number;
}

/**
 * Samples a task until its median is certain or the time is up.
 * @param task returns one sample, in whatever unit
 * @param clock milliseconds
 */
export async function sampleUntil(
  task: () => Promise<number>,
  rule: StopRule,
  clock: () => number = () => performance.now(),
  signal?: AbortSignal,
): Promise<Sampling> {
  const samples: number[] = [];
  const start = clock();
  for (;;) {
    throwIfAborted(signal);
    samples.push(await task());
    const [elapsed, noise] = [clock() - start, relativeNoise(samples)];
    if (samples.length >= rule.minSamples && elapsed >= rule.minTime && noise <= rule.noise)
      return { samples, stopped: "noise", noise };
    if (elapsed >= rule.maxTime) return { samples, stopped: "time", noise };
  }
}
