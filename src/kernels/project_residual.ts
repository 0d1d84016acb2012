import { defineKernel } from "../gpu/plan/kernel.ts";
import { normalisedRow, product, setColumnSums } from "./check/reference.ts";
import { reduction } from "./check/tolerance.ts";
import { tileVariants } from "./families/tile.ts";

/**
 * Adds a projection to a residual stream in place: the last step of attentions and transitions.
 *
 * A pair residual [n, n, C] is passed as [n · n, C]; TRANSPOSED walks it along its columns. NORMALISE puts a layer norm
 * before x; `terms` holds the sums of the columns' weights and the biases, or has no rows where there is no bias. MASKED
 * multiplies each row of the update by the mask, GATED each element by the gate; the rows of both repeat. `first_row` is
 * where the rows of x begin in the walk.
 */
export const projectResidual = defineKernel({
  name: "project_residual",
  formula: "residual ← residual + mask · gate · (LN?(x) W + b)",
  inputs: {
    x: ["rows", "K"],
    weights: ["C", "K"],
    terms: ["TERMS", "C"],
    mask: ["mask_rows"],
    gate: ["gate_rows", "C"],
  },
  inouts: { residual: ["all_rows", "C"] },
  outputs: {},
  halves: { Operand: ["x"], Weight: ["weights"], Gate: ["gate"] },
  gates: ["gate"],
  params: { CHANNELS: 128, NORMALISE: false, MASKED: false, GATED: false, TRANSPOSED: false },
  scalars: { n: "u32", first_row: "u32" },
  uniforms: ["n", "first_row", "rows", "mask_rows", "gate_rows"],
  variants: tileVariants,
  work: ({ rows, C, K }) => ({ rows, columns: C, flops: 2 * K }),
  flops: ({ rows, K, C }) => 2 * rows * K * C,
  touched: ({ rows, C }) => ({ residual: rows * C }),
  tolerance: ({ K }, precision) => reduction(K, precision),
  rows: ({ rows }) => rows,
  reference(inputs, { residual }, dims, rows) {
    const { n, first_row, mask_rows, gate_rows, K, C, CHANNELS, TERMS, NORMALISE, MASKED, GATED, TRANSPOSED } = dims;
    const { x, weights, terms, mask, gate } = inputs;
    for (const row of rows) {
      const position = first_row + row;
      const at = TRANSPOSED ? (position % n) * n + Math.floor(position / n) : position;
      const values = NORMALISE ? normalisedRow(x, row * K, CHANNELS) : x.subarray(row * K, (row + 1) * K);
      for (let c = 0; c < C; c++) {
        const update = product(values, weights, c * K) + (TERMS ? terms[C + c] : 0);
        const scale = (MASKED ? mask[position % mask_rows] : 1) * (GATED ? gate[(position % gate_rows) * C + c] : 1);
        residual[at * C + c] = inputs.residual[at * C + c] + scale * update;
      }
    }
  },
  fill: { mask: "mask" },
  prepare({ weights, terms }, { K, CHANNELS, TERMS, NORMALISE }) {
    if (TERMS) setColumnSums(terms, weights, K, NORMALISE ? CHANNELS : K);
  },
  cases: [
    {
      name: "one row",
      dims: { rows: 1, K: 4, C: 4, TERMS: 0, mask_rows: 0, gate_rows: 0, all_rows: 1 },
      scalars: { n: 1, first_row: 0 },
    },
    {
      name: "ragged, masked",
      dims: { rows: 37, K: 52, C: 20, TERMS: 0, mask_rows: 37, gate_rows: 0, all_rows: 37 },
      scalars: { n: 37, first_row: 0 },
      params: { MASKED: true },
      tags: ["ragged"],
    },
    {
      name: "normalised, gated, masks and gates that repeat",
      dims: { rows: 36, K: 20, C: 24, TERMS: 2, mask_rows: 12, gate_rows: 9, all_rows: 41 },
      scalars: { n: 1, first_row: 5 },
      params: { CHANNELS: 18, NORMALISE: true, MASKED: true, GATED: true },
      tags: ["ragged"],
    },
    {
      name: "bias, no norm",
      dims: { rows: 13, K: 20, C: 24, TERMS: 2, mask_rows: 0, gate_rows: 0, all_rows: 13 },
      scalars: { n: 1, first_row: 0 },
    },
    {
      name: "transposed pair",
      dims: { rows: 81, K: 16, C: 24, TERMS: 0, mask_rows: 0, gate_rows: 0, all_rows: 81 },
      scalars: { n: 9, first_row: 0 },
      params: { TRANSPOSED: true },
      tags: ["ragged"],
    },
    {
      name: "chunk of a transposed pair",
      dims: { rows: 40, K: 16, C: 24, TERMS: 0, mask_rows: 0, gate_rows: 0, all_rows: 100 },
      scalars: { n: 10, first_row: 30 },
      params: { TRANSPOSED: true },
    },
    {
      name: "N = 128, attention",
      dims: { rows: 128 * 128, K: 128, C: 128, TERMS: 0, mask_rows: 0, gate_rows: 0, all_rows: 128 * 128 },
      scalars: { n: 128, first_row: 0 },
      tags: ["bench"],
    },
    {
      name: "N = 128, transition",
      dims: { rows: 128 * 128, K: 512, C: 128, TERMS: 0, mask_rows: 0, gate_rows: 0, all_rows: 128 * 128 },
      scalars: { n: 128, first_row: 0 },
      tags: ["bench"],
    },
    {
      name: "N = 512, attention",
      dims: { rows: 512 * 512, K: 128, C: 128, TERMS: 0, mask_rows: 0, gate_rows: 0, all_rows: 512 * 512 },
      scalars: { n: 512, first_row: 0 },
      tags: ["bench"],
    },
  ],
});
