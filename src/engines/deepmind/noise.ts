/** How deepmind's sampler draws: rotations as matrices, a point for every slot, noise in every step. */
import { SLOTS } from "../../model/deepmind/sizes.ts";
import { rotationMatrices } from "../components/rotation.ts";
import type { NoiseForm } from "../core/noise.ts";

export const noise: NoiseForm = {
  points: ["tokens", SLOTS],
  draws: "steps",
  drawing: (steps) => steps,
  // A matrix, used as (x − centre) R.
  rotation: rotationMatrices,
};
