import { defineKernel } from "../gpu/plan/kernel.ts";
import { normalisedRow, pitchOf, product, setColumnSums } from "./check/reference.ts";
import { reduction } from "./check/tolerance.ts";
import { tileVariants } from "./families/tile.ts";

/**
 * Layer norm of a source and a projection of it, channel by channel, so that the positions of a line lie side by side.
 *
 * The source is [all_lines, length, C], or with TRANSPOSED [length, all_lines, C], both passed with one axis of rows.
 * `first_line` and `lines` choose the lines. MASKED multiplies by the mask; positions behind `length` are zero.
 */
export const projectChannels = defineKernel({
  name: "project_channels",
  formula: "y[line, c, at] = mask[line, at] · (LN(source[line, at]) W + b)[c]",
  inputs: {
    source: ["source_rows", "C"],
    mask: ["mask_lines", "pitch"],
    weights: ["COLUMNS", "C"],
    terms: [2, "COLUMNS"],
  },
  inouts: {},
  outputs: { y: ["lines", "COLUMNS", "pitch"] },
  halves: { Source: ["source"], Weight: ["weights"], Output: ["y"] },
  normalises: ["source"],
  params: { CHANNELS: 64, MASKED: false, TRANSPOSED: false },
  scalars: { length: "u32", first_line: "u32", lines: "u32" },
  uniforms: ["length", "pitch", "all_lines", "first_line", "lines"],
  derive: ({ source_rows, length }) => ({ pitch: pitchOf(length), all_lines: source_rows / length }),
  variants: tileVariants,
  work: ({ lines, pitch, COLUMNS, C }) => ({ rows: lines * pitch, columns: COLUMNS, flops: 2 * C }),
  flops: ({ lines, length, CHANNELS, COLUMNS }) => 2 * lines * length * CHANNELS * COLUMNS,
  touched: ({ lines, length, C }) => ({ source: lines * length * C }),
  tolerance: ({ CHANNELS }, precision) => reduction(CHANNELS, precision),
  rows: ({ lines, pitch }) => lines * pitch,
  reference({ source, mask, weights, terms }, { y }, dims, rows) {
    const { source_rows, length, pitch, first_line, C, CHANNELS, COLUMNS, MASKED, TRANSPOSED } = dims;
    for (const row of rows) {
      const [line, at] = [Math.floor(row / pitch), row % pitch];
      const from = first_line + line;
      const start = C * (TRANSPOSED ? at * (source_rows / length) + from : from * length + at);
      const x = at < length ? normalisedRow(source, start, CHANNELS) : undefined;
      const scale = MASKED ? mask[from * pitch + at] : 1;
      for (let c = 0; c < COLUMNS; c++)
        y[(line * COLUMNS + c) * pitch + at] = x ? scale * (product(x, weights, c * C) + terms[COLUMNS + c]) : 0;
    }
  },
  fill: { mask: "mask" },
  prepare({ weights, terms }, { C, CHANNELS }) {
    setColumnSums(terms, weights, C, CHANNELS);
  },
  cases: [
    {
      name: "one position",
      dims: { source_rows: 1, C: 4, COLUMNS: 4, mask_lines: 0, pitch: 4 },
      params: { CHANNELS: 4 },
      scalars: { length: 1, first_line: 0, lines: 1 },
    },
    {
      name: "ragged, masked, transposed",
      dims: { source_rows: 11 * 7, C: 20, COLUMNS: 24, mask_lines: 7, pitch: 12 },
      params: { CHANNELS: 18, MASKED: true, TRANSPOSED: true },
      scalars: { length: 11, first_line: 0, lines: 7 },
      tags: ["ragged"],
    },
    {
      name: "some of the lines, masked",
      dims: { source_rows: 9 * 13, C: 16, COLUMNS: 36, mask_lines: 9, pitch: 16 },
      params: { CHANNELS: 15, MASKED: true },
      scalars: { length: 13, first_line: 3, lines: 5 },
      tags: ["ragged"],
    },
    {
      name: "some of the lines, transposed",
      dims: { source_rows: 6 * 10, C: 16, COLUMNS: 8, mask_lines: 0, pitch: 8 },
      params: { CHANNELS: 16, TRANSPOSED: true },
      scalars: { length: 6, first_line: 4, lines: 6 },
    },
    {
      name: "far from zero",
      dims: { source_rows: 5 * 6, C: 64, COLUMNS: 16, mask_lines: 0, pitch: 8 },
      scalars: { length: 6, first_line: 0, lines: 5 },
      shift: { source: 100 },
    },
    {
      name: "M = 256, N = 64, outer product",
      dims: { source_rows: 256 * 64, C: 64, COLUMNS: 64, mask_lines: 64, pitch: 256 },
      params: { MASKED: true, TRANSPOSED: true },
      scalars: { length: 256, first_line: 0, lines: 64 },
      tags: ["bench"],
    },
    {
      name: "M = 1024, N = 256, values",
      dims: { source_rows: 1024 * 256, C: 64, COLUMNS: 64, mask_lines: 0, pitch: 256 },
      scalars: { length: 256, first_line: 0, lines: 1024 },
      tags: ["bench"],
    },
  ],
});
