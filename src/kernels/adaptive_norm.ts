import { defineKernel } from "../gpu/plan/kernel.ts";
import { normalisedRow, sigmoid } from "./check/reference.ts";
import { reduction } from "./check/tolerance.ts";
import { normVariants } from "./families/rows.ts";

/**
 * Adaptive layer norm: scale and shift come from a conditioning, whose rows repeat.
 *
 * `conditions` holds several parts per row, each of C channels; PART is the scale's, before its sigmoid, PART + 1 the shift's.
 */
export const adaptiveNorm = defineKernel({
  name: "adaptive_norm",
  formula: "y = σ(scale) · LN(x) + shift",
  inputs: { x: ["rows", "C"], conditions: ["condition_rows", "PARTS", "C"] },
  inouts: {},
  outputs: { y: ["rows", "C"] },
  params: { CHANNELS: 128, PART: 0 },
  scalars: {},
  uniforms: ["rows", "condition_rows"],
  variants: normVariants,
  work: ({ rows, C }) => ({ rows, flops: 12 * C }),
  flops: ({ rows, CHANNELS }) => 12 * rows * CHANNELS,
  touched: ({ rows, condition_rows, C }) => ({ conditions: 2 * C * Math.min(rows, condition_rows) }),
  tolerance: ({ CHANNELS }, precision) => reduction(CHANNELS, precision),
  rows: ({ rows }) => rows,
  reference({ x, conditions }, { y }, { condition_rows, C, CHANNELS, PARTS, PART }, rows) {
    for (const row of rows) {
      const normed = normalisedRow(x, row * C, CHANNELS);
      const scale = ((row % condition_rows) * PARTS + PART) * C;
      for (let c = 0; c < C; c++)
        y[row * C + c] = c < CHANNELS ? sigmoid(conditions[scale + c]) * normed[c] + conditions[scale + C + c] : 0;
    }
  },
  cases: [
    {
      name: "one row",
      dims: { rows: 1, C: 4, condition_rows: 1, PARTS: 2 },
      params: { CHANNELS: 3 },
    },
    {
      name: "ragged, second part, conditions that repeat",
      dims: { rows: 77, C: 36, condition_rows: 11, PARTS: 5 },
      params: { CHANNELS: 34, PART: 2 },
      vary: { rows: [1, 150] },
      tags: ["ragged"],
    },
    {
      name: "far from zero",
      dims: { rows: 9, C: 64, condition_rows: 9, PARTS: 2 },
      params: { CHANNELS: 64 },
      shift: { x: 100 },
    },
    {
      name: "tokens",
      dims: { rows: 1280, C: 768, condition_rows: 256, PARTS: 4 },
      params: { CHANNELS: 768 },
      tags: ["bench"],
    },
  ],
});
