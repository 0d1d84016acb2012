import { defineKernel } from "../gpu/plan/kernel.ts";
import { normalisedRow } from "./check/reference.ts";
import { reduction } from "./check/tolerance.ts";
import { normVariants } from "./families/rows.ts";

/**
 * Adds the layer norm of every row to what came before (ADDED), and cuts off what is negative (RELU). With LIMITED, the row's values are
 * first drawn between −limit and limit. `norm`: scale and offset, zeros in the padding.
 */
export const normaliseAdd = defineKernel({
  name: "normalise_add",
  formula: "y = relu?(before + scale · LN(clamp?(x)) + offset)",
  inputs: { x: ["rows", "C"], norm: [2, "C"], before: ["before_rows", "C"] },
  inouts: {},
  outputs: { y: ["rows", "C"] },
  params: { CHANNELS: 64, ADDED: false, RELU: false, LIMITED: false },
  scalars: { limit: "f32" },
  uniforms: ["rows", "limit"],
  variants: normVariants,
  work: ({ rows, C }) => ({ rows, flops: 8 * C }),
  flops: ({ rows, C }) => 8 * rows * C,
  tolerance: ({ CHANNELS }, precision) => reduction(CHANNELS, precision),
  rows: ({ rows }) => rows,
  reference({ x, norm, before }, { y }, { C, CHANNELS, ADDED, RELU, LIMITED, limit }, rows) {
    const limited = LIMITED ? x.map((value) => Math.min(Math.max(value, -limit), limit)) : x;
    for (const row of rows) {
      const normalised = normalisedRow(limited, row * C, CHANNELS);
      for (let c = 0; c < C; c++) {
        const own = c < CHANNELS ? norm[c] * normalised[c] + norm[C + c] : 0;
        const sum = own + (ADDED ? before[row * C + c] : 0);
        y[row * C + c] = RELU ? Math.max(sum, 0) : sum;
      }
    }
  },
  prepare({ norm }, { C, CHANNELS }) {
    for (let at = 0; at < norm.length; at++) if (at % C >= CHANNELS) norm[at] = 0;
  },
  cases: [
    {
      name: "ragged",
      dims: { rows: 37, C: 20, before_rows: 0 },
      vary: { rows: [1, 80] },
      params: { CHANNELS: 18 },
      scalars: { limit: 0 },
      tags: ["ragged"],
    },
    {
      name: "added, cut off",
      dims: { rows: 70, C: 24, before_rows: 70 },
      params: { CHANNELS: 24, ADDED: true, RELU: true },
      scalars: { limit: 0 },
      tags: ["ragged"],
    },
    {
      name: "far from zero",
      dims: { rows: 19, C: 64, before_rows: 0 },
      scalars: { limit: 0 },
      shift: { x: 100 },
    },
    {
      name: "between limits",
      dims: { rows: 23, C: 20, before_rows: 0 },
      params: { CHANNELS: 17, LIMITED: true },
      scalars: { limit: 0.75 },
      tags: ["ragged"],
    },
    {
      name: "N = 128",
      dims: { rows: 128 * 128, C: 64, before_rows: 128 * 128 },
      params: { ADDED: true },
      scalars: { limit: 0 },
      tags: ["bench"],
    },
  ],
});
