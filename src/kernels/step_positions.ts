import { defineKernel } from "../gpu/plan/kernel.ts";
import { pointwise } from "./check/tolerance.ts";
import { laneVariants } from "./families/lanes.ts";

/**
 * Positions go on by a denoiser's update, in place. With GATHERED, `index` holds the atom behind each point, or a negative number where
 * there is none; without, points are atoms. Only NOISY reads the noise, only MASKED the mask.
 *
 * `factors` of a level: those of the kernel `scale_positions`, then what positions, noise and update are multiplied by.
 */
export const stepPositions = defineKernel({
  name: "step_positions",
  formula: "x[s, p] ← mask?ₚ · (aₛ x[s, p] + bₛ noise[s, p] + cₛ update[s, qₚ])",
  inputs: {
    noise: ["noise_points", 3],
    update: ["all_atoms", 4],
    index: ["index_rows"],
    factors: ["levels", 8],
    mask: ["mask_rows"],
  },
  inouts: { positions: ["all_points", 4] },
  outputs: {},
  dtypes: { index: "i32" },
  params: { NOISY: true, GATHERED: false, MASKED: false },
  scalars: { samples: "u32" },
  uniforms: ["samples", "points", "atoms", "levels"],
  derive: ({ all_points, all_atoms, samples }) => ({ points: all_points / samples, atoms: all_atoms / samples }),
  variants: laneVariants,
  work: ({ all_points }) => ({ rows: all_points, flops: 18 }),
  flops: ({ all_points, NOISY, MASKED }) => all_points * (9 + 6 * NOISY + 3 * MASKED),
  touched: ({ all_points, all_atoms }) => ({ update: 4 * Math.min(all_atoms, all_points) }),
  tolerance: (_, precision) => pointwise(precision),
  rows: ({ all_points }) => all_points,
  reference({ noise, update, index, factors, mask, positions }, results, dims, rows) {
    const { samples, all_points, all_atoms, levels, NOISY, GATHERED, MASKED } = dims;
    const [points, atoms] = [all_points / samples, all_atoms / samples];
    for (const row of rows) {
      const [sample, point] = [Math.floor(row / points), row % points];
      const atom = GATHERED ? index[point] : point;
      const [a, b, c] = factors.subarray(8 * (sample % levels) + 4);
      for (let axis = 0; axis < 3; axis++) {
        const drawn = NOISY ? b * noise[3 * row + axis] : 0;
        const updated = atom < 0 ? 0 : c * update[4 * (sample * atoms + atom) + axis];
        const moved = a * positions[4 * row + axis] + drawn + updated;
        results.positions[4 * row + axis] = (MASKED ? mask[point] : 1) * moved;
      }
      results.positions[4 * row + 3] = 0;
    }
  },
  fill: { mask: "mask" },
  prepare({ index }, { all_atoms, samples }) {
    const atoms = all_atoms / samples;
    for (let at = 0; at < index.length; at++) index[at] = ((7 * at) % (atoms + 1)) - 1;
  },
  cases: [
    {
      name: "ragged, one level",
      dims: { all_points: 3 * 37, noise_points: 3 * 37, all_atoms: 3 * 37, index_rows: 0, levels: 1, mask_rows: 0 },
      scalars: { samples: 3 },
      tags: ["ragged"],
    },
    {
      name: "gathered, masked",
      dims: { all_points: 2 * 53, noise_points: 2 * 53, all_atoms: 2 * 32, index_rows: 53, levels: 1, mask_rows: 53 },
      scalars: { samples: 2 },
      params: { GATHERED: true, MASKED: true },
      tags: ["ragged"],
    },
    {
      name: "gathered, masked, without noise",
      dims: { all_points: 2 * 24, noise_points: 0, all_atoms: 2 * 32, index_rows: 24, levels: 2, mask_rows: 24 },
      scalars: { samples: 2 },
      params: { GATHERED: true, MASKED: true, NOISY: false },
    },
    {
      name: "levels of their own, without noise",
      dims: { all_points: 3 * 32, noise_points: 0, all_atoms: 3 * 32, index_rows: 0, levels: 3, mask_rows: 0 },
      scalars: { samples: 3 },
      params: { NOISY: false },
    },
    {
      name: "slots of 256 tokens",
      dims: {
        all_points: 5 * 6144,
        noise_points: 5 * 6144,
        all_atoms: 5 * 6144,
        index_rows: 6144,
        levels: 1,
        mask_rows: 6144,
      },
      scalars: { samples: 5 },
      params: { GATHERED: true, MASKED: true },
      tags: ["bench"],
    },
  ],
});
