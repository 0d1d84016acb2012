import { defineKernel } from "../gpu/plan/kernel.ts";
import { MODERATE_PENALTY, pitchOf } from "./check/reference.ts";
import { reduction } from "./check/tolerance.ts";
import { keysVariants } from "./families/keys.ts";

/**
 * Streaming-softmax attention with a pair bias that the batch shares. The output replaces the queries.
 *
 * The queries are already scaled; the gates have passed their sigmoid, and are empty where GATED does not hold. Masked keys: see REPLACE in the shader.
 */
export const attention = defineKernel({
  name: "attention",
  formula: "q ← g? · softmaxⱼ(q·k + mask + bias) v",
  inputs: {
    g: ["gate_batch", "n", "HEADS", "D"],
    k: ["batch", "n", "HEADS", "D"],
    v: ["batch", "n", "HEADS", "D"],
    bias: ["HEADS", "n", "pitch"],
    mask: ["mask_rows", "pitch"],
  },
  inouts: { q: ["batch", "n", "HEADS", "D"] },
  outputs: {},
  halves: { Head: ["g", "k", "v", "q"] },
  params: { REPLACE: false, GATED: true },
  scalars: { first_batch: "u32", penalty: "f32" },
  uniforms: ["batch", "n", "pitch", "first_batch", "penalty"],
  derive: ({ n, batch, GATED }) => ({ pitch: pitchOf(n), gate_batch: GATED ? batch : 0 }),
  variants: keysVariants,
  work: ({ batch, n, pitch, HEADS, D }) => ({ batch: batch * HEADS, rows: n, columns: pitch, flops: 4 * D + 8 }),
  flops: ({ batch, n, HEADS, D }) => batch * HEADS * n * n * (4 * D + 8),
  touched: ({ batch, pitch }) => ({ mask: batch * pitch }),
  tolerance: ({ n, D }, precision) => reduction(Math.max(n, D), precision),
  rows: ({ batch, n, HEADS }) => batch * n * HEADS,
  reference(inputs, results, { n, pitch, HEADS, D, REPLACE, GATED, first_batch, penalty }, rows) {
    const { g, k, v, bias, mask } = inputs;
    for (const row of rows) {
      const [b, i, h] = [Math.floor(row / (n * HEADS)), Math.floor(row / HEADS) % n, row % HEADS];
      const logits = Float64Array.from({ length: n }, (_, j) => {
        const present = mask[(first_batch + b) * pitch + j];
        if (REPLACE && !present) return Number.NEGATIVE_INFINITY;
        let dot = 0;
        for (let d = 0; d < D; d++) dot += inputs.q[row * D + d] * k[((b * n + j) * HEADS + h) * D + d];
        return dot + (REPLACE ? 0 : penalty * (present - 1)) + bias[(h * n + i) * pitch + j];
      });
      const largest = logits.reduce((a, c) => Math.max(a, c), Number.NEGATIVE_INFINITY);
      // All keys masked: the engine's equal, finite logits average them.
      const p = logits.map((x) => (largest === Number.NEGATIVE_INFINITY ? 1 : Math.exp(x - largest)));
      const total = p.reduce((a, c) => a + c, 0);
      for (let d = 0; d < D; d++) {
        let sum = 0;
        for (let j = 0; j < n; j++) sum += p[j] * v[((b * n + j) * HEADS + h) * D + d];
        results.q[row * D + d] = ((GATED ? g[row * D + d] : 1) * sum) / total;
      }
    }
  },
  prepare({ q, mask }, { D, pitch, penalty }) {
    for (let at = 0; at < q.length; at++) q[at] /= Math.sqrt(D);
    // All keys of every third row are masked, and the first half of the next one's.
    if (penalty <= MODERATE_PENALTY)
      for (let row = 0; row < mask.length / pitch; row++)
        if (row % 3 > 0) mask.fill(0, row * pitch, row % 3 === 1 ? (row + 1) * pitch : (row + 0.5) * pitch);
  },
  fill: { mask: "mask" },
  cases: [
    {
      name: "one token",
      dims: { batch: 1, n: 1, HEADS: 1, D: 4, mask_rows: 1 },
      scalars: { first_batch: 0, penalty: 30 },
    },
    {
      name: "ragged, penalty",
      dims: { batch: 5, n: 13, HEADS: 3, D: 12, mask_rows: 8 },
      vary: { batch: [1, 5], n: [1, 40] },
      scalars: { first_batch: 3, penalty: 30 },
      tags: ["ragged"],
    },
    {
      name: "ragged, replaced",
      dims: { batch: 3, n: 37, HEADS: 2, D: 16, mask_rows: 3 },
      vary: { batch: [1, 3], n: [1, 40] },
      params: { REPLACE: true },
      scalars: { first_batch: 0, penalty: 0 },
      tags: ["ragged"],
    },
    {
      name: "no gates",
      dims: { batch: 2, n: 9, HEADS: 2, D: 8, mask_rows: 2 },
      params: { GATED: false },
      scalars: { first_batch: 0, penalty: 1e9 },
      tags: ["ragged"],
    },
    {
      name: "single, many heads",
      dims: { batch: 1, n: 70, HEADS: 16, D: 24, mask_rows: 1 },
      scalars: { first_batch: 0, penalty: 1e9 },
    },
    {
      name: "N = 128",
      dims: { batch: 128, n: 128, HEADS: 4, D: 32, mask_rows: 128 },
      scalars: { first_batch: 0, penalty: 1e8 },
      tags: ["bench"],
    },
    {
      name: "N = 512",
      dims: { batch: 512, n: 512, HEADS: 4, D: 32, mask_rows: 512 },
      scalars: { first_batch: 0, penalty: 1e8 },
      tags: ["bench"],
    },
  ],
});
