/** The way of multiplying rows by two matrices, one behind the other, shared by all kernels that do. */
import type { Dims, Variant } from "../../gpu/plan/kernel.ts";
import { sizeText } from "../../words.ts";
import { chainMatrixVariant } from "./chain_matrix.ts";
import { tileColumns, tileLaunch } from "./tile_launch.ts";
import { grid, refusesLanes } from "./tries.ts";

/** Of `wgsl/lib/chain_workgroup.wgsl`: what lies between the products, a step of operands, and the moments of the rows. */
function workgroupBytes(dims: Dims): number {
  const { ROW_LANES, COLUMN_LANES, ROW_BLOCKS, COLUMN_BLOCKS, K_STEP, KEPT } = dims;
  const rows = ROW_LANES * ROW_BLOCKS;
  const pitch = Math.max(rows + COLUMN_LANES, COLUMN_LANES * COLUMN_BLOCKS) + 1;
  const stage = Math.max(4 * K_STEP * pitch, ROW_LANES * COLUMN_LANES);
  return 16 * (stage + KEPT * COLUMN_LANES * (rows + 1) + 4 * rows);
}

/**
 * A workgroup takes whole rows: a tile of the second product that has all of its columns.
 * @param KEPT how many channels of the middle a lane makes of its four columns of the first product
 */
export const chainVariants = (KEPT: number) =>
  [
    {
      ...tileLaunch,
      name: "workgroup",
      family: "chain",
      use: { chain: "chain_workgroup" },
      params: { ROW_LANES: 8, COLUMN_LANES: 16, ROW_BLOCKS: 2, COLUMN_BLOCKS: 2, K_STEP: 2, KEPT },
      features: [],
      tries: grid({ ROW_BLOCKS: [2, 1], K_STEP: [2, 4, 1] }),
      refuses: ({ limits }, dims) => {
        const [bytes, lanes] = [workgroupBytes(dims), dims.ROW_LANES * dims.COLUMN_LANES];
        if (dims.C > tileColumns(dims)) return `keeps ${tileColumns(dims)} columns, not ${dims.C}`;
        if (bytes > limits.maxComputeWorkgroupStorageSize)
          return `needs ${sizeText(bytes, Math.ceil)} of workgroup memory`;
        return refusesLanes(limits, lanes);
      },
    },
    chainMatrixVariant(KEPT),
  ] as const satisfies readonly Variant[];
