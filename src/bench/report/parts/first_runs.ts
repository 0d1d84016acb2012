/** The first run beside the warm ones: what a cold start costs, where `bench --cold` measured it. */
import { groupedBy } from "../../../groups.ts";
import { type Interval, ratioInterval } from "../../core/intervals.ts";
import { median } from "../../core/stats.ts";
import type { Cell } from "../cells.ts";
import { entry, numeric, type Part, type ReportFigure, type ReportTable } from "../document.ts";
import { rowsFigure } from "../figures/rows.ts";
import { axisTimeText, ratioText, timeText } from "../units.ts";
import { devicesRemark, MOST_ROWS, nameColumns, nameEntries, rowName, slug } from "./common.ts";
import { isTimed, type Timed } from "./time_tables.ts";

/** A workload begun anew for every pass, and the same one warm. Milliseconds, medians over cold passes. */
export interface FirstRun {
  readonly cell: Timed;
  /** No pass of a cold start is a warm-up, so all of them count, unlike in {@link Cell}. */
  readonly passes: number;
  readonly load: number;
  readonly run: number;
  /** Both together, pass by pass. */
  readonly start: number;
  /** Null where the report has no warm passes of it, as the next three. */
  readonly warm: number | null;
  readonly runRatio: number | null;
  readonly startRatio: number | null;
  /** Of {@link startRatio}; null for too few passes, too. */
  readonly interval: Interval | null;
}

/** What the two may differ in: that one is cold, what somebody wrote beside it, and the folder that it was read from. */
const MAY_DIFFER = ["cold", "notes", "given"];

const keyOf = ({ attributes, workload, mode, seq_len }: Cell, leftOut: readonly string[]): string =>
  JSON.stringify([[...attributes].filter(([name]) => !leftOut.includes(name)), workload, mode, seq_len]);

/** The same workload warm: of one folder and with the same notes, or the only one that there is. */
function warmOf(cold: Timed, warm: readonly Timed[]): Timed | undefined {
  const all = warm.filter((one) => keyOf(one, MAY_DIFFER) === keyOf(cold, MAY_DIFFER));
  return all.find((one) => keyOf(one, ["cold"]) === keyOf(cold, ["cold"])) ?? (all.length === 1 ? all[0] : undefined);
}

/** Cold starts of all workloads that have some, each beside the same workload warm. */
export function firstRunsOf(cells: readonly Cell[]): FirstRun[] {
  const isCold = ({ attributes }: Cell): boolean => attributes.get("cold") !== "";
  const timed = cells.filter(isTimed);
  const warm = timed.filter((cell) => !isCold(cell));
  return timed.filter(isCold).flatMap((cell) => {
    const passes = cell.rows.flatMap(({ ok, compile_ms: load, elapsed_ms: run }) =>
      ok && load !== null && run !== null ? [{ load, run, start: load + run }] : [],
    );
    if (passes.length === 0) return [];
    const middle = (pick: "load" | "run" | "start"): number => median(passes.map((pass) => pass[pick]));
    const beside = warmOf(cell, warm);
    const [run, start] = [middle("run"), middle("start")];
    const over = (time: number): number | null => (beside ? time / beside.elapsed.median : null);
    const interval =
      beside &&
      ratioInterval(
        beside.times,
        passes.map((pass) => pass.start),
      );
    return {
      cell,
      passes: passes.length,
      ...{ load: middle("load"), run, start, warm: beside?.elapsed.median ?? null },
      ...{ runRatio: over(run), startRatio: over(start), interval: interval ?? null },
    };
  });
}

const text = ({ cell, start, warm }: FirstRun): string =>
  `${cell.series.label}, N = ${cell.seq_len}: first result after ${timeText(start)}${warm === null ? "" : `, warm ${timeText(warm)}`}`;

function figureOf(workload: string, all: readonly FirstRun[]): ReportFigure {
  // The largest sizes say most where there is no room for all.
  const kept = new Set([...all].sort((a, b) => b.cell.seq_len - a.cell.seq_len).slice(0, MOST_ROWS));
  const shown = all.filter((one) => kept.has(one));
  const alt = `First result of a cold start beside a warm pass, ${workload}. ${shown.map(text).join("; ")}.`;
  const spec = {
    alt,
    remark: devicesRemark(shown.map(({ cell }) => cell)),
    xLabel: "time, logarithmic",
    format: axisTimeText,
    kinds: ["a pass, warm", "first result: loading and first run of a cold start"] as const,
    rows: shown.map((one) => ({
      label: rowName(one.cell),
      index: one.cell.series.index,
      values: [
        ...(one.warm === null ? [] : [{ x: one.warm, text: text(one) }]),
        { x: one.start, text: text(one), hollow: true },
      ],
    })),
  };
  return {
    name: `first-runs-${slug(workload)}`,
    title: `First run against warm: ${workload}${shown.length < all.length ? `, the ${MOST_ROWS} largest of ${all.length}` : ""}`,
    alt,
    draw: (layout, head) => rowsFigure(spec, layout, head),
  };
}

const table = (all: readonly FirstRun[]): ReportTable => ({
  name: "first-runs",
  title: "First run against warm",
  columns: [
    ...nameColumns,
    { head: "cold passes", name: "cold_passes", number: true },
    { head: "load", name: "load_ms", number: true },
    { head: "first run", name: "first_run_ms", number: true },
    { head: "first result", name: "first_result_ms", number: true },
    { head: "warm", name: "warm_ms", number: true },
    { head: "first / warm", name: "first_over_warm", number: true },
    { head: "start / warm", name: "start_over_warm", number: true },
    { head: "95 %", name: "interval", number: true },
  ],
  rows: all.map(({ cell, passes, load, run, start, warm, runRatio, startRatio, interval }) => [
    ...nameEntries(cell),
    numeric(passes, String),
    numeric(load, timeText),
    numeric(run, timeText),
    numeric(start, timeText),
    numeric(warm, timeText),
    numeric(runRatio, ratioText),
    numeric(startRatio, ratioText),
    entry(interval ? `${ratioText(interval.low)} – ${ratioText(interval.high)}` : ""),
  ]),
});

/** The part on cold starts; none where no row is cold. */
export function firstRunParts(cells: readonly Cell[]): Part[] {
  const all = firstRunsOf(cells);
  if (all.length === 0) return [];
  const alone = all.some(({ warm }) => warm === null)
    ? " Where the warm column is empty, the report has no passes of the same workload from a call without --cold."
    : "";
  return [
    {
      id: "first-runs",
      title: "First run against warm",
      paragraphs: [
        `Every pass of bench --cold opens the device anew, loads everything again and runs once; beside it the median of warm passes of the same workload on the same device. A driver's own disk cache may have helped all but the first.${alone}`,
      ],
      figures: [...groupedBy(all, ({ cell }) => cell.workload)].map(([workload, own]) => figureOf(workload, own)),
      tables: [table(all)],
    },
  ];
}
