/** The ways of multiplying one tile of a matrix, shared by all kernels that are matrix products. */
import type { Variant } from "../../gpu/plan/kernel.ts";
import type { Target } from "../../gpu/plan/target.ts";
import { sizeText } from "../../words.ts";
import { matrixVariant } from "./matrix.ts";
import { tileColumns, tileLaunch, tileRows } from "./tile_launch.ts";
import { grid, refusesLanes } from "./tries.ts";

/** Why groups of lanes cannot exchange values by shuffles on this device, or undefined if they can. */
export function refusesShuffle({ subgroupSize }: Target, group: number): string | undefined {
  if (subgroupSize === undefined) return "needs subgroups of one known size";
  return subgroupSize % group === 0 ? undefined : `needs subgroups of a multiple of ${group}, not ${subgroupSize}`;
}

export const tileVariants = [
  {
    ...tileLaunch,
    family: "tile",
    name: "workgroup",
    use: { tile: "tile_workgroup" },
    params: { ROW_LANES: 16, COLUMN_LANES: 8, ROW_BLOCKS: 2, COLUMN_BLOCKS: 2, K_STEP: 4 },
    features: [],
    refuses: ({ limits }, dims) => {
      const pitches = tileRows(dims) / 4 + 1 + tileColumns(dims) / 4 + 1;
      const bytes = 16 * 4 * dims.K_STEP * pitches;
      if (bytes > limits.maxComputeWorkgroupStorageSize)
        return `needs ${sizeText(bytes, Math.ceil)} of workgroup memory`;
      return refusesLanes(limits, dims.ROW_LANES * dims.COLUMN_LANES);
    },
    tries: grid({
      ROW_LANES: [16, 8],
      COLUMN_LANES: [8, 16, 4],
      ROW_BLOCKS: [2, 1],
      COLUMN_BLOCKS: [2, 1],
      K_STEP: [4, 2],
    }),
  },
  {
    ...tileLaunch,
    family: "tile",
    name: "shuffle",
    use: { tile: "tile_shuffle", place: "place_subgroup" },
    params: { ROW_LANES: 8, COLUMN_LANES: 1, ROW_BLOCKS: 1, COLUMN_BLOCKS: 4, GROUP: 8 },
    features: ["subgroups"],
    refuses: (target, { GROUP }) => refusesShuffle(target, GROUP),
    // A group of lanes shares the columns, whose number it divides, and is the workgroup.
    tries: [8, 4, 16, 32].flatMap((GROUP) =>
      grid({ ROW_BLOCKS: [1, 2], COLUMN_BLOCKS: [4, 2, 8] })
        .filter(({ COLUMN_BLOCKS }) => (4 * COLUMN_BLOCKS) % GROUP === 0)
        .map((set) => ({ ...set, GROUP, ROW_LANES: GROUP })),
    ),
  },
  matrixVariant,
] as const satisfies readonly Variant[];
