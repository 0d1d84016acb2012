import { defineKernel } from "../gpu/kernel.ts";
import { product } from "./reference.ts";
import { tileFlops, tiles, tileVariants } from "./tile.ts";
import { reduction } from "./tolerance.ts";

/**
 * Adds a projection to a residual stream in place: the last step of attentions and transitions.
 *
 * A pair residual [n, n, C] is passed as [n · n, C]; TRANSPOSED walks it along its columns. MASKED multiplies each row of
 * the update by the mask. `first_row` is where the rows of x begin in the walk.
 */
export const projectResidual = defineKernel({
  name: "project_residual",
  formula: "residual ← residual + mask · (x W)",
  inputs: { x: ["rows", "K"], weights: ["C", "K"], mask: ["mask_rows"] },
  inouts: { residual: ["all_rows", "C"] },
  outputs: {},
  params: { MASKED: false, TRANSPOSED: false },
  scalars: { n: "u32", first_row: "u32" },
  uniforms: ["n", "first_row", "rows"],
  variants: tileVariants,
  workgroups: (dims) => tiles(dims.rows, dims.C, dims),
  cost: ({ rows, K, C, mask_rows }) => ({
    flops: 2 * rows * K * C,
    bytes: 4 * (rows * (K + 2 * C) + C * K + mask_rows),
  }),
  done: (dims) => tileFlops(dims.rows, dims.C, dims.K, dims),
  tolerance: ({ K }) => reduction(K),
  rows: ({ rows }) => rows,
  reference(inputs, { residual }, { n, first_row, K, C, MASKED, TRANSPOSED }, rows) {
    const { x, weights, mask } = inputs;
    for (const row of rows) {
      const position = first_row + row;
      const at = TRANSPOSED ? (position % n) * n + Math.floor(position / n) : position;
      for (let c = 0; c < C; c++) {
        const update = product(x.subarray(row * K, (row + 1) * K), weights, c * K);
        residual[at * C + c] = inputs.residual[at * C + c] + (MASKED ? mask[position] : 1) * update;
      }
    }
  },
  fill: { mask: "mask" },
  cases: [
    { name: "one row", dims: { rows: 1, K: 4, C: 4, mask_rows: 0, all_rows: 1 }, scalars: { n: 1, first_row: 0 } },
    {
      name: "ragged, masked",
      dims: { rows: 37, K: 52, C: 20, mask_rows: 37, all_rows: 37 },
      scalars: { n: 37, first_row: 0 },
      params: { MASKED: true },
      tags: ["ragged"],
    },
    {
      name: "transposed pair",
      dims: { rows: 81, K: 16, C: 24, mask_rows: 0, all_rows: 81 },
      scalars: { n: 9, first_row: 0 },
      params: { TRANSPOSED: true },
      tags: ["ragged"],
    },
    {
      name: "chunk of a transposed pair",
      dims: { rows: 40, K: 16, C: 24, mask_rows: 0, all_rows: 100 },
      scalars: { n: 10, first_row: 30 },
      params: { TRANSPOSED: true },
    },
    {
      name: "N = 128, attention",
      dims: { rows: 128 * 128, K: 128, C: 128, mask_rows: 0, all_rows: 128 * 128 },
      scalars: { n: 128, first_row: 0 },
      tags: ["bench"],
    },
    {
      name: "N = 128, transition",
      dims: { rows: 128 * 128, K: 512, C: 128, mask_rows: 0, all_rows: 128 * 128 },
      scalars: { n: 128, first_row: 0 },
      tags: ["bench"],
    },
    {
      name: "N = 512, attention",
      dims: { rows: 512 * 512, K: 128, C: 128, mask_rows: 0, all_rows: 512 * 512 },
      scalars: { n: 512, first_row: 0 },
      tags: ["bench"],
    },
  ],
});
