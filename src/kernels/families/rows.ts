/** Variants of kernels whose rows are computed by several lanes together. */
import type { Variant } from "../../gpu/plan/kernel.ts";
import { laneVariants } from "./lanes.ts";
import { grid, refusesLanes } from "./tries.ts";

const [lanes] = laneVariants;

/** For rows short enough that a lane can have one to itself: a group of lanes for each, or one lane. */
export const normVariants = [
  {
    name: "group",
    family: "rows",
    use: { row: "row_group" },
    params: { LANES: 64, GROUP: 16 },
    features: [],
    workgroups: ({ LANES, GROUP }, { rows }) => Math.ceil((rows * GROUP) / LANES),
    refuses: ({ limits }, { LANES }) => refusesLanes(limits, LANES),
    tries: grid({ LANES: [64, 128, 256], GROUP: [8, 16, 32, 64] }),
  },
  { ...lanes, use: { row: "row_alone" } },
] as const satisfies readonly Variant[];

export const rowVariants = [
  {
    name: "workgroup",
    family: "rows",
    use: {},
    params: { GROUP: 64 },
    features: [],
    workgroups: (_, { rows }) => rows,
    refuses: ({ limits }, { GROUP }) => refusesLanes(limits, GROUP),
    // Its sums halve the group: powers of two.
    tries: grid({ GROUP: [16, 32, 128, 256] }),
  },
] as const satisfies readonly Variant[];
