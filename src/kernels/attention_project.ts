import { defineKernel } from "../gpu/plan/kernel.ts";
import { normalisedRow, pitchOf, product, setColumnSums, setGates, sigmoid } from "./check/reference.ts";
import { reduction } from "./check/tolerance.ts";
import { tileVariants } from "./families/tile.ts";

/**
 * Layer norm of a source (or none, without NORMALISE) and all projections of an attention: queries, keys, values, gates, and the pair bias per head.
 *
 * Columns of `weights`: WIDTH = heads × channels each of q, k, v and, where GATED, g; then HEADS of the bias, padded to a multiple of four.
 * WIDTH = 0 makes the bias alone, HEADS = 0 leaves it out. The source's rows are `lines` of n. A pair source [n, n, C] is passed as [n · n, C];
 * TRANSPOSED walks it along its columns; BIAS_TRANSPOSED writes the bias of walk position (i, j) to [h, j, i].
 * Positions j ≥ n of the bias are left as they are.
 */
export const attentionProject = defineKernel({
  name: "attention_project",
  formula: "q, k, v = LN(source) W + b,  g = σ(LN(source) Wg),  bias[h, i, j] = LN(source)[i, j] Wb",
  inputs: { source: ["source_rows", "C"], weights: ["COLUMNS", "C"], terms: [2, "COLUMNS"] },
  inouts: {},
  outputs: {
    q: ["rows", "WIDTH"],
    g: ["rows", "gate_width"],
    k: ["rows", "WIDTH"],
    v: ["rows", "WIDTH"],
    bias: ["HEADS", "lines", "pitch"],
  },
  halves: { Source: ["source"], Weight: ["weights"], Head: ["q", "g", "k", "v"] },
  normalises: ["source"],
  params: {
    CHANNELS: 128,
    WIDTH: 128,
    HEADS: 4,
    GATED: true,
    NORMALISE: true,
    TRANSPOSED: false,
    BIAS_TRANSPOSED: false,
  },
  scalars: { n: "u32", lines: "u32", first_row: "u32", rows: "u32" },
  uniforms: ["n", "lines", "pitch", "first_row", "rows"],
  derive({ n, WIDTH, HEADS, GATED }) {
    const gate_width = GATED ? WIDTH : 0;
    return { pitch: pitchOf(n), gate_width, COLUMNS: 3 * WIDTH + gate_width + pitchOf(HEADS) };
  },
  variants: tileVariants,
  work: ({ rows, COLUMNS, C }) => ({ rows, columns: COLUMNS, flops: 2 * C }),
  flops: ({ rows, CHANNELS, WIDTH, gate_width, HEADS }) => 2 * rows * CHANNELS * (3 * WIDTH + gate_width + HEADS),
  touched: ({ rows, C }) => ({ source: rows * C }),
  tolerance: ({ CHANNELS }, precision) => reduction(CHANNELS, precision),
  rows: ({ rows }) => rows,
  reference({ source, weights, terms }, { q, g, k, v, bias }, dims, rows) {
    const { n, lines, pitch, first_row, C, CHANNELS, WIDTH, gate_width, HEADS, COLUMNS, NORMALISE, TRANSPOSED } = dims;
    for (const row of rows) {
      const position = first_row + row;
      const [i, j] = [Math.floor(position / n), position % n];
      const start = (TRANSPOSED ? j * n + i : position) * C;
      const x = NORMALISE ? normalisedRow(source, start, CHANNELS) : source.subarray(start, start + C);
      const column = (at: number) => product(x, weights, at * C) + terms[COLUMNS + at];
      for (let c = 0; c < WIDTH; c++) {
        q[row * WIDTH + c] = column(c);
        k[row * WIDTH + c] = column(WIDTH + c);
        v[row * WIDTH + c] = column(2 * WIDTH + c);
      }
      for (let c = 0; c < gate_width; c++) g[row * gate_width + c] = sigmoid(column(3 * WIDTH + c));
      for (let h = 0; h < HEADS; h++)
        bias[h * lines * pitch + (dims.BIAS_TRANSPOSED ? j * pitch + i : i * pitch + j)] = column(
          3 * WIDTH + gate_width + h,
        );
    }
  },
  prepare({ weights, terms }, { C, CHANNELS, WIDTH, gate_width }) {
    setGates(weights, C, CHANNELS, 3 * WIDTH, 3 * WIDTH + gate_width);
    setColumnSums(terms, weights, C, CHANNELS);
  },
  cases: [
    {
      name: "pair, ragged",
      dims: { source_rows: 11 * 11, C: 20 },
      scalars: { n: 11, lines: 11, first_row: 0, rows: 11 * 11 },
      params: { CHANNELS: 18, WIDTH: 12, HEADS: 3 },
      tags: ["ragged"],
    },
    {
      name: "pair, transposed, bias transposed",
      dims: { source_rows: 9 * 9, C: 16 },
      scalars: { n: 9, lines: 9, first_row: 0, rows: 9 * 9 },
      params: { CHANNELS: 16, WIDTH: 20, HEADS: 5, TRANSPOSED: true, BIAS_TRANSPOSED: true },
      tags: ["ragged"],
    },
    {
      name: "chunk of a transposed pair, no bias",
      dims: { source_rows: 10 * 10, C: 16 },
      scalars: { n: 10, lines: 10, first_row: 30, rows: 40 },
      params: { CHANNELS: 16, WIDTH: 16, HEADS: 0, TRANSPOSED: true },
    },
    {
      name: "no gates",
      dims: { source_rows: 6 * 6, C: 16 },
      scalars: { n: 6, lines: 6, first_row: 0, rows: 6 * 6 },
      params: { CHANNELS: 16, WIDTH: 12, HEADS: 3, GATED: false },
      tags: ["ragged"],
    },
    {
      name: "bias alone",
      dims: { source_rows: 7 * 7, C: 16 },
      scalars: { n: 7, lines: 7, first_row: 0, rows: 7 * 7 },
      params: { CHANNELS: 16, WIDTH: 0, HEADS: 16 },
      tags: ["ragged"],
    },
    {
      name: "single",
      dims: { source_rows: 37, C: 36 },
      scalars: { n: 37, lines: 37, first_row: 0, rows: 37 },
      params: { CHANNELS: 35, WIDTH: 40, HEADS: 0 },
    },
    {
      name: "no norm, fewer lines than columns",
      dims: { source_rows: 5 * 24, C: 16 },
      scalars: { n: 24, lines: 5, first_row: 0, rows: 5 * 24 },
      params: { CHANNELS: 16, WIDTH: 8, HEADS: 3, NORMALISE: false },
      tags: ["ragged"],
    },
    {
      name: "far from zero",
      dims: { source_rows: 6 * 6, C: 64 },
      scalars: { n: 6, lines: 6, first_row: 0, rows: 6 * 6 },
      params: { CHANNELS: 64, WIDTH: 16, HEADS: 4 },
      shift: { source: 100 },
    },
    {
      name: "N = 128",
      dims: { source_rows: 128 * 128, C: 128 },
      scalars: { n: 128, lines: 128, first_row: 0, rows: 128 * 128 },
      tags: ["bench"],
    },
    {
      name: "N = 512",
      dims: { source_rows: 512 * 512, C: 128 },
      scalars: { n: 512, lines: 512, first_row: 0, rows: 512 * 512 },
      tags: ["bench"],
    },
  ],
});
