import { defineKernel } from "../gpu/plan/kernel.ts";
import { pointwise } from "./check/tolerance.ts";
import { laneVariants } from "./families/lanes.ts";

/**
 * What a denoiser takes: positions with their noise (NOISY), scaled, in the order of its atoms. With GATHERED, `index` holds the
 * point behind each atom, or a negative number where there is none; without, atoms are points.
 *
 * `factors` of a level: what positions and noise are multiplied by, then those of the kernel `step_positions`.
 */
export const scalePositions = defineKernel({
  name: "scale_positions",
  formula: "y[s, a] = keepₛ · x[s, pₐ] + addₛ · noise[s, pₐ]",
  inputs: {
    positions: ["all_points", 4],
    noise: ["noise_points", 3],
    index: ["index_rows"],
    factors: ["levels", 8],
  },
  inouts: {},
  outputs: { y: ["samples", "atoms", 4] },
  dtypes: { index: "i32" },
  params: { NOISY: true, GATHERED: false },
  scalars: { samples: "u32", atoms: "u32" },
  uniforms: ["samples", "atoms", "points", "levels"],
  derive: ({ all_points, samples }) => ({ points: all_points / samples }),
  variants: laneVariants,
  work: ({ samples, atoms }) => ({ rows: samples * atoms, flops: 9 }),
  flops: ({ samples, atoms, NOISY }) => (NOISY ? 9 : 3) * samples * atoms,
  touched: ({ samples, atoms, all_points, NOISY }) => {
    const points = Math.min(all_points, samples * atoms);
    return { positions: 4 * points, noise: NOISY ? 3 * points : 0 };
  },
  tolerance: (_, precision) => pointwise(precision),
  rows: ({ samples, atoms }) => samples * atoms,
  reference(
    { positions, noise, index, factors },
    { y },
    { samples, all_points, atoms, levels, NOISY, GATHERED },
    rows,
  ) {
    const points = all_points / samples;
    for (const row of rows) {
      const [sample, atom] = [Math.floor(row / atoms), row % atoms];
      const own = GATHERED ? index[atom] : atom;
      const [keep, add] = factors.subarray(8 * (sample % levels));
      for (let axis = 0; axis < 3; axis++) {
        const point = sample * points + own;
        const moved = NOISY ? add * noise[3 * point + axis] : 0;
        y[4 * row + axis] = own < 0 ? 0 : keep * positions[4 * point + axis] + moved;
      }
      y[4 * row + 3] = 0;
    }
  },
  prepare({ index }, { all_points, samples }) {
    const points = all_points / samples;
    for (let at = 0; at < index.length; at++) index[at] = ((7 * at) % (points + 1)) - 1;
  },
  cases: [
    {
      name: "ragged, one level",
      dims: { all_points: 3 * 37, noise_points: 3 * 37, index_rows: 0, levels: 1 },
      scalars: { samples: 3, atoms: 37 },
      tags: ["ragged"],
    },
    {
      name: "gathered, fewer atoms than points",
      dims: { all_points: 2 * 53, noise_points: 2 * 53, index_rows: 32, levels: 1 },
      scalars: { samples: 2, atoms: 32 },
      params: { GATHERED: true },
      tags: ["ragged"],
    },
    {
      name: "gathered, without noise",
      dims: { all_points: 2 * 24, noise_points: 0, index_rows: 96, levels: 2 },
      scalars: { samples: 2, atoms: 96 },
      params: { GATHERED: true, NOISY: false },
    },
    {
      name: "levels of their own, without noise",
      dims: { all_points: 3 * 32, noise_points: 0, index_rows: 0, levels: 3 },
      scalars: { samples: 3, atoms: 32 },
      params: { NOISY: false },
    },
    {
      name: "slots of 256 tokens",
      dims: { all_points: 5 * 6144, noise_points: 5 * 6144, index_rows: 6144, levels: 1 },
      scalars: { samples: 5, atoms: 6144 },
      params: { GATHERED: true },
      tags: ["bench"],
    },
  ],
});
