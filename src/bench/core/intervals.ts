/**
 * How sure a median or a ratio is, as 95 % intervals: by the percentile bootstrap, from a stream of random numbers that a seed makes; or by
 * counting, which needs no luck where samples are few.
 */
import { givenNumbers, givenWhole, MOST_SEED } from "../../formats/given.ts";
import { RandomStream } from "../../formats/random.ts";

export interface Interval {
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 2000;
const OUTSIDE = 0.025; // on each side
/** Fewer samples do not bound their median: five lie on one side of it by chance once in 16 times, four once in 8. */
export const LEAST_SAMPLES = 5;

/**
 * Where the median lies, for samples that do not depend on each other.
 * @returns undefined for fewer than {@link LEAST_SAMPLES}
 * @throws {BadInputError} unless they are numbers, as the other functions here do
 */
export function medianInterval(samples: readonly number[], seed = 0): Interval | undefined {
  return interval([samples], ([drawn]) => middle(drawn), seed);
}

/** Where the ratio of the second's median to the first's lies, for samples that were taken apart. */
export function ratioInterval(first: readonly number[], second: readonly number[], seed = 0): Interval | undefined {
  return interval([first, second], ([a, b]) => middle(b) / middle(a), seed);
}

/** Fewer have no two among them that their median lies between in 95 of 100 cases. */
export const LEAST_COUNTED = 6;

/**
 * The two of few samples between which their median lies in at least 95 of 100 cases, whatever their distribution: each is above it or
 * below it like a coin, so that counting is exact where a bootstrap is too sure.
 * @returns undefined for fewer than {@link LEAST_COUNTED}
 */
export function countedInterval(samples: readonly number[]): Interval | undefined {
  givenNumbers("the samples", samples);
  const n = samples.length;
  if (n < LEAST_COUNTED) return undefined;
  const sorted = [...samples].sort((a, b) => a - b);
  let [left, ways, below] = [-1, 1, 0]; // of n coins, `ways` ways to have `left + 1` heads
  for (;;) {
    below += ways / 2 ** n;
    if (below > OUTSIDE) break;
    left++;
    ways = (ways * (n - left)) / (left + 1);
  }
  return { low: sorted[left], high: sorted[n - 1 - left] };
}

function interval(
  sets: readonly (readonly number[])[],
  statistic: (drawn: readonly Float64Array[]) => number,
  seed: number,
): Interval | undefined {
  for (const samples of sets) givenNumbers("the samples", samples);
  givenWhole("seed", seed, 0, MOST_SEED);
  if (sets.some(({ length }) => length < LEAST_SAMPLES)) return undefined;
  const random = new RandomStream(seed, "bootstrap");
  const drawn = sets.map(({ length }) => new Float64Array(length));
  const values = new Float64Array(RESAMPLES);
  let at = 0;
  for (let resample = 0; resample < RESAMPLES; resample++) {
    sets.forEach((samples, set) => {
      for (let i = 0; i < samples.length; i++)
        drawn[set][i] = samples[Math.floor((random.word(at++) / 2 ** 32) * samples.length)];
      drawn[set].sort();
    });
    values[resample] = statistic(drawn);
  }
  values.sort();
  return { low: values[Math.floor(OUTSIDE * RESAMPLES)], high: values[Math.ceil((1 - OUTSIDE) * RESAMPLES) - 1] };
}

/** Of sorted values. */
function middle(sorted: Float64Array): number {
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
