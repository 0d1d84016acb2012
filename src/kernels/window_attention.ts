import { defineKernel } from "../gpu/plan/kernel.ts";
import { MODERATE_PENALTY, sigmoid } from "./check/reference.ts";
import { reduction } from "./check/tolerance.ts";
import { keysVariants } from "./families/keys.ts";

/**
 * Attention of atoms within windows, for several samples: each window's queries see the keys that `keys_of` names.
 *
 * `qg` holds the scaled queries and the gates before their sigmoid, `kv` keys and values, row by row. An entry of `keys_of`
 * is a row within the sample (negative: key and value are zero) and a mask. Penalties: see the shader.
 */
export const windowAttention = defineKernel({
  name: "window_attention",
  formula: "o = σ(g) · softmaxⱼ(q·kⱼ + mask + bias) v",
  inputs: {
    qg: ["rows", 2, "HEADS", "D"],
    kv: ["rows", 2, "HEADS", "D"],
    bias: ["HEADS", "lines", "n"],
    keys_of: ["windows", "n", 2],
    query_mask: ["lines"],
  },
  inouts: {},
  outputs: { o: ["rows", "HEADS", "D"] },
  halves: { Head: ["qg", "kv"], Output: ["o"] },
  params: { WINDOW_QUERIES: 32, BOTH: false },
  scalars: { penalty: "f32" },
  uniforms: ["samples", "windows", "n", "penalty"],
  derive: ({ rows, windows, WINDOW_QUERIES }) => ({
    lines: windows * WINDOW_QUERIES,
    samples: rows / (windows * WINDOW_QUERIES),
  }),
  variants: keysVariants,
  work: ({ rows, n, HEADS, D, WINDOW_QUERIES }) => ({
    batch: (rows / WINDOW_QUERIES) * HEADS,
    rows: WINDOW_QUERIES,
    columns: n,
    flops: 4 * D + 10,
  }),
  flops: ({ rows, n, HEADS, D }) => rows * HEADS * n * (4 * D + 10),
  tolerance: ({ n, D }, precision) => reduction(Math.max(n, D), precision),
  rows: ({ rows, HEADS }) => rows * HEADS,
  reference({ qg, kv, bias, keys_of, query_mask }, { o }, dims, rows) {
    const { n, lines, HEADS, D, WINDOW_QUERIES, BOTH, penalty } = dims;
    const at = (row: number, part: number, h: number) => ((row * 2 + part) * HEADS + h) * D;
    for (const row of rows) {
      const [line, h] = [Math.floor(row / HEADS), row % HEADS];
      const [sample, i] = [Math.floor(line / lines), line % lines];
      const window = Math.floor(i / WINDOW_QUERIES);
      const keys = Array.from({ length: n }, (_, j) => keys_of[2 * (window * n + j)]);
      const logits = keys.map((key, j) => {
        const absent = 1 - keys_of[2 * (window * n + j) + 1];
        let dot = 0;
        if (key >= 0)
          for (let d = 0; d < D; d++) dot += qg[at(line, 0, h) + d] * kv[at(sample * lines + key, 0, h) + d];
        const mask = BOTH ? penalty * (1 - query_mask[i]) * absent : -penalty * absent;
        return dot + mask + bias[(h * lines + i) * n + j];
      });
      const largest = Math.max(...logits);
      const p = logits.map((x) => Math.exp(x - largest));
      const total = p.reduce((a, c) => a + c, 0);
      for (let d = 0; d < D; d++) {
        let sum = 0;
        keys.forEach((key, j) => {
          if (key >= 0) sum += p[j] * kv[at(sample * lines + key, 1, h) + d];
        });
        o[row * D + d] = (sigmoid(qg[at(line, 1, h) + d]) * sum) / total;
      }
    }
  },
  prepare({ qg, keys_of }, { lines, HEADS, D, n, penalty }) {
    const width = HEADS * D;
    for (let at = 0; at < qg.length; at++) if (at % (2 * width) < width) qg[at] /= Math.sqrt(D);
    // Rows all over the sample; one in five names none, one in seven is masked, and every key of a second window.
    for (let at = 0; at < keys_of.length / 2; at++) {
      keys_of[2 * at] = at % 5 === 3 ? -1 : (11 * at) % lines;
      keys_of[2 * at + 1] = at % 7 === 2 || (penalty <= MODERATE_PENALTY && Math.floor(at / n) === 1) ? 0 : 1;
    }
  },
  fill: { query_mask: "mask" },
  cases: [
    {
      name: "one window",
      dims: { rows: 32, HEADS: 1, D: 4, n: 128, windows: 1 },
      scalars: { penalty: 30 },
    },
    {
      name: "samples, keys masked",
      dims: { rows: 2 * 3 * 32, HEADS: 3, D: 8, n: 128, windows: 3 },
      scalars: { penalty: 30 },
      tags: ["ragged"],
    },
    {
      name: "queries and keys masked",
      dims: { rows: 3 * 12, HEADS: 2, D: 12, n: 20, windows: 3 },
      params: { WINDOW_QUERIES: 12, BOTH: true },
      scalars: { penalty: 30 },
      tags: ["ragged"],
    },
    {
      name: "atoms of 256 tokens",
      dims: { rows: 6144, HEADS: 4, D: 32, n: 128, windows: 192 },
      scalars: { penalty: 1e8 },
      tags: ["bench"],
    },
  ],
});
