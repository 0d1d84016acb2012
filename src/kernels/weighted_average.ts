import { defineKernel } from "../gpu/plan/kernel.ts";
import { reduction } from "./check/tolerance.ts";
import { tileVariants } from "./families/tile.ts";

/**
 * Each head's weighted average of all tokens' values, for every sequence, times the gate that stood in its place.
 *
 * All sequences share the weights: it is one matrix product per head. D is a multiple of four; keys that pad are zero.
 */
export const weightedAverage = defineKernel({
  name: "weighted_average",
  formula: "gated[s, q, h, d] ← gated[s, q, h, d] · Σₖ weights[h, q, k] values[s, h, d, k]",
  inputs: { weights: ["HEADS", "n", "pitch"], values: ["sequences", "HEADS", "D", "pitch"] },
  inouts: { gated: ["sequences", "n", "HEADS", "D"] },
  outputs: {},
  halves: { Weight: ["weights"], Value: ["values"], Gated: ["gated"] },
  params: {},
  scalars: {},
  uniforms: ["n", "pitch", "sequences"],
  variants: tileVariants,
  work: ({ n, pitch, sequences, HEADS, D }) => ({ batch: HEADS, rows: n, columns: sequences * D, flops: 2 * pitch }),
  flops: ({ n, sequences, HEADS, D }) => 2 * HEADS * n * n * sequences * D,
  tolerance: ({ n }, precision) => reduction(n, precision),
  rows: ({ sequences, n }) => sequences * n,
  reference(inputs, { gated }, { n, pitch, HEADS, D }, rows) {
    const { weights, values } = inputs;
    for (const row of rows) {
      const [s, q] = [Math.floor(row / n), row % n];
      for (let channel = 0; channel < HEADS * D; channel++) {
        const from = (Math.floor(channel / D) * n + q) * pitch;
        const value = (s * HEADS * D + channel) * pitch;
        let sum = 0;
        for (let k = 0; k < n; k++) sum += weights[from + k] * values[value + k];
        gated[row * HEADS * D + channel] = inputs.gated[row * HEADS * D + channel] * sum;
      }
    }
  },
  prepare({ weights, values }, { n, pitch }) {
    for (const operand of [weights, values])
      for (let at = 0; at < operand.length; at++) if (at % pitch >= n) operand[at] = 0;
  },
  cases: [
    { name: "one token", dims: { n: 1, pitch: 4, sequences: 3, HEADS: 1, D: 4 } },
    {
      name: "ragged",
      dims: { n: 37, pitch: 40, sequences: 5, HEADS: 3, D: 12 },
      vary: { sequences: [1, 20] },
      tags: ["ragged"],
    },
    { name: "more sequences than tokens", dims: { n: 6, pitch: 8, sequences: 41, HEADS: 2, D: 8 }, tags: ["ragged"] },
    { name: "M = 256, N = 64", dims: { n: 64, pitch: 64, sequences: 256, HEADS: 8, D: 8 }, tags: ["bench"] },
    { name: "M = 1024, N = 512", dims: { n: 512, pitch: 512, sequences: 1024, HEADS: 8, D: 8 }, tags: ["bench"] },
  ],
});
