import { defineKernel } from "../gpu/plan/kernel.ts";
import { pointwise } from "./check/tolerance.ts";
import { laneVariants } from "./families/lanes.ts";

/** Adds a pair tensor and the one with rows and columns exchanged. */
export const addTransposed = defineKernel({
  name: "add_transposed",
  formula: "y[i, j] = x[i, j] + x[j, i]",
  inputs: { x: ["n", "n", "channels"] },
  inouts: {},
  outputs: { y: ["n", "n", "channels"] },
  params: {},
  scalars: {},
  uniforms: ["n", "channels"],
  variants: laneVariants,
  work: ({ n, channels }) => ({ rows: (n * n * channels) / 4, flops: 4 }),
  flops: ({ n, channels }) => n * n * channels,
  tolerance: (_, precision) => pointwise(precision),
  rows: ({ n }) => n * n,
  reference({ x }, { y }, { n, channels }, rows) {
    for (const row of rows) {
      const mirrored = (row % n) * n + Math.floor(row / n);
      for (let c = 0; c < channels; c++) y[row * channels + c] = x[row * channels + c] + x[mirrored * channels + c];
    }
  },
  cases: [
    { name: "one token", dims: { n: 1, channels: 4 } },
    { name: "ragged", dims: { n: 13, channels: 12 }, vary: { n: [1, 30] }, tags: ["ragged"] },
    { name: "N = 128", dims: { n: 128, channels: 64 }, tags: ["bench"] },
  ],
});
