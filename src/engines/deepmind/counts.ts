/** Where deepmind's config of the whole model keeps what commands may count otherwise. */
import type { Count } from "../core/component.ts";

export const counts = {
  recycles: { path: ["num_recycles"], least: 0 },
  steps: { path: ["heads", "diffusion", "eval", "steps"], least: 1 },
  samples: { path: ["heads", "diffusion", "eval", "num_samples"], least: 1 },
} as const satisfies Readonly<Record<string, Count>>;
