import { defineKernel } from "../gpu/plan/kernel.ts";
import { normalisedRow, product, setColumnSums, sigmoid } from "./check/reference.ts";
import { reduction } from "./check/tolerance.ts";
import { tileVariants } from "./families/tile.ts";

/** What follows the product, by the value of ACTIVATION. */
export const activations = { none: 0, relu: 1, sigmoid: 2 } as const;

/**
 * A linear map of every row, with a layer norm before it (NORMALISE), an activation behind it, and a mask per row (MASKED).
 *
 * `terms` holds the sums of the columns' weights and the biases, or has no rows where there is no bias; NORMALISE needs
 * both. `first_row` and `rows` choose the rows of the source; the mask's rows repeat.
 */
export const project = defineKernel({
  name: "project",
  formula: "y = mask · act(LN?(source) W + b)",
  inputs: { source: ["source_rows", "C"], weights: ["COLUMNS", "C"], terms: ["TERMS", "COLUMNS"], mask: ["mask_rows"] },
  inouts: {},
  outputs: { y: ["rows", "COLUMNS"] },
  halves: { Source: ["source"], Weight: ["weights"], Output: ["y"] },
  normalises: ["source"],
  params: { CHANNELS: 128, NORMALISE: false, MASKED: false, ACTIVATION: activations.none },
  scalars: { first_row: "u32", rows: "u32" },
  uniforms: ["first_row", "rows", "mask_rows"],
  variants: tileVariants,
  work: ({ rows, COLUMNS, C }) => ({ rows, columns: COLUMNS, flops: 2 * C }),
  flops: ({ rows, CHANNELS, COLUMNS }) => 2 * rows * CHANNELS * COLUMNS,
  touched: ({ rows, C }) => ({ source: rows * C }),
  tolerance: ({ CHANNELS }, precision) => reduction(CHANNELS, precision),
  rows: ({ rows }) => rows,
  reference({ source, weights, terms, mask }, { y }, dims, rows) {
    const { first_row, mask_rows, C, CHANNELS, COLUMNS, TERMS, NORMALISE, MASKED, ACTIVATION } = dims;
    const activate = { 0: (x: number) => x, 1: (x: number) => Math.max(x, 0), 2: sigmoid }[ACTIVATION];
    if (!activate) throw new Error(`there is no activation ${ACTIVATION}`);
    for (const row of rows) {
      const start = (first_row + row) * C;
      const x = NORMALISE ? normalisedRow(source, start, CHANNELS) : source.subarray(start, start + CHANNELS);
      const scale = MASKED ? mask[(first_row + row) % mask_rows] : 1;
      for (let c = 0; c < COLUMNS; c++)
        y[row * COLUMNS + c] = scale * activate(product(x, weights, c * C) + (TERMS ? terms[COLUMNS + c] : 0));
    }
  },
  fill: { mask: "mask" },
  prepare({ source, weights, terms }, { C, CHANNELS, COLUMNS, TERMS }) {
    if (TERMS) setColumnSums(terms, weights, C, CHANNELS);
    // Channels that pad hold zeros: without a norm the shader multiplies them all.
    for (let at = 0; at < source.length; at++) if (at % C >= CHANNELS) source[at] = 0;
    for (let at = 0; at < C * COLUMNS; at++) if (at % C >= CHANNELS) weights[at] = 0;
  },
  cases: [
    {
      name: "one row",
      dims: { source_rows: 1, C: 4, COLUMNS: 4, TERMS: 0, mask_rows: 0 },
      params: { CHANNELS: 4 },
      scalars: { first_row: 0, rows: 1 },
    },
    {
      name: "ragged, normalised, repeated mask",
      dims: { source_rows: 46, C: 20, COLUMNS: 52, TERMS: 2, mask_rows: 23 },
      params: { CHANNELS: 18, NORMALISE: true, MASKED: true },
      scalars: { first_row: 9, rows: 37 },
      tags: ["ragged"],
    },
    {
      name: "relu",
      dims: { source_rows: 37, C: 40, COLUMNS: 20, TERMS: 2, mask_rows: 0 },
      params: { CHANNELS: 39, ACTIVATION: activations.relu },
      scalars: { first_row: 0, rows: 37 },
      tags: ["ragged"],
    },
    {
      name: "sigmoid of a norm",
      dims: { source_rows: 19, C: 64, COLUMNS: 36, TERMS: 2, mask_rows: 0 },
      params: { CHANNELS: 64, NORMALISE: true, ACTIVATION: activations.sigmoid },
      scalars: { first_row: 0, rows: 19 },
      shift: { source: 100 },
    },
    {
      name: "N = 128",
      dims: { source_rows: 128 * 128, C: 128, COLUMNS: 128, TERMS: 2, mask_rows: 0 },
      params: { NORMALISE: true },
      scalars: { first_row: 0, rows: 128 * 128 },
      tags: ["bench"],
    },
  ],
});
