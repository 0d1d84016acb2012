/** How the workgroups of a kernel that multiplies matrices divide what it computes. */
import type { Dims, Work } from "../../gpu/plan/kernel.ts";

/** Rows of a workgroup's tile. */
export const tileRows = ({ ROW_LANES, ROW_BLOCKS }: Dims): number => 4 * ROW_LANES * ROW_BLOCKS;
/** Columns of one. */
export const tileColumns = ({ COLUMN_LANES, COLUMN_BLOCKS }: Dims): number => 4 * COLUMN_LANES * COLUMN_BLOCKS;

/** A workgroup takes one tile of one product of the batch. */
export const tileLaunch = {
  workgroups: (dims: Dims, { batch = 1, rows, columns = 1 }: Work) =>
    batch * Math.ceil(rows / tileRows(dims)) * Math.ceil(columns / tileColumns(dims)),
  done: (dims: Dims, work: Work) => tileLaunch.workgroups(dims, work) * tileRows(dims) * tileColumns(dims) * work.flops,
} as const;
