/** Where ligo's config of the whole network keeps what commands may count otherwise. */
import type { Count } from "../core/component.ts";

export const counts = {
  // A cycle is a trip through the trunk, the first one included.
  recycles: { path: ["num_cycles"], toConfig: (recycles: number) => recycles + 1, least: 0 },
  // The sampler ends one step before its schedule does.
  steps: { path: ["n_steps"], least: 2 },
  samples: { path: ["samples_per_trunk"], least: 1 },
} as const satisfies Readonly<Record<string, Count>>;
