/** Variants of kernels whose lanes work alone. */
import type { Variant } from "../../gpu/plan/kernel.ts";
import { grid, refusesLanes } from "./tries.ts";

/** A lane for each piece of the work: no workgroup memory, no shuffles. */
export const laneVariants = [
  {
    name: "lanes",
    family: "lanes",
    use: {},
    params: { LANES: 64 },
    features: [],
    workgroups: ({ LANES }, { rows }) => Math.ceil(rows / LANES),
    refuses: ({ limits }, { LANES }) => refusesLanes(limits, LANES),
    tries: grid({ LANES: [32, 128, 256] }),
  },
] as const satisfies readonly Variant[];
