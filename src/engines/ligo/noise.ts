/** How ligo's sampler draws: rotations as raw quaternions (w, x, y, z), a point for every atom, noise in all steps but one. */
import type { NoiseForm } from "../core/noise.ts";

export const noise: NoiseForm = {
  points: ["atoms"],
  draws: "draws",
  // A call goes from one level of the schedule to the next.
  drawing: (steps) => steps - 1,
  rotation: { name: "step_rotation_quat", shape: [4], normals: 4, make: (normals) => normals },
};
