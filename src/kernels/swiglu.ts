import { defineKernel } from "../gpu/plan/kernel.ts";
import { normalisedRow, product, setColumnSums, silu } from "./check/reference.ts";
import { reduction } from "./check/tolerance.ts";
import { tileVariants } from "./families/tile.ts";

/**
 * The widening half of a transition: layer norm (or none, without NORMALISE), two projections, SwiGLU.
 *
 * Columns of `weights` come in eights: four that pass through SiLU, then the four that they multiply.
 * `first_row` and `rows` choose the rows of the source.
 */
export const swiglu = defineKernel({
  name: "swiglu",
  formula: "hidden = silu(LN?(source) Wa) · (LN?(source) Wb)",
  inputs: { source: ["source_rows", "C"], weights: ["COLUMNS", "C"], terms: [2, "COLUMNS"] },
  inouts: {},
  outputs: { hidden: ["rows", "HIDDEN"] },
  halves: { Source: ["source"], Weight: ["weights"], Hidden: ["hidden"] },
  normalises: ["source"],
  params: { CHANNELS: 128, NORMALISE: true },
  scalars: { first_row: "u32", rows: "u32" },
  uniforms: ["first_row", "rows"],
  derive: ({ COLUMNS }) => ({ HIDDEN: COLUMNS / 2 }),
  variants: tileVariants,
  work: ({ rows, COLUMNS, C }) => ({ rows, columns: COLUMNS, flops: 2 * C }),
  flops: ({ rows, CHANNELS, COLUMNS }) => 2 * rows * CHANNELS * COLUMNS,
  touched: ({ rows, C }) => ({ source: rows * C }),
  tolerance: ({ CHANNELS }, precision) => reduction(CHANNELS, precision),
  rows: ({ rows }) => rows,
  reference({ source, weights, terms }, { hidden }, dims, rows) {
    const { first_row, C, CHANNELS, COLUMNS, HIDDEN, NORMALISE } = dims;
    for (const row of rows) {
      const start = (first_row + row) * C;
      const x = NORMALISE ? normalisedRow(source, start, CHANNELS) : source.subarray(start, start + C);
      const column = (at: number) => product(x, weights, at * C) + terms[COLUMNS + at];
      for (let c = 0; c < HIDDEN; c++) {
        const gate = 8 * Math.floor(c / 4) + (c % 4);
        hidden[row * HIDDEN + c] = silu(column(gate)) * column(gate + 4);
      }
    }
  },
  prepare({ weights, terms }, { C, CHANNELS }) {
    setColumnSums(terms, weights, C, CHANNELS);
  },
  cases: [
    {
      name: "one row",
      dims: { source_rows: 1, C: 4, COLUMNS: 8 },
      params: { CHANNELS: 4 },
      scalars: { first_row: 0, rows: 1 },
    },
    {
      name: "ragged chunk",
      dims: { source_rows: 61, C: 20, COLUMNS: 104 },
      params: { CHANNELS: 18 },
      scalars: { first_row: 11, rows: 37 },
      tags: ["ragged"],
    },
    {
      name: "no norm",
      dims: { source_rows: 19, C: 24, COLUMNS: 40 },
      params: { CHANNELS: 24, NORMALISE: false },
      scalars: { first_row: 0, rows: 19 },
    },
    {
      name: "far from zero",
      dims: { source_rows: 33, C: 64, COLUMNS: 32 },
      params: { CHANNELS: 64 },
      scalars: { first_row: 0, rows: 33 },
      shift: { source: 100 },
    },
    {
      name: "N = 128",
      dims: { source_rows: 128 * 128, C: 128, COLUMNS: 1024 },
      scalars: { first_row: 0, rows: 128 * 128 },
      tags: ["bench"],
    },
    {
      name: "N = 512",
      dims: { source_rows: 512 * 512, C: 128, COLUMNS: 1024 },
      scalars: { first_row: 0, rows: 512 * 512 },
      tags: ["bench"],
    },
  ],
});
