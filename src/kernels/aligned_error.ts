import { defineKernel } from "../gpu/plan/kernel.ts";
import { softmaxAverage } from "./check/reference.ts";
import { reduction, transcendental } from "./check/tolerance.ts";
import { laneVariants } from "./families/lanes.ts";

/**
 * The predicted aligned error of every pair, and what it says of the TM-score of all tokens and of the pair's chains.
 *
 * `tokens`: mask, chain, size of the chain, number of real tokens. `inverse_squares`: 1 / d0² by number of tokens.
 */
export const alignedError = defineKernel({
  name: "aligned_error",
  formula: "error = mask · E[centre],  tm = E[1 / (1 + centre² / d0(size)²)]",
  inputs: { logits: ["n", "n", "B"], centres: ["B"], tokens: ["n", 4], inverse_squares: ["sizes"] },
  inouts: {},
  outputs: { error: ["n", "n"], tm_global: ["n", "n"], tm_interface: ["n", "n"] },
  params: { BINS: 64 },
  scalars: {},
  uniforms: ["n", "sizes"],
  variants: laneVariants,
  work: ({ n, B }) => ({ rows: n * n, flops: 16 * B }),
  flops: ({ n, BINS }) => 16 * n * n * BINS,
  tolerance: ({ BINS }, precision) => transcendental(precision) + reduction(BINS, precision),
  rows: ({ n }) => n * n,
  reference({ logits, centres, tokens, inverse_squares }, results, { n, B, BINS }, rows) {
    for (const row of rows) {
      const [i, j] = [4 * Math.floor(row / n), 4 * (row % n)];
      const mask = tokens[i] * tokens[j];
      const size = mask * (tokens[i + 1] === tokens[j + 1] ? tokens[i + 2] : tokens[i + 2] + tokens[j + 2]);
      const own = Array.from(logits.subarray(row * B, row * B + BINS));
      const tm = (count: number) =>
        softmaxAverage(own, (b) => 1 / (1 + inverse_squares[count] * Number(centres[b]) ** 2));
      results.error[row] = mask * softmaxAverage(own, (b) => centres[b]);
      results.tm_global[row] = tm(tokens[i + 3]);
      results.tm_interface[row] = tm(size);
    }
  },
  prepare({ centres, tokens, inverse_squares }, { n, sizes }) {
    for (let b = 0; b < centres.length; b++) centres[b] = 0.25 + 0.5 * b;
    for (let size = 0; size < sizes; size++) inverse_squares[size] = 1 / (1 + size) ** 2;
    for (let i = 0; i < n; i++) tokens.set([i % 5 === 3 ? 0 : 1, i % 3, 1 + (i % 3), n - 1], 4 * i);
  },
  cases: [
    { name: "one token", dims: { n: 1, B: 8, sizes: 6 }, params: { BINS: 7 } },
    { name: "ragged", dims: { n: 13, B: 52, sizes: 14 }, params: { BINS: 50 }, tags: ["ragged"] },
    { name: "N = 128", dims: { n: 128, B: 64, sizes: 129 }, tags: ["bench"] },
  ],
});
