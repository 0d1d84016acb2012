import { defineKernel } from "../gpu/plan/kernel.ts";
import { normalisedRow, product, setColumnSums, sigmoid } from "./check/reference.ts";
import { reduction } from "./check/tolerance.ts";
import { chainVariants } from "./families/chain.ts";

/**
 * The last step of an attention in place, whose gates never reach memory, since they come from the rows that it is added to.
 *
 * A pair residual [n, n, C] is passed as [n · n, C]; TRANSPOSED walks it along its columns. `first_row` is where the rows of x
 * begin in the walk. `gate_terms` holds the sums of the columns' weights, which it does not read, and the biases.
 */
export const gatedResidual = defineKernel({
  name: "gated_residual",
  formula: "residual ← residual + (σ(LN(residual) Wg + bg) · x) W",
  inputs: {
    x: ["rows", "HIDDEN"],
    gate_weights: ["HIDDEN", "C"],
    gate_terms: [2, "HIDDEN"],
    weights: ["C", "HIDDEN"],
  },
  inouts: { residual: ["all_rows", "C"] },
  outputs: {},
  halves: { Operand: ["x"], GateWeight: ["gate_weights"], Weight: ["weights"] },
  params: { CHANNELS: 128, TRANSPOSED: false },
  scalars: { n: "u32", first_row: "u32" },
  uniforms: ["n", "first_row", "rows"],
  variants: chainVariants(4),
  fuses: true,
  work: ({ rows, C, HIDDEN }) => ({ rows, columns: C, flops: 4 * HIDDEN }),
  flops: ({ rows, CHANNELS, C, HIDDEN }) => 2 * rows * HIDDEN * (CHANNELS + C),
  touched: ({ rows, C }) => ({ residual: rows * C }),
  tolerance: ({ CHANNELS, HIDDEN }, precision) => reduction(Math.max(CHANNELS, HIDDEN), precision),
  rows: ({ rows }) => rows,
  reference(inputs, { residual }, { n, first_row, C, CHANNELS, HIDDEN, TRANSPOSED }, rows) {
    const { x, gate_weights, gate_terms, weights } = inputs;
    for (const row of rows) {
      const position = first_row + row;
      const at = (TRANSPOSED ? (position % n) * n + Math.floor(position / n) : position) * C;
      const source = normalisedRow(inputs.residual, at, CHANNELS);
      const gated = Float64Array.from(
        { length: HIDDEN },
        (_, h) => x[row * HIDDEN + h] * sigmoid(product(source, gate_weights, h * C) + gate_terms[HIDDEN + h]),
      );
      for (let c = 0; c < C; c++) residual[at + c] = inputs.residual[at + c] + product(gated, weights, c * HIDDEN);
    }
  },
  prepare({ gate_weights, gate_terms }, { C, CHANNELS }) {
    setColumnSums(gate_terms, gate_weights, C, CHANNELS);
  },
  cases: [
    {
      name: "one row",
      dims: { rows: 1, HIDDEN: 4, C: 4, all_rows: 1 },
      scalars: { n: 1, first_row: 0 },
      params: { CHANNELS: 4 },
    },
    {
      name: "ragged",
      dims: { rows: 75, HIDDEN: 68, C: 20, all_rows: 75 },
      scalars: { n: 75, first_row: 0 },
      params: { CHANNELS: 18 },
      tags: ["ragged"],
    },
    {
      name: "chunk of a transposed pair",
      dims: { rows: 40, HIDDEN: 128, C: 16, all_rows: 100 },
      scalars: { n: 10, first_row: 30 },
      params: { CHANNELS: 15, TRANSPOSED: true },
    },
    {
      name: "far from zero",
      dims: { rows: 36, HIDDEN: 32, C: 64, all_rows: 36 },
      scalars: { n: 6, first_row: 0 },
      params: { CHANNELS: 64 },
      shift: { residual: 100 },
    },
    {
      name: "N = 128",
      dims: { rows: 128 * 128, HIDDEN: 128, C: 128, all_rows: 128 * 128 },
      scalars: { n: 128, first_row: 0 },
      tags: ["bench"],
    },
    {
      name: "N = 512",
      dims: { rows: 512 * 512, HIDDEN: 128, C: 128, all_rows: 512 * 512 },
      scalars: { n: 512, first_row: 0 },
      tags: ["bench"],
    },
  ],
});
