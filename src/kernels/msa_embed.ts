import { defineKernel } from "../gpu/kernel.ts";
import { pitchOf, product } from "./reference.ts";
import { tileFlops, tiles, tileVariants } from "./tile.ts";
import { reduction } from "./tolerance.ts";

/** The representation of an MSA [sequences · n, C] from its features and a row per token; MASKED multiplies by the mask. */
export const msaEmbed = defineKernel({
  name: "msa_embed",
  formula: "y[s, i] = mask[s, i] · (features[s, i] W + tokens[i])",
  inputs: { features: ["rows", "K"], weights: ["C", "K"], tokens: ["n", "C"], mask: ["mask_lines", "pitch"] },
  inouts: {},
  outputs: { y: ["rows", "C"] },
  params: { MASKED: false },
  scalars: {},
  uniforms: ["rows", "n", "pitch"],
  derive: ({ n }) => ({ pitch: pitchOf(n) }),
  variants: tileVariants,
  workgroups: (dims) => tiles(dims.rows, dims.C, dims),
  cost: ({ rows, n, K, C, mask_lines, pitch }) => ({
    flops: 2 * rows * K * C,
    bytes: 4 * (rows * (K + C) + C * (K + n) + mask_lines * pitch),
  }),
  done: (dims) => tileFlops(dims.rows, dims.C, dims.K, dims),
  tolerance: ({ K }) => reduction(K),
  rows: ({ rows }) => rows,
  reference({ features, weights, tokens, mask }, { y }, { n, pitch, K, C, MASKED }, rows) {
    for (const row of rows) {
      const token = row % n;
      const scale = MASKED ? mask[Math.floor(row / n) * pitch + token] : 1;
      const x = features.subarray(row * K, (row + 1) * K);
      for (let c = 0; c < C; c++) y[row * C + c] = scale * (product(x, weights, c * K) + tokens[token * C + c]);
    }
  },
  fill: { mask: "mask" },
  cases: [
    { name: "one row", dims: { rows: 1, n: 1, K: 4, C: 4, mask_lines: 0 } },
    {
      name: "ragged, masked",
      dims: { rows: 6 * 7, n: 7, K: 52, C: 20, mask_lines: 6 },
      params: { MASKED: true },
      tags: ["ragged"],
    },
    { name: "ragged", dims: { rows: 3 * 13, n: 13, K: 36, C: 36, mask_lines: 0 }, tags: ["ragged"] },
    {
      name: "M = 256, N = 64",
      dims: { rows: 256 * 64, n: 64, K: 52, C: 64, mask_lines: 256 },
      params: { MASKED: true },
      tags: ["bench"],
    },
  ],
});
