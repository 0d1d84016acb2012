import { defineKernel } from "../gpu/plan/kernel.ts";
import { normalisedRow, pitchOf, product, setColumnSums, setGates, sigmoid, silu } from "./check/reference.ts";
import { reduction } from "./check/tolerance.ts";
import { chainVariants } from "./families/chain.ts";

/**
 * The end of an attention of the pair, the transition behind it, and the pair bias of the attention that follows, if it has HEADS: what
 * `gated_residual`, `transition` and `attention_project` do, each pair row read and written once.
 *
 * Rows of `first_weights`: those of the gates, those of the transition in eights as `swiglu` takes them, those of the bias, padded to a
 * multiple of four. `terms` holds the sums of their weights, which it does not read, and their biases. TRANSPOSED: x [n, n, HIDDEN] walks
 * the pair along its columns. Positions j ≥ n of the bias are left as they are.
 */
export const attentionTransition = defineKernel({
  name: "attention_transition",
  formula:
    "residual ← residual + (σ(LN(residual) Wg + bg) · x) W,  then + (silu(LN(residual) Wa) · (LN(residual) Wb)) Wd,  bias = LN(residual) Wh",
  inputs: {
    x: ["n", "n", "HIDDEN"],
    first_weights: ["COLUMNS", "C"],
    terms: [2, "COLUMNS"],
    output_weights: ["C", "HIDDEN"],
    down_weights: ["C", "MIDDLE"],
  },
  inouts: { residual: ["n", "n", "C"] },
  outputs: { bias: ["HEADS", "n", "pitch"] },
  halves: {
    Operand: ["x"],
    FirstWeight: ["first_weights"],
    OutputWeight: ["output_weights"],
    DownWeight: ["down_weights"],
  },
  params: { CHANNELS: 128, HEADS: 16, TRANSPOSED: false },
  scalars: {},
  uniforms: ["n", "pitch"],
  derive: ({ n, HIDDEN, MIDDLE, HEADS }) => ({ pitch: pitchOf(n), COLUMNS: HIDDEN + 2 * MIDDLE + pitchOf(HEADS) }),
  variants: chainVariants(4),
  fuses: true,
  work: ({ n, C, HIDDEN, MIDDLE, HEADS }) => ({
    rows: n * n,
    columns: C,
    flops: 4 * HIDDEN + 6 * MIDDLE + 2 * HEADS,
  }),
  flops: ({ n, CHANNELS, C, HIDDEN, MIDDLE, HEADS }) =>
    2 * n * n * (HIDDEN * (CHANNELS + C) + CHANNELS * (3 * MIDDLE + HEADS)),
  // Each product reads what those before it left: their errors add up.
  tolerance: ({ CHANNELS, HIDDEN, MIDDLE }, precision) => reduction(CHANNELS + HIDDEN + MIDDLE, precision),
  rows: ({ n }) => n * n,
  reference(inputs, { residual, bias }, { n, pitch, C, CHANNELS, HIDDEN, MIDDLE, HEADS, COLUMNS, TRANSPOSED }, rows) {
    const { x, first_weights, terms, output_weights, down_weights } = inputs;
    for (const row of rows) {
      const own = Float64Array.from(inputs.residual.subarray(row * C, row * C + C));
      const from = (TRANSPOSED ? (row % n) * n + Math.floor(row / n) : row) * HIDDEN;
      const project = (source: Float64Array, at: number) =>
        product(source, first_weights, at * C) + terms[COLUMNS + at];
      const gates = normalisedRow(own, 0, CHANNELS);
      const gated = Float64Array.from({ length: HIDDEN }, (_, h) => x[from + h] * sigmoid(project(gates, h)));
      for (let c = 0; c < C; c++) own[c] += product(gated, output_weights, c * HIDDEN);
      const source = normalisedRow(own, 0, CHANNELS);
      const hidden = Float64Array.from({ length: MIDDLE }, (_, h) => {
        const gate = HIDDEN + 8 * Math.floor(h / 4) + (h % 4);
        return silu(project(source, gate)) * project(source, gate + 4);
      });
      for (let c = 0; c < C; c++) own[c] += product(hidden, down_weights, c * MIDDLE);
      residual.set(own, row * C);
      const last = normalisedRow(own, 0, CHANNELS);
      for (let h = 0; h < HEADS; h++)
        bias[(h * n + Math.floor(row / n)) * pitch + (row % n)] = project(last, HIDDEN + 2 * MIDDLE + h);
    }
  },
  prepare({ first_weights, terms }, { C, CHANNELS, HIDDEN, MIDDLE }) {
    setGates(first_weights, C, CHANNELS, 0, HIDDEN + 2 * MIDDLE);
    setColumnSums(terms, first_weights, C, CHANNELS);
  },
  cases: [
    { name: "one token", dims: { n: 1, HIDDEN: 4, MIDDLE: 4, C: 4 }, params: { CHANNELS: 4, HEADS: 1 } },
    {
      name: "ragged",
      dims: { n: 9, HIDDEN: 68, MIDDLE: 52, C: 20 },
      params: { CHANNELS: 18, HEADS: 5 },
      tags: ["ragged"],
    },
    {
      name: "transposed, no bias",
      dims: { n: 10, HIDDEN: 36, MIDDLE: 36, C: 16 },
      params: { CHANNELS: 15, HEADS: 0, TRANSPOSED: true },
      tags: ["ragged"],
    },
    {
      name: "far from zero",
      dims: { n: 6, HIDDEN: 32, MIDDLE: 68, C: 64 },
      params: { CHANNELS: 64, HEADS: 16, TRANSPOSED: true },
      shift: { residual: 100 },
    },
    {
      name: "all columns",
      dims: { n: 9, HIDDEN: 128, MIDDLE: 36, C: 128 },
      params: { CHANNELS: 126 },
      tags: ["ragged"],
    },
    { name: "N = 128", dims: { n: 128, HIDDEN: 128, MIDDLE: 512, C: 128 }, tags: ["bench"] },
    { name: "N = 512", dims: { n: 512, HIDDEN: 128, MIDDLE: 512, C: 128 }, tags: ["bench"] },
  ],
});
