/** The two ways of multiplying one tile of a matrix, shared by all kernels that are matrix products. */
import type { Variant } from "../../gpu/plan/kernel.ts";
import type { Target } from "../../gpu/plan/target.ts";

/** Sizes and parameters that a tile's shape follows from. */
export interface TileDims {
  readonly ROW_LANES: number;
  readonly COLUMN_LANES: number;
  readonly ROW_BLOCKS: number;
  readonly COLUMN_BLOCKS: number;
}

export const tileRows = ({ ROW_LANES, ROW_BLOCKS }: TileDims): number => 4 * ROW_LANES * ROW_BLOCKS;
export const tileColumns = ({ COLUMN_LANES, COLUMN_BLOCKS }: TileDims): number => 4 * COLUMN_LANES * COLUMN_BLOCKS;

/** How many tiles cover a product of this size. */
export const tiles = (rows: number, columns: number, dims: TileDims): number =>
  Math.ceil(rows / tileRows(dims)) * Math.ceil(columns / tileColumns(dims));

/** Operations of the tiles that cover a product whose rows and columns are sums over `k`. */
export const tileFlops = (rows: number, columns: number, k: number, dims: TileDims): number =>
  2 * k * tiles(rows, columns, dims) * tileRows(dims) * tileColumns(dims);

/** Why groups of lanes cannot exchange values by shuffles on this device, or undefined if they can. */
export function refusesShuffle({ subgroupSize }: Target, group: number): string | undefined {
  if (subgroupSize === undefined) return "needs subgroups of one known size";
  return subgroupSize % group === 0 ? undefined : `needs subgroups of a multiple of ${group}, not ${subgroupSize}`;
}

export const tileVariants = [
  {
    name: "workgroup",
    use: { tile: "tile_workgroup" },
    params: { ROW_LANES: 8, COLUMN_LANES: 8, ROW_BLOCKS: 2, COLUMN_BLOCKS: 2, K_STEP: 4 },
    features: [],
    refuses: ({ limits }, dims) => {
      const bytes =
        16 * (tileRows(dims as unknown as TileDims) + tileColumns(dims as unknown as TileDims)) * (dims.K_STEP + 1);
      const lanes = dims.ROW_LANES * dims.COLUMN_LANES;
      if (bytes > limits.maxComputeWorkgroupStorageSize) return `needs ${bytes} bytes of workgroup memory`;
      if (lanes > limits.maxComputeInvocationsPerWorkgroup) return `needs workgroups of ${lanes}`;
      return undefined;
    },
  },
  {
    name: "shuffle",
    use: { tile: "tile_shuffle" },
    params: { ROW_LANES: 8, COLUMN_LANES: 1, ROW_BLOCKS: 1, COLUMN_BLOCKS: 4, GROUP: 8 },
    features: ["subgroups"],
    refuses: (target, { GROUP }) => refusesShuffle(target, GROUP),
  },
] as const satisfies readonly Variant[];
