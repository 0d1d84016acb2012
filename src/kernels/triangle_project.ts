import { defineKernel } from "../gpu/plan/kernel.ts";
import { normalisedRow, pitchOf, product, setColumnSums, sigmoid } from "./check/reference.ts";
import { reduction } from "./check/tolerance.ts";
import { tileVariants } from "./families/tile.ts";

/**
 * The first step of a triangle multiplication: layer norm of the pair and its two gated, masked projections, channel-major.
 *
 * Columns of `weights` come in eights: four of the value, then four of its gate; first those of a, then those of b.
 * `terms` holds the sums of the columns over the channels, then their biases.
 */
export const triangleProject = defineKernel({
  name: "triangle_project",
  formula: "a, b = mask · σ(LN(pair) Wg + bg) · (LN(pair) Wp + bp)",
  inputs: { pair: ["n", "n", "C"], mask: ["n", "pitch"], weights: ["COLUMNS", "C"], terms: [2, "COLUMNS"] },
  inouts: {},
  outputs: { a: ["HIDDEN", "n", "pitch"], b: ["HIDDEN", "n", "pitch"] },
  halves: { Weight: ["weights"], Factor: ["a", "b"] },
  params: { CHANNELS: 128, TRANSPOSED: false },
  scalars: {},
  uniforms: ["n", "pitch"],
  derive: ({ n, COLUMNS }) => ({ pitch: pitchOf(n), HIDDEN: COLUMNS / 4 }),
  variants: tileVariants,
  work: ({ n, pitch, COLUMNS, C }) => ({ rows: n * pitch, columns: COLUMNS, flops: 2 * C }),
  flops: ({ n, COLUMNS, CHANNELS }) => 2 * n * n * CHANNELS * COLUMNS,
  tolerance: ({ CHANNELS }, precision) => reduction(CHANNELS, precision),
  rows: ({ n, pitch }) => n * pitch,
  reference({ pair, mask, weights, terms }, { a, b }, { n, pitch, C, COLUMNS, HIDDEN, CHANNELS, TRANSPOSED }, rows) {
    const column = (x: Float64Array, at: number) => product(x, weights, at * C) + terms[COLUMNS + at];
    for (const row of rows) {
      const [i, j] = [Math.floor(row / pitch), row % pitch];
      const x = j < n ? normalisedRow(pair, (TRANSPOSED ? j * n + i : i * n + j) * C, CHANNELS) : undefined;
      for (let channel = 0; channel < 2 * HIDDEN; channel++) {
        const value = 8 * Math.floor(channel / 4) + (channel % 4);
        const y = x ? mask[row] * sigmoid(column(x, value + 4)) * column(x, value) : 0;
        (channel < HIDDEN ? a : b)[(channel % HIDDEN) * n * pitch + row] = y;
      }
    }
  },
  prepare({ weights, terms, mask }, { n, pitch, C, CHANNELS }) {
    setColumnSums(terms, weights, C, CHANNELS);
    for (let at = 0; at < mask.length; at++) if (at % pitch >= n) mask[at] = 0;
  },
  fill: { mask: "mask" },
  cases: [
    { name: "one token", dims: { n: 1, C: 8, COLUMNS: 16 }, params: { CHANNELS: 8 } },
    {
      name: "ragged",
      dims: { n: 13, C: 20, COLUMNS: 48 },
      vary: { n: [1, 24] },
      params: { CHANNELS: 18 },
      tags: ["ragged"],
    },
    {
      name: "transposed",
      dims: { n: 11, C: 16, COLUMNS: 80 },
      vary: { n: [1, 24] },
      params: { CHANNELS: 16, TRANSPOSED: true },
      tags: ["ragged"],
    },
    { name: "far from zero", dims: { n: 6, C: 64, COLUMNS: 32 }, params: { CHANNELS: 64 }, shift: { pair: 100 } },
    { name: "N = 128", dims: { n: 128, C: 128, COLUMNS: 512 }, tags: ["bench"] },
    { name: "N = 512", dims: { n: 512, C: 128, COLUMNS: 512 }, tags: ["bench"] },
  ],
});
