/** The reviewed tuning table: which variant of a kernel runs where, and with which parameters. The first row that holds decides. */
import type { TuningRow } from "../gpu/target.ts";

export const tuning: readonly TuningRow[] = [
  // On a CPU a load costs as much as a hundred multiplications and a shuffle next to nothing (docs/performance.md).
  { when: { software: true, subgroupSize: 8 }, variant: "shuffle" },
  { when: { software: true, subgroupSize: 4 }, variant: "shuffle", params: { GROUP: 4, ROW_LANES: 4 } },
  // Two accumulators live at once: half the rows per lane keep them in registers.
  { when: { kernel: "triangle_output" }, variant: "workgroup", params: { ROW_BLOCKS: 1, K_STEP: 8 } },
  { when: {}, variant: "workgroup" },
];
