/** The demo's figures are true. */
import { expect, it } from "vitest";
import { pairStatistics } from "../../demo/src/worker/figures.ts";

it("statistics of a pair representation are those of its values", () => {
  const data = Float32Array.from([1, -2, 3, -4, 5, -6, 7, Number.NaN]);
  const { histogram, channels, ...numbers } = pairStatistics({ dtype: "float32", shape: [2, 2, 2], data });
  const mean = 4 / 7;
  const squares = [1, -2, 3, -4, 5, -6, 7].reduce((sum, value) => sum + (value - mean) ** 2, 0);
  expect(numbers).toEqual({
    shape: [2, 2, 2],
    mean,
    deviation: Math.sqrt(squares / 7),
    least: -6,
    median: 1,
    most: 7,
    notFinite: 1,
    every: 1,
  });
  expect(histogram).toMatchObject({ from: -6, to: 7 });
  expect(histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(7);
  expect([histogram.counts[0], histogram.counts.at(-1)]).toEqual([1, 1]);
  expect(channels).toEqual([Math.sqrt((1 + 9 + 25 + 49) / 4), Number.NaN]);
});

it("a large representation is sorted in part, and says so", () => {
  const side = 192;
  const data = Float32Array.from({ length: side * side * 32 }, (_, at) => at % 7);
  const { every, least, most, mean, median } = pairStatistics({ dtype: "float32", shape: [side, side, 32], data });
  expect([every, least, most, median]).toEqual([2, 0, 6, 3]);
  expect(mean).toBeCloseTo(3, 3);
});
