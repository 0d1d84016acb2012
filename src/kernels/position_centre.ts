import { defineKernel } from "../gpu/plan/kernel.ts";
import { reduction } from "./check/tolerance.ts";
import { rowVariants } from "./families/rows.ts";

/** The weighted sum of the positions of each sample; weights that are chosen on the host make it a mean. */
export const positionCentre = defineKernel({
  name: "position_centre",
  formula: "centre[s] = Σₚ weightₚ · position[s, p]",
  inputs: { positions: ["all_points", 4], weights: ["points"] },
  inouts: {},
  outputs: { centre: ["samples", 4] },
  params: {},
  scalars: {},
  uniforms: ["samples", "points"],
  derive: ({ all_points, points }) => ({ samples: all_points / points }),
  variants: rowVariants,
  work: ({ samples, points }) => ({ rows: samples, columns: points, flops: 6 }),
  flops: ({ all_points }) => 6 * all_points,
  tolerance: ({ points }, precision) => reduction(points, precision),
  rows: ({ samples }) => samples,
  reference({ positions, weights }, { centre }, { points }, rows) {
    for (const sample of rows) {
      for (let axis = 0; axis < 3; axis++) {
        let sum = 0;
        for (let p = 0; p < points; p++) sum += weights[p] * positions[4 * (sample * points + p) + axis];
        centre[4 * sample + axis] = sum;
      }
      centre[4 * sample + 3] = 0;
    }
  },
  cases: [
    { name: "one point", dims: { all_points: 1, points: 1 } },
    { name: "ragged", dims: { all_points: 3 * 37, points: 37 }, tags: ["ragged"] },
    { name: "one sample of any size", dims: { all_points: 131, points: 131 } },
    { name: "far from zero", dims: { all_points: 2 * 320, points: 320 }, shift: { positions: 1000, weights: 1 } },
    { name: "slots of 256 tokens", dims: { all_points: 5 * 6144, points: 6144 }, tags: ["bench"] },
  ],
});
