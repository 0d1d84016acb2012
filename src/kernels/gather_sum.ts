import { defineKernel } from "../gpu/plan/kernel.ts";
import { pointwise } from "./check/tolerance.ts";
import { laneVariants } from "./families/lanes.ts";

/**
 * Adds gathered rows to a base, for several samples: from tokens to their atoms, from atoms to a layout of windows.
 *
 * `index` holds row numbers within one sample's `sample_rows`, negative ones gather nothing. Base, source and mask (read with
 * MASKED) repeat where they are the same for all samples.
 */
export const gatherSum = defineKernel({
  name: "gather_sum",
  formula: "y[s, r] = mask · (base[s, r] + source[s, index[r]])",
  inputs: { base: ["base_rows", "C"], source: ["source_rows", "C"], index: ["rows"], mask: ["mask_rows"] },
  inouts: {},
  outputs: { y: ["samples", "rows", "C"] },
  params: { MASKED: false },
  scalars: { samples: "u32", sample_rows: "u32" },
  uniforms: ["samples", "rows", "base_rows", "source_rows", "sample_rows", "mask_rows"],
  variants: laneVariants,
  work: ({ samples, rows, C }) => ({ rows: (samples * rows * C) / 4, flops: 8 }),
  flops: ({ samples, rows, C }) => 2 * samples * rows * C,
  touched: ({ samples, rows, source_rows, C }) => ({ source: C * Math.min(source_rows, samples * rows) }),
  tolerance: (_, precision) => pointwise(precision),
  rows: ({ samples, rows }) => samples * rows,
  reference({ base, source, index, mask }, { y }, dims, rows) {
    const { C, base_rows, source_rows, sample_rows, mask_rows, MASKED } = dims;
    for (const row of rows) {
      const from = index[row % dims.rows];
      const gathered = (Math.floor(row / dims.rows) * sample_rows + from) % source_rows;
      for (let c = 0; c < C; c++) {
        const sum = base[(row % base_rows) * C + c] + (from >= 0 ? source[gathered * C + c] : 0);
        y[row * C + c] = sum * (MASKED ? mask[row % mask_rows] : 1);
      }
    }
  },
  fill: { mask: "mask" },
  prepare({ index }, { sample_rows }) {
    for (let at = 0; at < index.length; at++) index[at] = ((7 * at) % (sample_rows + 1)) - 1;
  },
  cases: [
    {
      name: "one row",
      dims: { base_rows: 1, source_rows: 3, rows: 1, mask_rows: 0, C: 4 },
      scalars: { samples: 1, sample_rows: 3 },
    },
    {
      name: "ragged, a base that repeats, masked",
      dims: { base_rows: 37, source_rows: 33, rows: 37, mask_rows: 37, C: 20 },
      scalars: { samples: 3, sample_rows: 11 },
      params: { MASKED: true },
      tags: ["ragged"],
    },
    {
      name: "a source that repeats, a mask for every sample",
      dims: { base_rows: 23, source_rows: 11, rows: 23, mask_rows: 46, C: 12 },
      scalars: { samples: 2, sample_rows: 11 },
      params: { MASKED: true },
      tags: ["ragged"],
    },
    {
      name: "atoms of 256 tokens",
      dims: { base_rows: 6144, source_rows: 256, rows: 6144, mask_rows: 6144, C: 128 },
      scalars: { samples: 1, sample_rows: 256 },
      params: { MASKED: true },
      tags: ["bench"],
    },
  ],
});
