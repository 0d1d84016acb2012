import { defineKernel } from "../gpu/plan/kernel.ts";
import { reduction } from "./check/tolerance.ts";
import { laneVariants } from "./families/lanes.ts";

/** Turns each sample about its centre and moves it, in place. `motions`: rows of the matrix, each with its entry of the translation behind it. */
export const movePositions = defineKernel({
  name: "move_positions",
  formula: "y[s, p] ← maskₚ · (Rₛ (y[s, p] − centreₛ) + tₛ)",
  inputs: { centre: ["samples", 4], motions: ["samples", 12], mask: ["points"] },
  inouts: { positions: ["all_points", 4] },
  outputs: {},
  params: {},
  scalars: {},
  uniforms: ["samples", "points"],
  variants: laneVariants,
  work: ({ all_points }) => ({ rows: all_points, flops: 24 }),
  flops: ({ all_points }) => 24 * all_points,
  tolerance: (_, precision) => reduction(4, precision),
  rows: ({ all_points }) => all_points,
  reference({ centre, motions, mask, positions }, results, { points }, rows) {
    for (const row of rows) {
      const sample = Math.floor(row / points);
      for (let axis = 0; axis < 3; axis++) {
        let sum = motions[12 * sample + 4 * axis + 3];
        for (let k = 0; k < 3; k++)
          sum += motions[12 * sample + 4 * axis + k] * (positions[4 * row + k] - centre[4 * sample + k]);
        results.positions[4 * row + axis] = mask[row % points] * sum;
      }
      results.positions[4 * row + 3] = 0;
    }
  },
  fill: { mask: "mask" },
  cases: [
    { name: "a few points", dims: { samples: 1, points: 5, all_points: 5 } },
    { name: "ragged", dims: { samples: 3, points: 37, all_points: 111 }, tags: ["ragged"] },
    { name: "slots of 256 tokens", dims: { samples: 5, points: 6144, all_points: 5 * 6144 }, tags: ["bench"] },
  ],
});
