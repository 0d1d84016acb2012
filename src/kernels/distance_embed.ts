import { defineKernel } from "../gpu/plan/kernel.ts";
import { type DistanceBins, distanceBin } from "./check/reference.ts";
import { pointwise, transcendental } from "./check/tolerance.ts";
import { laneVariants } from "./families/lanes.ts";

/** The centre nearest to the distance of two points' sums of coordinates; of two equally near, the lower. */
function nearestBin(a: Float32Array, b: Float32Array, { first, step, count }: DistanceBins): number {
  const distance = Math.abs(a.reduce((sum, x, axis) => sum + x - b[axis], 0));
  const off = Array.from({ length: count }, (_, bin) => Math.abs(distance - (first + step * bin)));
  return off.indexOf(Math.min(...off));
}

/** The bin with the distance of two points between its edges, or undefined on an edge and where there is none. */
function listedBin(square: number, edges: Float32Array): number | undefined {
  const bin = Array.from({ length: edges.length / 2 }, (_, k) => k).findIndex(
    (k) => square > edges[2 * k] ** 2 && square < edges[2 * k + 1] ** 2,
  );
  return bin < 0 ? undefined : bin;
}

/**
 * A pair representation plus a row of `left` by column, one of `right` by row, and one of `bins` by distance.
 *
 * `tokens`: position and mask. Bins have edges first_edge, first_edge + edge_step, …; the last is open. With SUMMED the
 * distance is that of the sums of coordinates, and those numbers are the bins' centres. With LISTED bins lie between `edges`,
 * a lower and an upper one each. With MEASURED there is one more row behind the bins', which the distance itself multiplies.
 */
export const distanceEmbed = defineKernel({
  name: "distance_embed",
  formula: "embedded[i, j] = pair[i, j] + left[j] + right[i] + maskᵢ maskⱼ (bins[bin of d] + d last),  d = |xᵢ − xⱼ|",
  inputs: {
    pair: ["n", "n", "channels"],
    left: ["n", "channels"],
    right: ["n", "channels"],
    tokens: ["n", 4],
    bins: ["bin_rows", "channels"],
    edges: ["edge_rows", 2],
  },
  inouts: {},
  outputs: { embedded: ["n", "n", "channels"] },
  params: { BINS: 39, SUMMED: false, LISTED: false, MEASURED: false },
  scalars: { first_edge: "f32", edge_step: "f32" },
  uniforms: ["n", "channels", "first_edge", "edge_step"],
  derive: ({ BINS, LISTED, MEASURED }) => ({ bin_rows: BINS + MEASURED, edge_rows: LISTED * BINS }),
  variants: laneVariants,
  work: ({ n, channels }) => ({ rows: (n * n * channels) / 4, flops: 16 }),
  flops: ({ n, channels }) => 4 * n * n * channels,
  // A square root is as exact as a device makes it.
  tolerance: ({ MEASURED }, precision) => (MEASURED ? transcendental(precision) : pointwise(precision)),
  rows: ({ n }) => n * n,
  reference({ pair, left, right, tokens, bins, edges }, { embedded }, dims, rows) {
    const { n, channels, BINS, SUMMED, LISTED, MEASURED, first_edge, edge_step } = dims;
    for (const row of rows) {
      const [i, j] = [Math.floor(row / n), row % n];
      const bins_of = { first: first_edge, step: edge_step, count: BINS };
      const [a, b] = [tokens.subarray(4 * i, 4 * i + 3), tokens.subarray(4 * j, 4 * j + 3)];
      const square = (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2;
      const bin = LISTED ? listedBin(square, edges) : (SUMMED ? nearestBin : distanceBin)(a, b, bins_of);
      const distance = MEASURED ? Math.sqrt(square) : 0;
      const mask = tokens[4 * i + 3] * tokens[4 * j + 3];
      for (let c = 0; c < channels; c++)
        embedded[row * channels + c] =
          pair[row * channels + c] +
          left[j * channels + c] +
          right[i * channels + c] +
          (bin === undefined ? 0 : mask * bins[bin * channels + c]) +
          (MEASURED ? mask * distance * bins[BINS * channels + c] : 0);
    }
  },
  prepare({ tokens, edges }, { LISTED }) {
    // On a grid, distances are exact: some lie on edges, and none so near to one that rounding decides.
    for (let at = 0; at < tokens.length; at++)
      tokens[at] = at % 4 < 3 ? Math.round(4 * tokens[at]) / 4 : Number(at % 5 !== 0);
    // Not at equal distances, and the last one open.
    if (LISTED)
      for (let at = 0; at < edges.length; at++) {
        const k = Math.ceil(at / 2);
        edges[at] = at + 1 < edges.length ? 0.5 + 0.5 * k + 0.25 * (k % 2) : 1e6;
      }
  },
  cases: [
    {
      name: "ragged",
      dims: { n: 13, channels: 20 },
      params: { BINS: 7 },
      vary: { n: [2, 20] },
      scalars: { first_edge: 0.75, edge_step: 0.5 },
      tags: ["ragged"],
    },
    {
      name: "sums of coordinates",
      dims: { n: 11, channels: 8 },
      params: { BINS: 5, SUMMED: true },
      scalars: { first_edge: 0.75, edge_step: 0.5 },
    },
    {
      name: "listed edges, and the distance itself",
      dims: { n: 13, channels: 12 },
      params: { BINS: 6, LISTED: true, MEASURED: true },
      scalars: { first_edge: 0, edge_step: 0 },
      tags: ["ragged"],
    },
    {
      name: "N = 128",
      dims: { n: 128, channels: 128 },
      scalars: { first_edge: 1, edge_step: 0.25 },
      tags: ["bench"],
    },
  ],
});
