import { defineKernel } from "../gpu/plan/kernel.ts";
import { product } from "./check/reference.ts";
import { reduction } from "./check/tolerance.ts";
import { tileVariants } from "./families/tile.ts";

/** The representation of an MSA [sequences · n, C] from its features and a row per token. */
export const msaEmbed = defineKernel({
  name: "msa_embed",
  formula: "y[s, i] = features[s, i] W + tokens[i]",
  inputs: { features: ["rows", "K"], weights: ["C", "K"], tokens: ["n", "C"] },
  inouts: {},
  outputs: { y: ["rows", "C"] },
  halves: { Weight: ["weights"] },
  params: {},
  scalars: {},
  uniforms: ["rows", "n"],
  variants: tileVariants,
  work: ({ rows, C, K }) => ({ rows, columns: C, flops: 2 * K }),
  flops: ({ rows, K, C }) => 2 * rows * K * C,
  tolerance: ({ K }, precision) => reduction(K, precision),
  rows: ({ rows }) => rows,
  reference({ features, weights, tokens }, { y }, { n, K, C }, rows) {
    for (const row of rows) {
      const x = features.subarray(row * K, (row + 1) * K);
      for (let c = 0; c < C; c++) y[row * C + c] = product(x, weights, c * K) + tokens[(row % n) * C + c];
    }
  },
  cases: [
    { name: "one row", dims: { rows: 1, n: 1, K: 4, C: 4 } },
    { name: "ragged", dims: { rows: 3 * 13, n: 13, K: 36, C: 20 }, vary: { rows: [1, 80] }, tags: ["ragged"] },
    { name: "M = 256, N = 64", dims: { rows: 256 * 64, n: 64, K: 52, C: 64 }, tags: ["bench"] },
  ],
});
