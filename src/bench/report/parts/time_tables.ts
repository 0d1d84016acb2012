/** The tables of times and memory. */
import type { Cell } from "../cells.ts";
import { entry, numeric, type ReportTable } from "../document.ts";
import { bytesText, percentText, rateText, timeText } from "../units.ts";
import { nameColumns, nameEntries } from "./common.ts";

/** One that has times. */
export type Timed = Cell & { readonly elapsed: NonNullable<Cell["elapsed"]> };

export const isTimed = (cell: Cell): cell is Timed => cell.elapsed !== null;

export function timesTable(cells: readonly Timed[]): ReportTable {
  return {
    name: "times",
    title: "Times",
    columns: [
      ...nameColumns,
      { head: "passes", name: "passes", number: true },
      { head: "min", name: "min_ms", number: true },
      { head: "median", name: "median_ms", number: true },
      { head: "95 %", name: "interval_ms", number: true },
      { head: "quartiles", name: "quartiles_ms", number: true },
      { head: "p95", name: "p95_ms", number: true },
      { head: "time / N²", name: "ms_per_pair", number: true },
      { head: "doubt", name: "doubts" },
    ],
    rows: cells.map((cell) => {
      const { min, median, q25, q75, p95 } = cell.elapsed;
      const interval = cell.median_interval;
      const doubts = cell.warnings.map(({ doubt }) => doubt).join(", ");
      return [
        ...nameEntries(cell),
        numeric(cell.passes, String),
        numeric(min, timeText),
        numeric(median, timeText),
        entry(interval ? `${timeText(interval.low)} – ${timeText(interval.high)}` : ""),
        entry(`${timeText(q25)} – ${timeText(q75)}`),
        numeric(p95, timeText),
        numeric(median / cell.seq_len ** 2, timeText),
        doubts === "" ? entry("") : entry(doubts, "doubt"),
      ];
    }),
  };
}

export const doubtsTable = (cells: readonly Timed[]): ReportTable => ({
  name: "doubts",
  title: "What makes times doubtful",
  columns: [...nameColumns, { head: "doubt", name: "doubt" }, { head: "why", name: "why" }],
  rows: cells.flatMap((cell) =>
    cell.warnings.map(({ doubt, text }) => [...nameEntries(cell), entry(doubt, "doubt"), entry(text)]),
  ),
});

export const compileTable = (cells: readonly Timed[]): ReportTable => ({
  name: "compile",
  title: "Compile and execution",
  columns: [
    ...nameColumns,
    { head: "compile", name: "compile_ms", number: true },
    { head: "execution", name: "exec_ms", number: true },
    { head: "GPU", name: "gpu_ms", number: true },
    { head: "elapsed", name: "elapsed_ms", number: true },
  ],
  rows: cells.map((cell) => [
    ...nameEntries(cell),
    numeric(cell.compile_ms, timeText),
    numeric(cell.exec_ms, timeText),
    numeric(cell.gpu_ms, timeText),
    numeric(cell.elapsed.median, timeText),
  ]),
});

export const memoryTable = (cells: readonly Timed[]): ReportTable => ({
  name: "memory",
  title: "Work and memory",
  columns: [
    ...nameColumns,
    { head: "FLOP/s", name: "flops_per_second", number: true },
    { head: "B/s", name: "bytes_per_second", number: true },
    { head: "roofline", name: "roofline_share", number: true },
    { head: "least time", name: "floor_ms", number: true },
    { head: "planned", name: "planned_bytes", number: true },
    { head: "device peak", name: "device_peak_bytes", number: true },
    { head: "process peak", name: "process_peak_bytes", number: true },
  ],
  rows: cells.map((cell) => [
    ...nameEntries(cell),
    numeric(cell.flops_per_second, rateText("FLOP/s")),
    numeric(cell.bytes_per_second, rateText("B/s")),
    numeric(cell.roofline_share, percentText),
    numeric(cell.floor_ms, timeText),
    numeric(cell.memory_bytes, bytesText),
    numeric(cell.device_peak_bytes, bytesText),
    numeric(cell.process_peak_bytes, bytesText),
  ]),
});
