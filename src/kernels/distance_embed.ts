import { defineKernel } from "../gpu/plan/kernel.ts";
import { type DistanceBins, distanceBin } from "./check/reference.ts";
import { pointwise } from "./check/tolerance.ts";
import { laneVariants } from "./families/lanes.ts";

/** The centre nearest to the distance of two points' sums of coordinates; of two equally near, the lower. */
function nearestBin(a: Float32Array, b: Float32Array, { first, step, count }: DistanceBins): number {
  const distance = Math.abs(a.reduce((sum, x, axis) => sum + x - b[axis], 0));
  const off = Array.from({ length: count }, (_, bin) => Math.abs(distance - (first + step * bin)));
  return off.indexOf(Math.min(...off));
}

/**
 * A pair representation plus a row of `left` by column, one of `right` by row, and one of `bins` by distance.
 *
 * `tokens`: position and mask. Bins have edges first_edge, first_edge + edge_step, …; the last is open. With SUMMED the
 * distance is that of the sums of coordinates, and those numbers are the bins' centres.
 */
export const distanceEmbed = defineKernel({
  name: "distance_embed",
  formula: "embedded[i, j] = pair[i, j] + left[j] + right[i] + maskᵢ maskⱼ bins[|xᵢ − xⱼ|]",
  inputs: {
    pair: ["n", "n", "channels"],
    left: ["n", "channels"],
    right: ["n", "channels"],
    tokens: ["n", 4],
    bins: ["BINS", "channels"],
  },
  inouts: {},
  outputs: { embedded: ["n", "n", "channels"] },
  params: { SUMMED: false },
  scalars: { first_edge: "f32", edge_step: "f32" },
  uniforms: ["n", "channels", "first_edge", "edge_step"],
  variants: laneVariants,
  work: ({ n, channels }) => ({ rows: (n * n * channels) / 4, flops: 16 }),
  flops: ({ n, channels }) => 4 * n * n * channels,
  tolerance: (_, precision) => pointwise(precision),
  rows: ({ n }) => n * n,
  reference({ pair, left, right, tokens, bins }, { embedded }, dims, rows) {
    const { n, channels, BINS, first_edge, edge_step } = dims;
    for (const row of rows) {
      const [i, j] = [Math.floor(row / n), row % n];
      const bins_of = { first: first_edge, step: edge_step, count: BINS };
      const bin = (dims.SUMMED ? nearestBin : distanceBin)(
        tokens.subarray(4 * i, 4 * i + 3),
        tokens.subarray(4 * j, 4 * j + 3),
        bins_of,
      );
      const mask = tokens[4 * i + 3] * tokens[4 * j + 3];
      for (let c = 0; c < channels; c++)
        embedded[row * channels + c] =
          pair[row * channels + c] +
          left[j * channels + c] +
          right[i * channels + c] +
          (bin === undefined ? 0 : mask * bins[bin * channels + c]);
    }
  },
  prepare({ tokens }) {
    // On a grid, distances are exact: some lie on edges, and none so near to one that rounding decides.
    for (let at = 0; at < tokens.length; at++)
      tokens[at] = at % 4 < 3 ? Math.round(4 * tokens[at]) / 4 : Number(at % 5 !== 0);
  },
  cases: [
    {
      name: "ragged",
      dims: { n: 13, channels: 20, BINS: 7 },
      vary: { n: [2, 20] },
      scalars: { first_edge: 0.75, edge_step: 0.5 },
      tags: ["ragged"],
    },
    {
      name: "sums of coordinates",
      dims: { n: 11, channels: 8, BINS: 5 },
      params: { SUMMED: true },
      scalars: { first_edge: 0.75, edge_step: 0.5 },
    },
    {
      name: "N = 128",
      dims: { n: 128, channels: 128, BINS: 39 },
      scalars: { first_edge: 1, edge_step: 0.25 },
      tags: ["bench"],
    },
  ],
});
