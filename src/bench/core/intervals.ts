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
  return interval([samples], ([drawn]) => drawn, seed);
}

/** Where the ratio of the second's median to the first's lies, for samples that were taken apart. */
export function ratioInterval(first: readonly number[], second: readonly number[], seed = 0): Interval | undefined {
  return interval([first, second], ([a, b]) => b / a, seed);
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

/** Outside of an interval that holds 99 in 100 cases, on each side. */
export const SURELY_OUTSIDE = 0.005;
/** Fewer samples have no interval that holds as many. */
export const LEAST_SURE = 8;

/** So many at most: beyond, ranks take long, and a bootstrap of the median is as good. */
const MOST_RANKED = 500;

/**
 * The centre of samples that spread alike to both sides of it, and where it lies in at least 95 of 100 cases: the median of the means of all
 * pairs (Hodges and Lehmann's), and those of these means that Wilcoxon's signed ranks leave in. Exact for few, as counting is, and
 * narrower. Logarithms of ratios of two that differ by a factor alone do spread alike, however crooked either is.
 * @param outside in how many cases it lies elsewhere, on each side
 * @returns undefined for samples too few to be as sure: for 95 in 100 cases {@link LEAST_COUNTED}, for 99 {@link LEAST_SURE}
 */
export function rankedInterval(
  samples: readonly number[],
  outside = OUTSIDE,
): (Interval & { readonly centre: number }) | undefined {
  givenNumbers("the samples", samples);
  const used = samples.length > MOST_RANKED ? evenly(samples, MOST_RANKED) : samples;
  const means = used.flatMap((one, at) => used.slice(at).map((other) => (one + other) / 2)).sort((a, b) => a - b);
  const left = leftOut(used.length, outside);
  if (left < 0) return undefined;
  const half = means.length / 2;
  const centre = (means[Math.ceil(half) - 1] + means[Math.floor(half)]) / 2;
  return { centre, low: means[left], high: means[means.length - 1 - left] };
}

/** So many of the values, at equal distances. */
const evenly = (values: readonly number[], count: number): readonly number[] =>
  Array.from({ length: count }, (_, at) => values[Math.floor((at * values.length) / count)]);

/** How many means lie outside on each side: by the distribution of the sum of the ranks 1 … n, each taken or not like a coin. */
function leftOut(n: number, outside: number): number {
  let shares = [1];
  for (let rank = 1; rank <= n; rank++) {
    const next = new Array<number>(shares.length + rank).fill(0);
    for (const [sum, share] of shares.entries()) {
      next[sum] += share / 2;
      next[sum + rank] += share / 2;
    }
    shares = next;
  }
  let [below, sums] = [0, 0];
  for (const share of shares) {
    below += share;
    if (below > outside) break;
    sums++;
  }
  return sums - 1;
}

function interval(
  sets: readonly (readonly number[])[],
  statistic: (medians: readonly number[]) => number,
  seed: number,
): Interval | undefined {
  for (const samples of sets) givenNumbers("the samples", samples);
  givenWhole("seed", seed, 0, MOST_SEED);
  if (sets.some(({ length }) => length < LEAST_SAMPLES)) return undefined;
  const random = new RandomStream(seed, "bootstrap");
  let at = 0;
  const uniform = (): number => random.word(at++) / 2 ** 32;
  const medians = sets.map((samples) => (samples.length > FEW ? manysMedian : fewsMedian)(samples, uniform));
  const values = Float64Array.from({ length: RESAMPLES }, () => statistic(medians.map((draw) => draw())));
  values.sort();
  return { low: values[Math.floor(OUTSIDE * RESAMPLES)], high: values[Math.ceil((1 - OUTSIDE) * RESAMPLES) - 1] };
}

/** More samples than these are not drawn one by one. */
const FEW = 64;

/** Draws as many samples as there are, again and again, and returns their median each time. @param uniform from 0 to 1, without 1 */
function fewsMedian(samples: readonly number[], uniform: () => number): () => number {
  const drawn = new Float64Array(samples.length);
  return () => {
    for (let i = 0; i < drawn.length; i++) drawn[i] = samples[Math.floor(uniform() * samples.length)];
    return middle(drawn.sort());
  };
}

/**
 * The same without drawing them: n draws are n uniform numbers, of which the k-th smallest follows a beta distribution and says which of
 * the sorted samples is the k-th smallest drawn; so a median takes three random numbers or so, whatever n is.
 */
function manysMedian(samples: readonly number[], uniform: () => number): () => number {
  const sorted = Float64Array.from(samples).sort();
  const n = sorted.length;
  const k = (n + 1) >> 1;
  const at = (u: number): number => sorted[Math.min(n - 1, Math.floor(u * n))];
  return () => {
    const [below, above] = [gamma(k, uniform), gamma(n - k + 1, uniform)];
    const lower = below / (below + above);
    if (n % 2 === 1) return at(lower);
    // The next one is the least of the n − k that are above it.
    const upper = lower + (1 - lower) * (1 - uniform() ** (1 / (n - k)));
    return (at(lower) + at(upper)) / 2;
  };
}

/** A draw of the gamma distribution with a shape above 1, by Marsaglia and Tsang (2000). */
function gamma(shape: number, uniform: () => number): number {
  const d = shape - 1 / 3;
  for (;;) {
    const normal = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    const v = (1 + normal / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - uniform()) < normal ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Of sorted values. */
function middle(sorted: Float64Array): number {
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
