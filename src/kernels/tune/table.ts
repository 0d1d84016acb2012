/** The reviewed tuning table: which variant of a kernel runs where, and with which parameters. The first row that holds decides. */
import type { TuningRow } from "../../gpu/plan/target.ts";

export const tuning: readonly TuningRow[] = [
  // On a CPU a load costs as much as a hundred multiplications and a shuffle next to nothing (docs/performance.md).
  { when: { software: true, subgroupSize: 8 }, variant: "shuffle" },
  { when: { software: true, subgroupSize: 4 }, variant: "shuffle", params: { GROUP: 4, ROW_LANES: 4 } },
  // Without such subgroups, small tiles: a software adapter compiles barriers and unrolled blocks slowly.
  {
    when: { software: true },
    variant: "workgroup",
    params: { ROW_LANES: 4, COLUMN_LANES: 4, ROW_BLOCKS: 1, GROUP: 16 },
  },
  // Two accumulators live at once: half the rows per lane keep them in registers.
  { when: { kernel: "triangle_output" }, variant: "workgroup", params: { ROW_BLOCKS: 1, K_STEP: 8 } },
  // A window has 32 queries.
  { when: { kernel: "window_attention" }, variant: "workgroup", params: { GROUP: 32 } },
  { when: {}, variant: "workgroup" },
];
