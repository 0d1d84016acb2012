import { defineKernel } from "../gpu/plan/kernel.ts";
import { reduction } from "./check/tolerance.ts";
import { laneVariants } from "./families/lanes.ts";

/** Atoms per token that the tests and the cost assume at most. */
const MOST = 24;

/**
 * Aggregates atoms into their tokens: a weighted sum of the rectified rows of a token's atoms, for several samples.
 *
 * Token t owns the entries from first[t] up to first[t + 1]; an entry is an atom of the sample and its weight.
 */
export const tokenMean = defineKernel({
  name: "token_mean",
  formula: "y[s, t] = Σₑ weightₑ · relu(x[s, atomₑ])",
  inputs: { x: ["all_atoms", "C"], first: ["bounds"], entries: ["entry_count", 2] },
  inouts: {},
  outputs: { y: ["samples", "tokens", "C"] },
  params: {},
  scalars: { samples: "u32" },
  uniforms: ["samples", "tokens", "atoms"],
  derive: ({ bounds, all_atoms, samples }) => ({ tokens: bounds - 1, atoms: all_atoms / samples }),
  variants: laneVariants,
  work: ({ samples, tokens, entry_count, C }) => ({
    rows: (samples * tokens * C) / 4,
    flops: (12 * entry_count) / tokens,
  }),
  flops: ({ samples, entry_count, C }) => 3 * samples * entry_count * C,
  touched: ({ samples, entry_count, all_atoms, C }) => ({ x: C * Math.min(all_atoms, samples * entry_count) }),
  tolerance: (_, precision) => reduction(MOST, precision),
  rows: ({ samples, tokens }) => samples * tokens,
  reference({ x, first, entries }, { y }, { all_atoms, samples, tokens, C }, rows) {
    const atoms = all_atoms / samples;
    for (const row of rows) {
      const [sample, token] = [Math.floor(row / tokens), row % tokens];
      for (let c = 0; c < C; c++) {
        let sum = 0;
        for (let e = first[token]; e < first[token + 1]; e++)
          sum += entries[2 * e + 1] * Math.max(x[(sample * atoms + entries[2 * e]) * C + c], 0);
        y[row * C + c] = sum;
      }
    }
  },
  prepare({ first, entries }, { entry_count, bounds, all_atoms, samples }) {
    for (let t = 0; t < bounds; t++) first[t] = Math.floor((entry_count * t) / (bounds - 1));
    for (let e = 0; e < entry_count; e++) entries[2 * e] = (5 * e) % (all_atoms / samples);
  },
  cases: [
    { name: "one token", dims: { all_atoms: 1, C: 4, bounds: 2, entry_count: 1 }, scalars: { samples: 1 } },
    {
      name: "ragged",
      dims: { all_atoms: 3 * 32, C: 20, bounds: 8, entry_count: 31 },
      scalars: { samples: 3 },
      tags: ["ragged"],
    },
    {
      name: "tokens without atoms",
      dims: { all_atoms: 32, C: 8, bounds: 40, entry_count: 17 },
      scalars: { samples: 1 },
      tags: ["ragged"],
    },
    {
      name: "atoms of 256 tokens",
      dims: { all_atoms: 6144, C: 768, bounds: 257, entry_count: 2048 },
      scalars: { samples: 1 },
      tags: ["bench"],
    },
  ],
});
