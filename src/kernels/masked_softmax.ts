import { defineKernel } from "../gpu/plan/kernel.ts";
import { reduction } from "./check/tolerance.ts";
import { rowVariants } from "./families/rows.ts";

/**
 * A softmax over the keys of every row, in place. penalty · (mask − 1) is added to the logits in float32, as all engines
 * do: it may round away what distinguishes them. The mask's rows repeat. What pads a row becomes zero.
 */
export const maskedSoftmax = defineKernel({
  name: "masked_softmax",
  formula: "logits[row, k] ← softmaxₖ(logits[row, k] + penalty · (mask[row, k] − 1))",
  inputs: { mask: ["mask_rows", "pitch"] },
  inouts: { logits: ["rows", "pitch"] },
  outputs: {},
  params: {},
  scalars: { n: "u32", penalty: "f32" },
  uniforms: ["n", "rows", "pitch", "mask_rows", "penalty"],
  variants: rowVariants,
  work: ({ rows, pitch }) => ({ rows, columns: pitch, flops: 8 }),
  flops: ({ rows, n }) => 8 * rows * n,
  tolerance: ({ n }, precision) => reduction(n, precision),
  rows: ({ rows }) => rows,
  reference({ mask, logits }, results, { n, pitch, mask_rows, penalty }, rows) {
    for (const row of rows) {
      const line = Array.from({ length: n }, (_, k) => {
        const added = penalty * (mask[(row % mask_rows) * pitch + k] - 1);
        return Math.fround(logits[row * pitch + k] + added);
      });
      const largest = line.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
      const total = line.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
      for (let k = 0; k < pitch; k++) results.logits[row * pitch + k] = k < n ? Math.exp(line[k] - largest) / total : 0;
    }
  },
  fill: { mask: "mask" },
  cases: [
    { name: "one key", dims: { rows: 3, pitch: 4, mask_rows: 1 }, scalars: { n: 1, penalty: 1e9 } },
    {
      name: "ragged, one mask",
      dims: { rows: 21, pitch: 40, mask_rows: 1 },
      vary: { rows: [1, 40] },
      scalars: { n: 38, penalty: 1e9 },
      tags: ["ragged"],
    },
    {
      name: "a mask for every query",
      dims: { rows: 39, pitch: 16, mask_rows: 13 },
      scalars: { n: 13, penalty: 1e8 },
      tags: ["ragged"],
    },
    // Among so many rows, each of the four keys is somewhere the only one that is left, and somewhere none is.
    { name: "one key of four", dims: { rows: 6000, pitch: 4, mask_rows: 6000 }, scalars: { n: 4, penalty: 1e8 } },
    { name: "more keys than lanes", dims: { rows: 9, pitch: 404, mask_rows: 3 }, scalars: { n: 403, penalty: 1e8 } },
    {
      name: "N = 128",
      dims: { rows: 8 * 128, pitch: 128, mask_rows: 128 },
      scalars: { n: 128, penalty: 1e8 },
      tags: ["bench"],
    },
    {
      name: "N = 512",
      dims: { rows: 8 * 512, pitch: 512, mask_rows: 512 },
      scalars: { n: 512, penalty: 1e8 },
      tags: ["bench"],
    },
  ],
});
