import { defineKernel } from "../gpu/plan/kernel.ts";
import { product as dot, normalisedRow, pitchOf, setColumnSums, sigmoid } from "./check/reference.ts";
import { reduction } from "./check/tolerance.ts";
import { tileVariants } from "./families/tile.ts";

/**
 * The last step of a triangle multiplication: norm over the product's channels, projection, gate, residual.
 *
 * `unscale` takes back what `triangle_combine` scaled the product by, before the norm, whose epsilon knows its size.
 */
export const triangleOutput = defineKernel({
  name: "triangle_output",
  formula: "updated = pair + (LN(unscale · product) Wz + bz) · σ(LN(pair) Wg + bg)",
  inputs: {
    pair: ["n", "n", "C"],
    product: ["HIDDEN", "n", "pitch"],
    output_weights: ["C", "HIDDEN"],
    output_terms: [2, "C"],
    gate_weights: ["C", "C"],
    gate_terms: [2, "C"],
  },
  inouts: {},
  outputs: { updated: ["n", "n", "C"] },
  halves: { Product: ["product"], OutputWeight: ["output_weights"], GateWeight: ["gate_weights"] },
  normalises: ["product"],
  params: { CHANNELS: 128, HIDDEN_CHANNELS: 128 },
  scalars: { unscale: "f32" },
  uniforms: ["n", "pitch", "unscale"],
  derive: ({ n }) => ({ pitch: pitchOf(n) }),
  variants: tileVariants,
  work: ({ n, pitch, C, HIDDEN }) => ({ rows: n * pitch, columns: C, flops: 2 * (C + HIDDEN) }),
  flops: ({ n, CHANNELS, HIDDEN_CHANNELS }) => 2 * n * n * CHANNELS * (CHANNELS + HIDDEN_CHANNELS),
  tolerance: ({ CHANNELS, HIDDEN_CHANNELS }, precision) => reduction(Math.max(CHANNELS, HIDDEN_CHANNELS), precision),
  rows: ({ n }) => n * n,
  reference(
    { pair, product, output_weights, output_terms, gate_weights, gate_terms },
    { updated },
    { n, pitch, unscale, C, HIDDEN, CHANNELS, HIDDEN_CHANNELS },
    rows,
  ) {
    for (const row of rows) {
      const position = Math.floor(row / n) * pitch + (row % n);
      const own = Float32Array.from({ length: HIDDEN_CHANNELS }, (_, h) => unscale * product[h * n * pitch + position]);
      const y = normalisedRow(own, 0, HIDDEN_CHANNELS);
      const x = normalisedRow(pair, row * C, CHANNELS);
      for (let c = 0; c < C; c++) {
        const value = dot(y, output_weights, c * HIDDEN) + output_terms[C + c];
        const gate = sigmoid(dot(x, gate_weights, c * C) + gate_terms[C + c]);
        updated[row * C + c] = pair[row * C + c] + value * gate;
      }
    }
  },
  prepare({ output_weights, output_terms, gate_weights, gate_terms }, { C, HIDDEN, CHANNELS, HIDDEN_CHANNELS }) {
    setColumnSums(output_terms, output_weights, HIDDEN, HIDDEN_CHANNELS);
    setColumnSums(gate_terms, gate_weights, C, CHANNELS);
  },
  cases: [
    {
      name: "one token",
      dims: { n: 1, C: 8, HIDDEN: 4 },
      scalars: { unscale: 1 },
      params: { CHANNELS: 8, HIDDEN_CHANNELS: 4 },
    },
    {
      name: "ragged",
      dims: { n: 13, C: 20, HIDDEN: 12 },
      scalars: { unscale: 4 },
      vary: { n: [1, 24] },
      params: { CHANNELS: 18, HIDDEN_CHANNELS: 10 },
      tags: ["ragged"],
    },
    {
      name: "far from zero",
      dims: { n: 6, C: 16, HIDDEN: 64 },
      scalars: { unscale: 1 },
      params: { CHANNELS: 16, HIDDEN_CHANNELS: 64 },
      shift: { product: 100 },
    },
    { name: "N = 128", dims: { n: 128, C: 128, HIDDEN: 128 }, scalars: { unscale: 1 }, tags: ["bench"] },
    { name: "N = 512", dims: { n: 512, C: 128, HIDDEN: 128 }, scalars: { unscale: 1 }, tags: ["bench"] },
  ],
});
