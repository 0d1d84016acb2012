/** How Protenix' sampler draws: rotations as matrices, a point for every atom, noise in every step. */
import { rotationMatrices } from "../components/rotation.ts";
import type { NoiseForm } from "../core/noise.ts";

export const noise: NoiseForm = {
  points: ["atoms"],
  draws: "steps",
  drawing: (steps) => steps,
  // A matrix, used as R x of column vectors.
  rotation: rotationMatrices,
};
