/** Intervals of medians and ratios: how often they hold the truth, and when there are none. */
import { describe, expect, it } from "vitest";
import { countedInterval, medianInterval, rankedInterval, ratioInterval } from "../../src/bench/core/intervals.ts";
import { median } from "../../src/bench/core/stats.ts";
import { BadInputError } from "../../src/errors.ts";
import { RandomStream } from "../../src/formats/random.ts";

/** Skewed, as times are: a floor and a tail. Their median is 100 + 20 ln 2. */
const drawn = (trial: number, length: number, name: string, factor = 1): number[] => {
  const random = new RandomStream(trial, name);
  return Array.from({ length }, (_, i) => factor * (100 - 20 * Math.log(1 - random.word(i) / 2 ** 32)));
};
const MEDIAN = 100 + 20 * Math.LN2;

describe("intervals", () => {
  it("hold the median of times with a tail some 95 times in 100", () => {
    const held = Array.from({ length: 200 }, (_, trial) => medianInterval(drawn(trial, 15, "times"))).filter(
      (interval) => interval && interval.low <= MEDIAN && MEDIAN <= interval.high,
    ).length;
    expect(held).toBeGreaterThan(180);
    expect(held).toBeLessThan(200);
  });

  it("hold the ratio of two medians, and narrow with more samples", () => {
    const of = (trial: number, length: number) =>
      ratioInterval(drawn(trial, length, "a"), drawn(trial, length, "b", 1.2));
    const held = Array.from({ length: 200 }, (_, trial) => of(trial, 15)).filter(
      (interval) => interval && interval.low <= 1.2 && 1.2 <= interval.high,
    ).length;
    expect(held).toBeGreaterThan(180);
    const width = (length: number): number => {
      const { low, high } = of(7, length) ?? { low: 0, high: Number.NaN };
      return high - low;
    };
    expect(width(100)).toBeLessThan(width(10));
  });

  it("are the same for a seed, and those of equal samples have no width", () => {
    const samples = drawn(1, 9, "times");
    expect(medianInterval(samples, 5)).toEqual(medianInterval(samples, 5));
    expect(medianInterval([3, 3, 3, 3, 3])).toEqual({ low: 3, high: 3 });
  });

  it("of many samples are those of drawing every one of them, as near as chance has it", () => {
    const plain = (samples: readonly number[]) => {
      const random = new RandomStream(99, "plain");
      let at = 0;
      const medians = Array.from({ length: 2000 }, () =>
        median(samples.map(() => samples[Math.floor((random.word(at++) / 2 ** 32) * samples.length)])),
      ).sort((a, b) => a - b);
      return { low: medians[50], high: medians[1949] };
    };
    // Two kinds of passes, as many of each: the median lies in either, or between.
    const split = drawn(3, 120, "times").map((one, at) => (at % 2 === 0 ? one : one + 500));
    for (const samples of [drawn(1, 101, "times"), drawn(2, 150, "times"), split]) {
      const [found, wanted] = [medianInterval(samples), plain(samples)];
      const near = 0.15 * (wanted.high - wanted.low);
      expect(Math.abs((found?.low ?? 0) - wanted.low)).toBeLessThan(near);
      expect(Math.abs((found?.high ?? 0) - wanted.high)).toBeLessThan(near);
    }
    const held = Array.from({ length: 200 }, (_, trial) => medianInterval(drawn(trial, 100, "times"))).filter(
      (interval) => interval && interval.low <= MEDIAN && MEDIAN <= interval.high,
    ).length;
    expect(held).toBeGreaterThan(180);
    expect(held).toBeLessThan(200);
    // Ten thousand drawn one by one would take seconds, and are as sure as they should be: 1.25 σ / √n on either side, with σ of 20.
    const many = medianInterval(drawn(0, 10_000, "times"));
    expect((many?.high ?? 0) - (many?.low ?? 0)).toBeGreaterThan(0.6);
    expect((many?.high ?? 0) - (many?.low ?? 0)).toBeLessThan(1);
  });

  it("are none for fewer than five samples, and no list of numbers has one", () => {
    expect([medianInterval([1, 2, 3, 4]), ratioInterval([1, 2, 3, 4, 5], [1])]).toEqual([undefined, undefined]);
    expect(() => medianInterval(["1"] as unknown as number[])).toThrow(BadInputError);
  });

  it("by counting are exact for few: never less than 95 in 100, whatever the distribution", () => {
    expect([5, 6, 8, 9, 12].map((n) => countedInterval(Array.from({ length: n }, (_, i) => i)))).toEqual([
      undefined,
      { low: 0, high: 5 },
      { low: 0, high: 7 },
      { low: 1, high: 7 },
      { low: 2, high: 9 },
    ]);
    for (const length of [6, 7, 9, 12]) {
      const held = Array.from({ length: 400 }, (_, trial) => countedInterval(drawn(trial, length, "times"))).filter(
        (interval) => interval && interval.low <= MEDIAN && MEDIAN <= interval.high,
      ).length;
      expect(held).toBeGreaterThan(368); // 95 in 100, less three deviations
    }
  });

  it("by signed ranks are Wilcoxon's, for samples that spread alike to both sides", () => {
    // The least sums of ranks that a table of Wilcoxon's test still calls different, at 5 % on both sides: 0, 2, 3, 5, 8.
    const found = [5, 6, 7, 8, 9, 10].map((n) => rankedInterval(Array.from({ length: n }, (_, i) => 2 ** i)));
    const means = (n: number): number[] =>
      Array.from({ length: n }, (_, i) => Array.from({ length: i + 1 }, (_, j) => (2 ** i + 2 ** j) / 2))
        .flat()
        .sort((a, b) => a - b);
    const left = [0, 2, 3, 5, 8];
    expect(found).toEqual([
      undefined,
      ...[6, 7, 8, 9, 10].map((n, at) => ({
        centre: expect.any(Number),
        low: means(n)[left[at]],
        high: means(n).at(-1 - left[at]),
      })),
    ]);
    expect(rankedInterval([1, 2, 3, 4, 5, 6])?.centre).toBe(3.5);
  });

  it("by signed ranks hold the ratio of two that are crooked alike, and are narrower than by counting", () => {
    const logs = (trial: number) => {
      const [one, other] = [drawn(trial, 8, "one"), drawn(trial, 8, "other")];
      return one.map((time, at) => Math.log(time / other[at]));
    };
    const trials = Array.from({ length: 400 }, (_, trial) => logs(trial));
    const held = trials.filter((own) => {
      const { low, high } = rankedInterval(own) ?? { low: 1, high: 1 };
      return low <= 0 && high >= 0;
    });
    expect(held.length).toBeGreaterThan(368);
    const width = (of: typeof countedInterval) =>
      trials.reduce((sum, own) => sum + (of(own)?.high ?? 0) - (of(own)?.low ?? 0), 0);
    expect(width(rankedInterval)).toBeLessThan(0.9 * width(countedInterval));
    const many = rankedInterval(Array.from({ length: 2000 }, (_, at) => at));
    expect(many?.centre).toBeCloseTo(998, 0);
  });
});
