import { defineKernel } from "../gpu/plan/kernel.ts";
import { reduction } from "./check/tolerance.ts";
import { tileVariants } from "./families/tile.ts";

/** What makes the sum over the sequences that two tokens share their mean; counts are exact, all sums being whole numbers. */
export const commonRows = defineKernel({
  name: "common_rows",
  formula: "factor[i, j] = 1 / (ε + Σₛ mask[i, s] mask[j, s])",
  inputs: { mask: ["n", "pitch"] },
  inouts: {},
  outputs: { factor: ["n", "n"] },
  params: {},
  scalars: { epsilon: "f32" },
  uniforms: ["n", "pitch", "epsilon"],
  variants: tileVariants,
  work: ({ n, pitch }) => ({ rows: n, columns: n, flops: 2 * pitch }),
  flops: ({ n, pitch }) => 2 * n * n * pitch,
  tolerance: ({ pitch }, precision) => reduction(pitch, precision),
  rows: ({ n }) => n,
  reference({ mask }, { factor }, { n, pitch, epsilon }, rows) {
    for (const i of rows)
      for (let j = 0; j < n; j++) {
        let count = 0;
        for (let s = 0; s < pitch; s++) count += mask[i * pitch + s] * mask[j * pitch + s];
        factor[i * n + j] = 1 / (Math.fround(epsilon) + count);
      }
  },
  fill: { mask: "mask" },
  cases: [
    { name: "two tokens", dims: { n: 2, pitch: 4 }, scalars: { epsilon: 0.5 } },
    {
      name: "ragged, few sequences",
      dims: { n: 37, pitch: 4 },
      vary: { n: [3, 70] },
      scalars: { epsilon: 0.001 },
      tags: ["ragged"],
    },
    { name: "many sequences", dims: { n: 21, pitch: 132 }, scalars: { epsilon: 0.001 }, tags: ["ragged"] },
    { name: "M = 256, N = 64", dims: { n: 64, pitch: 256 }, scalars: { epsilon: 0.001 }, tags: ["bench"] },
    { name: "M = 1024, N = 512", dims: { n: 512, pitch: 1024 }, scalars: { epsilon: 0.001 }, tags: ["bench"] },
  ],
});
