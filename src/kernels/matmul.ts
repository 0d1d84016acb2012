import { defineKernel } from "../gpu/plan/kernel.ts";
import { product } from "./check/reference.ts";
import { reduction } from "./check/tolerance.ts";
import { tileVariants } from "./families/tile.ts";

/** A plain matrix product, or its hyperbolic tangent: the yardstick of the adapter's rate, and `bench --mode toy`. */
export const matmul = defineKernel({
  name: "matmul",
  formula: "y = x W, or tanh(x W)",
  inputs: { x: ["rows", "K"], weights: ["COLUMNS", "K"] },
  inouts: {},
  outputs: { y: ["rows", "COLUMNS"] },
  halves: { Operand: ["x"], Weight: ["weights"], Product: ["y"] },
  params: { TANH: false },
  scalars: {},
  uniforms: ["rows"],
  variants: tileVariants,
  work: ({ rows, COLUMNS, K }) => ({ rows, columns: COLUMNS, flops: 2 * K }),
  flops: ({ rows, K, COLUMNS }) => 2 * rows * K * COLUMNS,
  tolerance: ({ K }, precision) => reduction(K, precision),
  rows: ({ rows }) => rows,
  reference({ x, weights }, { y }, { K, COLUMNS, TANH }, rows) {
    for (const row of rows)
      for (let c = 0; c < COLUMNS; c++) {
        const sum = product(x.subarray(row * K, (row + 1) * K), weights, c * K);
        y[row * COLUMNS + c] = TANH ? Math.tanh(sum) : sum;
      }
  },
  cases: [
    { name: "one row", dims: { rows: 1, K: 4, COLUMNS: 4 } },
    { name: "ragged", dims: { rows: 37, K: 52, COLUMNS: 20 }, vary: { rows: [1, 80] }, tags: ["ragged"] },
    { name: "tanh", dims: { rows: 9, K: 64, COLUMNS: 24 }, params: { TANH: true } },
    { name: "1024 × 1024 × 1024", dims: { rows: 1024, K: 1024, COLUMNS: 1024 }, tags: ["bench"] },
    { name: "4096 × 4096 × 4096", dims: { rows: 4096, K: 4096, COLUMNS: 4096 }, tags: ["bench"] },
  ],
});
