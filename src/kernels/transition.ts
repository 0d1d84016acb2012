import { defineKernel } from "../gpu/plan/kernel.ts";
import { normalisedRow, product, setColumnSums, silu } from "./check/reference.ts";
import { reduction } from "./check/tolerance.ts";
import { chainVariants } from "./families/chain.ts";

/**
 * A whole transition in place, whose wide middle never reaches memory: what `swiglu` and `project_residual` do in two steps.
 *
 * Columns of `up_weights` come in eights, as `swiglu` takes them; `up_terms` holds the sums of the columns' weights, which it
 * does not read, and the biases.
 */
export const transition = defineKernel({
  name: "transition",
  formula: "representation ← representation + (silu(LN(representation) Wa) · (LN(representation) Wb)) Wd",
  inputs: { up_weights: ["COLUMNS", "C"], up_terms: [2, "COLUMNS"], down_weights: ["C", "HIDDEN"] },
  inouts: { representation: ["rows", "C"] },
  outputs: {},
  halves: { UpWeight: ["up_weights"], DownWeight: ["down_weights"] },
  params: { CHANNELS: 128 },
  scalars: {},
  uniforms: ["rows"],
  derive: ({ COLUMNS }) => ({ HIDDEN: COLUMNS / 2 }),
  variants: chainVariants(2),
  fuses: true,
  work: ({ rows, C, COLUMNS, HIDDEN }) => ({ rows, columns: C, flops: 2 * (COLUMNS + HIDDEN) }),
  flops: ({ rows, CHANNELS, COLUMNS, HIDDEN }) => 2 * rows * CHANNELS * (COLUMNS + HIDDEN),
  tolerance: ({ CHANNELS, HIDDEN }, precision) => reduction(Math.max(CHANNELS, HIDDEN), precision),
  rows: ({ rows }) => rows,
  reference(inputs, { representation }, { C, CHANNELS, COLUMNS, HIDDEN }, rows) {
    const { up_weights, up_terms, down_weights } = inputs;
    for (const row of rows) {
      const x = normalisedRow(inputs.representation, row * C, CHANNELS);
      const column = (at: number) => product(x, up_weights, at * C) + up_terms[COLUMNS + at];
      const hidden = Float64Array.from({ length: HIDDEN }, (_, h) => {
        const gate = 8 * Math.floor(h / 4) + (h % 4);
        return silu(column(gate)) * column(gate + 4);
      });
      for (let c = 0; c < C; c++)
        representation[row * C + c] = inputs.representation[row * C + c] + product(hidden, down_weights, c * HIDDEN);
    }
  },
  prepare({ up_weights, up_terms }, { C, CHANNELS }) {
    setColumnSums(up_terms, up_weights, C, CHANNELS);
  },
  cases: [
    { name: "one row", dims: { rows: 1, C: 4, COLUMNS: 8 }, params: { CHANNELS: 4 } },
    {
      name: "ragged",
      dims: { rows: 75, C: 20, COLUMNS: 104 },
      vary: { rows: [1, 140] },
      params: { CHANNELS: 18 },
      tags: ["ragged"],
    },
    {
      name: "far from zero",
      dims: { rows: 33, C: 64, COLUMNS: 136 },
      params: { CHANNELS: 64 },
      shift: { representation: 100 },
    },
    { name: "all columns", dims: { rows: 70, C: 128, COLUMNS: 72 }, params: { CHANNELS: 126 }, tags: ["ragged"] },
    { name: "N = 128", dims: { rows: 128 * 128, C: 128, COLUMNS: 1024 }, tags: ["bench"] },
    { name: "N = 512", dims: { rows: 512 * 512, C: 128, COLUMNS: 1024 }, tags: ["bench"] },
  ],
});
