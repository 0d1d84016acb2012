import { defineKernel } from "../gpu/plan/kernel.ts";
import { pitchOf } from "./check/reference.ts";
import { reduction } from "./check/tolerance.ts";
import { tileVariants } from "./families/tile.ts";

/**
 * The second step of a triangle multiplication: the product over the third corner, one matrix per channel.
 *
 * `scale` is a power of two, which rounds nothing: sums over many tokens are to fit into halves. `triangle_output` takes it back.
 */
export const triangleCombine = defineKernel({
  name: "triangle_combine",
  formula: "product[h, i, j] = scale · Σₖ a[h, i, k] b[h, j, k]",
  inputs: { a: ["HIDDEN", "n", "pitch"], b: ["HIDDEN", "n", "pitch"] },
  inouts: {},
  outputs: { product: ["HIDDEN", "n", "pitch"] },
  halves: { Factor: ["a", "b"], Product: ["product"] },
  params: {},
  scalars: { scale: "f32" },
  uniforms: ["n", "pitch", "scale"],
  derive: ({ n }) => ({ pitch: pitchOf(n) }),
  variants: tileVariants,
  work: ({ n, pitch, HIDDEN }) => ({ batch: HIDDEN, rows: n, columns: n, flops: 2 * pitch }),
  flops: ({ n, HIDDEN }) => 2 * HIDDEN * n ** 3,
  tolerance: ({ n }, precision) => reduction(n, precision),
  rows: ({ n, HIDDEN }) => HIDDEN * n,
  reference({ a, b }, { product }, { n, pitch, scale }, rows) {
    for (const row of rows) {
      const channel = Math.floor(row / n);
      for (let j = 0; j < pitch; j++) {
        let sum = 0;
        if (j < n) for (let k = 0; k < n; k++) sum += a[row * pitch + k] * b[(channel * n + j) * pitch + k];
        product[row * pitch + j] = scale * sum;
      }
    }
  },
  prepare({ a, b }, { n, pitch }) {
    for (const operand of [a, b]) for (let at = 0; at < operand.length; at++) if (at % pitch >= n) operand[at] = 0;
  },
  cases: [
    { name: "one token", dims: { n: 1, HIDDEN: 4 }, scalars: { scale: 1 } },
    {
      name: "ragged",
      dims: { n: 37, HIDDEN: 12 },
      scalars: { scale: 0.25 },
      vary: { n: [1, 40], HIDDEN: [1, 8] },
      tags: ["ragged"],
    },
    {
      name: "beyond halves but for the scale",
      dims: { n: 37, HIDDEN: 4 },
      scalars: { scale: 0.25 },
      shift: { a: 60, b: 60 },
    },
    { name: "N = 128", dims: { n: 128, HIDDEN: 128 }, scalars: { scale: 1 }, tags: ["bench"] },
    { name: "N = 512", dims: { n: 512, HIDDEN: 128 }, scalars: { scale: 1 }, tags: ["bench"] },
  ],
});
