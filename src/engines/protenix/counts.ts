/** Where Protenix' config of the whole network keeps what commands may count otherwise. */
import type { Count } from "../core/component.ts";

export const counts = {
  // A cycle is a trip through the trunk, the first one included.
  recycles: { path: ["N_cycle"], toConfig: (recycles: number) => recycles + 1, least: 0 },
  steps: { path: ["sample_diffusion", "N_step"], least: 1 },
  samples: { path: ["sample_diffusion", "N_sample"], least: 1 },
} as const satisfies Readonly<Record<string, Count>>;
