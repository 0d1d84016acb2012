import { defineKernel } from "../gpu/plan/kernel.ts";
import { pointwise } from "./check/tolerance.ts";
import { laneVariants } from "./families/lanes.ts";

/**
 * Adds two representations, row by row. What several samples share has fewer rows, which repeat.
 *
 * Without SUMMED there is no z, and y is x. RECTIFY takes the positive part of the sum, MASKED multiplies it by its row's mask.
 */
export const add = defineKernel({
  name: "add",
  formula: "y = mask · relu?(x + z)",
  inputs: { x: ["x_rows", "C"], z: ["z_rows", "C"], mask: ["mask_rows"] },
  inouts: {},
  outputs: { y: ["rows", "C"] },
  params: { SUMMED: true, MASKED: false, RECTIFY: false },
  scalars: { rows: "u32" },
  uniforms: ["rows", "x_rows", "z_rows", "mask_rows"],
  variants: laneVariants,
  work: ({ rows, C }) => ({ rows: (rows * C) / 4, flops: 8 }),
  flops: ({ rows, C, SUMMED, MASKED, RECTIFY }) => rows * C * (SUMMED + MASKED + RECTIFY),
  tolerance: (_, precision) => pointwise(precision),
  rows: ({ rows }) => rows,
  reference({ x, z, mask }, { y }, { C, x_rows, z_rows, mask_rows, SUMMED, MASKED, RECTIFY }, rows) {
    for (const row of rows) {
      const scale = MASKED ? mask[row % mask_rows] : 1;
      for (let c = 0; c < C; c++) {
        const sum = x[(row % x_rows) * C + c] + (SUMMED ? z[(row % z_rows) * C + c] : 0);
        y[row * C + c] = scale * (RECTIFY ? Math.max(sum, 0) : sum);
      }
    }
  },
  fill: { mask: "mask" },
  cases: [
    { name: "one row", dims: { x_rows: 1, z_rows: 1, mask_rows: 0, C: 4 }, scalars: { rows: 1 } },
    {
      name: "ragged, x repeats",
      dims: { x_rows: 37, z_rows: 111, mask_rows: 0, C: 20 },
      scalars: { rows: 111 },
      tags: ["ragged"],
    },
    {
      name: "z and a mask that repeat, rectified",
      dims: { x_rows: 69, z_rows: 23, mask_rows: 23, C: 12 },
      scalars: { rows: 69 },
      params: { MASKED: true, RECTIFY: true },
      tags: ["ragged"],
    },
    {
      name: "x alone, masked",
      dims: { x_rows: 46, z_rows: 0, mask_rows: 23, C: 8 },
      scalars: { rows: 46 },
      params: { SUMMED: false, MASKED: true },
    },
    {
      name: "x alone, rectified",
      dims: { x_rows: 13, z_rows: 0, mask_rows: 0, C: 8 },
      scalars: { rows: 13 },
      params: { SUMMED: false, RECTIFY: true },
    },
    {
      name: "a pair of 128 tokens",
      dims: { x_rows: 16384, z_rows: 16384, mask_rows: 0, C: 128 },
      scalars: { rows: 16384 },
      tags: ["bench"],
    },
  ],
});
