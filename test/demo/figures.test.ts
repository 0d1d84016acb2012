/** The demo's figures are true. */
import { engineInfo, engineNames, float32, preset } from "af3-gpu";
import { expect, it } from "vitest";
import { mapsOf, pairStatistics } from "../../demo/src/worker/figures.ts";

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

it.each(engineNames.map((engine) => [engine]))(
  "distances of %s are those of its own bins, which the engine tells",
  (engine) => {
    const head = engineInfo(engine).components.find(({ shortName }) => shortName === "distogram");
    const edges = head?.binEdges?.(preset(engine, head.name, "tiny").config, { c_z: 32 }) ?? [];
    const bins = edges.length + 1;
    const certain = (bin: number): number[] => Array.from({ length: bins }, (_, at) => (at === bin ? 99 : 0));
    // Two tokens: in the first bin, between two edges, in the bin that ends at 8 Å or before, and in the last.
    const near = edges.findLastIndex((edge) => edge <= 8.001);
    const logits = float32([2, 2, bins], Float32Array.from([0, 7, near, bins - 1].flatMap(certain)));
    const maps = mapsOf(new Map([["distogram_logits", logits]]), 2, edges);
    const width = edges[1] - edges[0];
    const expected = [
      edges[0] - width / 2,
      (edges[6] + edges[7]) / 2,
      edges[near] - width / 2,
      edges[bins - 2] + width / 2,
    ];
    for (const [at, distance] of expected.entries()) expect(maps.distance[at]).toBeCloseTo(distance, 4);
    expect([...maps.contact].map(Math.round)).toEqual([1, 1, 1, 0]);
    expect([maps.bins, ...maps.range.map((end) => Number(end.toFixed(4)))]).toEqual([64, 2, 22]);
  },
);
