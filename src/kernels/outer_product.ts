import { defineKernel } from "../gpu/plan/kernel.ts";
import { reduction } from "./check/tolerance.ts";
import { tileVariants } from "./families/tile.ts";

/**
 * The products of all channels of a token with all channels of another, summed over the sequences.
 *
 * HIDDEN is a multiple of four; sequences that pad are zero. `first_token` and `tokens` choose the tokens i: the whole
 * product is 8 times a pair tensor at published widths and never made at once.
 */
export const outerProduct = defineKernel({
  name: "outer_product",
  formula: "product[i, j, c, e] = Σₛ factors[i, 0, c, s] factors[j, 1, e, s]",
  inputs: { factors: ["n", 2, "HIDDEN", "pitch"] },
  inouts: {},
  outputs: { product: ["tokens", "n", "HIDDEN", "HIDDEN"] },
  halves: { Factor: ["factors"], Product: ["product"] },
  params: {},
  scalars: { first_token: "u32", tokens: "u32" },
  uniforms: ["n", "pitch", "first_token", "tokens"],
  variants: tileVariants,
  work: ({ tokens, n, pitch, HIDDEN }) => ({ rows: tokens * HIDDEN, columns: n * HIDDEN, flops: 2 * pitch }),
  flops: ({ n, tokens, pitch, HIDDEN }) => 2 * tokens * n * HIDDEN ** 2 * pitch,
  touched: ({ n, tokens, pitch, HIDDEN }) => ({ factors: (n + tokens) * HIDDEN * pitch }),
  tolerance: ({ pitch }, precision) => reduction(pitch, precision),
  rows: ({ tokens, n }) => tokens * n,
  reference({ factors }, { product }, { n, pitch, first_token, HIDDEN }, rows) {
    for (const row of rows) {
      const [i, j] = [first_token + Math.floor(row / n), row % n];
      for (let at = 0; at < HIDDEN ** 2; at++) {
        const left = (2 * i * HIDDEN + Math.floor(at / HIDDEN)) * pitch;
        const right = ((2 * j + 1) * HIDDEN + (at % HIDDEN)) * pitch;
        let sum = 0;
        for (let s = 0; s < pitch; s++) sum += factors[left + s] * factors[right + s];
        product[row * HIDDEN ** 2 + at] = sum;
      }
    }
  },
  cases: [
    { name: "one token", dims: { n: 1, HIDDEN: 4, pitch: 4 }, scalars: { first_token: 0, tokens: 1 } },
    {
      name: "ragged",
      dims: { n: 11, HIDDEN: 12, pitch: 20 },
      vary: { n: [11, 24] },
      scalars: { first_token: 0, tokens: 11 },
      tags: ["ragged"],
    },
    {
      name: "some of the tokens",
      dims: { n: 7, HIDDEN: 8, pitch: 36 },
      scalars: { first_token: 3, tokens: 3 },
      tags: ["ragged"],
    },
    {
      name: "M = 256, N = 64",
      dims: { n: 64, HIDDEN: 32, pitch: 256 },
      scalars: { first_token: 0, tokens: 64 },
      tags: ["bench"],
    },
    {
      name: "M = 1024, N = 512",
      dims: { n: 512, HIDDEN: 32, pitch: 1024 },
      scalars: { first_token: 0, tokens: 64 },
      tags: ["bench"],
    },
  ],
});
