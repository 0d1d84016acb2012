/** Statistics over samples. */
import { describe, expect, it } from "vitest";
import { deviation, geometricMean, median, quantile, relativeNoise, summarise } from "../../src/bench/core/stats.ts";

describe("statistics", () => {
  it("quantiles interpolate between neighbours, in any order of samples", () => {
    expect(quantile([30, 10, 20], 0.5)).toBe(20);
    expect(quantile([10, 20, 30, 40], 0.5)).toBe(25);
    expect(quantile([10, 20], 0.95)).toBeCloseTo(19.5);
    expect(quantile([7], 0.95)).toBe(7);
    expect(quantile([], 0.5)).toBeNaN();
  });

  it("summaries hold what the tables show", () => {
    expect(summarise([5, 1, 3, 2, 4])).toEqual({ count: 5, min: 1, median: 3, q25: 2, q75: 4, p95: 4.8 });
  });

  it("one outlier moves neither median nor deviation", () => {
    const samples = [10, 10, 11, 11, 10, 1000];
    expect(median(samples)).toBeLessThan(12);
    expect(deviation(samples)).toBeLessThan(1);
  });

  it("noise falls with the number of samples and is unknown for one", () => {
    const some = [10, 11, 10, 11];
    expect(relativeNoise([10])).toBe(Number.POSITIVE_INFINITY);
    expect(relativeNoise([...some, ...some, ...some, ...some])).toBeCloseTo(relativeNoise(some) / 2, 6);
  });

  it("ratios are averaged geometrically", () => {
    expect(geometricMean([2, 8])).toBeCloseTo(4);
  });
});
