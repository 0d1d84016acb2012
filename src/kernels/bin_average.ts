import { defineKernel } from "../gpu/plan/kernel.ts";
import { softmaxAverage } from "./check/reference.ts";
import { reduction, transcendental } from "./check/tolerance.ts";
import { laneVariants } from "./families/lanes.ts";

/**
 * The expectation of a value per bin under the softmax of each row's logits: distance errors, contacts, pLDDT.
 *
 * With SYMMETRIC or MASKED, the rows are the pairs (i, j) of n tokens.
 */
export const binAverage = defineKernel({
  name: "bin_average",
  formula: "average = mask · Σᵇ softmax(logits)ᵇ valueᵇ",
  inputs: { logits: ["rows", "B"], values: ["B"], mask: ["mask_rows"] },
  inouts: {},
  outputs: { average: ["rows"] },
  params: { BINS: 64, SYMMETRIC: false, MASKED: false },
  scalars: { n: "u32" },
  uniforms: ["n", "rows"],
  variants: laneVariants,
  work: ({ rows, B }) => ({ rows, flops: 6 * B }),
  flops: ({ rows, BINS }) => 6 * rows * BINS,
  tolerance: ({ BINS }, precision) => transcendental(precision) + reduction(BINS, precision),
  rows: ({ rows }) => rows,
  reference({ logits, values, mask }, { average }, { n, B, BINS, SYMMETRIC, MASKED }, rows) {
    for (const row of rows) {
      const [i, j] = [Math.floor(row / n), row % n];
      const own = Array.from(
        { length: BINS },
        (_, b) => logits[row * B + b] + (SYMMETRIC ? logits[(j * n + i) * B + b] : 0),
      );
      average[row] = (MASKED ? mask[i] * mask[j] : 1) * softmaxAverage(own, (b) => values[b]);
    }
  },
  fill: { mask: "mask" },
  cases: [
    { name: "two bins", dims: { rows: 9, B: 4, mask_rows: 0 }, params: { BINS: 2 }, scalars: { n: 1 } },
    {
      name: "ragged, symmetric, masked",
      dims: { rows: 13 * 13, B: 52, mask_rows: 13 },
      params: { BINS: 50, SYMMETRIC: true, MASKED: true },
      scalars: { n: 13 },
      tags: ["ragged"],
    },
    {
      name: "logits far from zero",
      dims: { rows: 70, B: 24, mask_rows: 0 },
      params: { BINS: 21 },
      scalars: { n: 1 },
      shift: { logits: 200 },
      tags: ["ragged"],
    },
    {
      name: "N = 128, symmetric",
      dims: { rows: 128 * 128, B: 64, mask_rows: 128 },
      params: { SYMMETRIC: true, MASKED: true },
      scalars: { n: 128 },
      tags: ["bench"],
    },
  ],
});
