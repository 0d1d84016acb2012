import { defineKernel } from "../gpu/plan/kernel.ts";
import { normalisedRow, pitchOf, product, setGates, sigmoid } from "./check/reference.ts";
import { reduction } from "./check/tolerance.ts";
import { triangleEnd } from "./check/triangle_end.ts";
import { chainVariants } from "./families/chain.ts";

/**
 * The end of a triangle multiplication and the projections of the next: what `triangle_output` and `triangle_project` do, each pair row
 * read and written once.
 *
 * Rows of `weights`: C of the gates, C of the output, whose HIDDEN inputs may be more or fewer than the C of the others, then those of the next
 * multiplication in eights, as `triangle_project` takes them. `biases` holds one for each. The walk is the next multiplication's:
 * TRANSPOSED, the pair stands at (j, i) of it. `product` comes in the walk's order, and is `unscale`d before its norm.
 */
export const triangleToTriangle = defineKernel({
  name: "triangle_to_triangle",
  formula:
    "updated = pair + (LN(unscale · product) Wz + bz) · σ(LN(pair) Wg + bg),  a, b = mask · σ(LN(updated) Wf + bf) · (LN(updated) Wp + bp)",
  inputs: {
    pair: ["n", "n", "C"],
    product: ["HIDDEN", "n", "pitch"],
    weights: ["weight_rows", "WEIGHT_PITCH"],
    biases: ["weight_rows"],
    mask: ["n", "pitch"],
  },
  inouts: {},
  outputs: { updated: ["n", "n", "C"], a: ["FACTORS", "n", "pitch"], b: ["FACTORS", "n", "pitch"] },
  halves: { Product: ["product"], Weight: ["weights"], Factor: ["a", "b"] },
  normalises: ["product"],
  params: { CHANNELS: 128, HIDDEN_CHANNELS: 128, TRANSPOSED: false },
  scalars: { unscale: "f32" },
  uniforms: ["n", "pitch", "unscale"],
  derive: ({ n, C, weight_rows }) => ({ pitch: pitchOf(n), FACTORS: (weight_rows - 2 * C) / 4 }),
  variants: chainVariants(2),
  fuses: true,
  work: ({ n, pitch, C, HIDDEN, FACTORS }) => ({
    rows: n * pitch,
    columns: C,
    flops: 2 * C + 2 * HIDDEN + 8 * FACTORS,
  }),
  flops: ({ n, CHANNELS, HIDDEN_CHANNELS, FACTORS }) =>
    2 * n * n * CHANNELS * (CHANNELS + HIDDEN_CHANNELS + 4 * FACTORS),
  // Each product reads what those before it left: their errors add up.
  tolerance: ({ CHANNELS, HIDDEN_CHANNELS }, precision) => reduction(2 * CHANNELS + HIDDEN_CHANNELS, precision),
  rows: ({ n, pitch }) => n * pitch,
  reference(inputs, { updated, a, b }, dims, rows) {
    const { weights, biases, mask } = inputs;
    const { n, pitch, C, CHANNELS, FACTORS, WEIGHT_PITCH } = dims;
    for (const position of rows) {
      const [i, j] = [Math.floor(position / pitch), position % pitch];
      const end = j < n ? triangleEnd(inputs, dims, i, j) : undefined;
      if (end) updated.set(end.row, end.at);
      const source = end && normalisedRow(end.row, 0, CHANNELS);
      const project = (x: Float64Array, column: number) =>
        product(x, weights, (2 * C + column) * WEIGHT_PITCH) + biases[2 * C + column];
      for (let channel = 0; channel < 2 * FACTORS; channel++) {
        const value = 8 * Math.floor(channel / 4) + (channel % 4);
        const y = source ? mask[position] * sigmoid(project(source, value + 4)) * project(source, value) : 0;
        (channel < FACTORS ? a : b)[(channel % FACTORS) * n * pitch + position] = y;
      }
    }
  },
  prepare({ weights, mask }, { n, pitch, C, CHANNELS, weight_rows, WEIGHT_PITCH }) {
    setGates(weights, WEIGHT_PITCH, CHANNELS, 0, C);
    for (let first = 2 * C + 4; first < weight_rows; first += 8)
      setGates(weights, WEIGHT_PITCH, CHANNELS, first, first + 4);
    for (let at = 0; at < mask.length; at++) if (at % pitch >= n) mask[at] = 0;
  },
  fill: { mask: "mask" },
  cases: [
    {
      name: "one token",
      dims: { n: 1, C: 8, HIDDEN: 4, weight_rows: 32, WEIGHT_PITCH: 8 },
      scalars: { unscale: 1 },
      params: { CHANNELS: 8, HIDDEN_CHANNELS: 4 },
    },
    {
      name: "ragged",
      dims: { n: 13, C: 20, HIDDEN: 12, weight_rows: 88, WEIGHT_PITCH: 20 },
      scalars: { unscale: 4 },
      params: { CHANNELS: 18, HIDDEN_CHANNELS: 10 },
      tags: ["ragged"],
    },
    {
      name: "transposed",
      dims: { n: 11, C: 16, HIDDEN: 36, weight_rows: 112, WEIGHT_PITCH: 36 },
      scalars: { unscale: 2 },
      params: { CHANNELS: 16, HIDDEN_CHANNELS: 36, TRANSPOSED: true },
      tags: ["ragged"],
    },
    {
      name: "far from zero",
      dims: { n: 6, C: 64, HIDDEN: 64, weight_rows: 192, WEIGHT_PITCH: 64 },
      scalars: { unscale: 1 },
      params: { CHANNELS: 64, HIDDEN_CHANNELS: 64 },
      shift: { pair: 100 },
    },
    {
      name: "all columns",
      dims: { n: 9, C: 128, HIDDEN: 128, weight_rows: 320, WEIGHT_PITCH: 128 },
      scalars: { unscale: 2 },
      params: { CHANNELS: 126, HIDDEN_CHANNELS: 127, TRANSPOSED: true },
      tags: ["ragged"],
    },
    {
      name: "N = 128",
      dims: { n: 128, C: 128, HIDDEN: 128, weight_rows: 768, WEIGHT_PITCH: 128 },
      scalars: { unscale: 1 },
      params: { TRANSPOSED: true },
      tags: ["bench"],
    },
    {
      name: "N = 512",
      dims: { n: 512, C: 128, HIDDEN: 128, weight_rows: 768, WEIGHT_PITCH: 128 },
      scalars: { unscale: 1 },
      params: { TRANSPOSED: true },
      tags: ["bench"],
    },
  ],
});
