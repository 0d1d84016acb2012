/** Statistics over samples: medians and quantiles, never means. Pure functions; what is no list of numbers is refused. */
import { givenNumber, givenNumbers } from "../../formats/given.ts";

/**
 * The value below which a share of the samples lies, interpolated between neighbours. NaN without samples.
 * @param q the share, from 0 to 1
 * @throws {BadInputError} unless they are numbers, as all functions here do
 */
export function quantile(samples: readonly number[], q: number): number {
  givenNumbers("the samples", samples);
  givenNumber("q", q, 0, 1);
  const sorted = [...samples].sort((a, b) => a - b);
  const position = (sorted.length - 1) * q;
  const [low, high] = [Math.floor(position), Math.ceil(position)];
  if (sorted.length === 0) return Number.NaN;
  return sorted[low] + (sorted[high] - sorted[low]) * (position - low);
}

/** The middle one, or the mean of the middle two. NaN without samples. */
export const median = (samples: readonly number[]): number => quantile(samples, 0.5);

export interface Summary {
  readonly count: number;
  readonly min: number;
  readonly median: number;
  readonly p95: number;
  /** The interquartile range: where the middle half of the samples lies. */
  readonly q25: number;
  readonly q75: number;
}

/** Sums samples up. */
export function summarise(samples: readonly number[]): Summary {
  const [min, q25, middle, q75, p95] = [0, 0.25, 0.5, 0.75, 0.95].map((q) => quantile(samples, q));
  return { count: samples.length, min, median: middle, p95, q25, q75 };
}

/** Median absolute deviation, scaled to estimate a standard deviation. */
export function deviation(samples: readonly number[]): number {
  const middle = median(samples);
  return 1.4826 * median(samples.map((sample) => Math.abs(sample - middle)));
}

/** How uncertain the median is, relative to it: its standard error by the samples' deviation. */
export function relativeNoise(samples: readonly number[]): number {
  givenNumbers("the samples", samples);
  if (samples.length < 2) return Number.POSITIVE_INFINITY;
  return (1.2533 * deviation(samples)) / Math.sqrt(samples.length) / median(samples);
}

/** Geometric mean, for ratios. */
export function geometricMean(values: readonly number[]): number {
  givenNumbers("the values", values);
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
