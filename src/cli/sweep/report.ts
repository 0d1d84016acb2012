/** What a sweep has found, as a table. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { backendText } from "../../backends/backend.ts";
import type { BenchRow } from "../../bench/core/row.ts";
import { nameOfWorkload } from "../../bench/core/row_name.ts";
import { summarise } from "../../bench/core/stats.ts";
import type { BenchSummary } from "../../bench/core/summary.ts";
import type { SweepFolder } from "../../bench/sweep/folder.ts";
import type { Axis, SweepCase } from "../../bench/sweep/grid.ts";
import type { CaseRecord } from "../../bench/sweep/record.ts";
import type { Largest } from "../../bench/sweep/run.ts";
import { groupedBy } from "../../groups.ts";
import { counted } from "../../words.ts";
import { bytes, milliseconds, table } from "../output.ts";
import { SUMMARIES } from "./case_process.ts";

/** A finished case with what it measured. */
export interface Finished {
  readonly one: SweepCase;
  readonly record: CaseRecord;
}

/** What bench said of a case's rows; of a case that did not come to its end, undefined. */
export function summariesOf(folder: SweepFolder, { key, outcome }: CaseRecord): readonly BenchSummary[] | undefined {
  if (outcome !== "done") return undefined;
  try {
    const said: unknown = JSON.parse(readFileSync(path.join(folder.folder, key, SUMMARIES), "utf8"));
    return Array.isArray(said) ? said : undefined;
  } catch {
    return undefined;
  }
}

/** What stands in columns of their own. */
const IN_COLUMNS = new Set(["engine", "component", "mode", "full", "preset", "backend", "precision", "seq-len"]);

/** The table for people: a line for each engine, component, backend and N of each case. */
export function sweepTable(finished: readonly Finished[], axes: readonly Axis[], folder: SweepFolder): string {
  const varying = axes.filter(({ option, values }) => values.length > 1 && !IN_COLUMNS.has(option));
  const columns = [
    ...["engine", "component", "preset", "backend", ...varying.map(({ option }) => option), ">N"],
    ...[">median ms", ">95 %", ">roofline", ">device", ">process", "result"],
  ];
  const lines = finished.flatMap(({ one, record }) => {
    const summaries = summariesOf(folder, record);
    const own = varying.map(({ option }) => String(one.settings.get(option) ?? ""));
    return byWorkload(folder.rows(record.key)).map((rows) => lineOf(rows, own, summaries, record));
  });
  return table(columns, lines);
}

/** A case may hold several workloads: backends side by side, presets, counts of steps. */
const byWorkload = (rows: readonly BenchRow[]): BenchRow[][] => [...groupedBy(rows, nameOfWorkload).values()];

/** What tells the workloads of a case apart, in rows and in summaries alike. */
const WORKLOAD = [
  ...(["engine", "component", "preset", "backend", "variant", "precision"] as const),
  ...(["seq_len", "recycles", "steps", "samples"] as const),
] as const;

function lineOf(
  rows: readonly BenchRow[],
  own: readonly string[],
  summaries: readonly BenchSummary[] | undefined,
  record: CaseRecord,
): (string | number)[] {
  const [row] = rows;
  const summary = summaries?.find((one) => WORKLOAD.every((name) => one[name] === row[name]));
  const times = rows.flatMap(({ ok, elapsed_ms }) => (ok && elapsed_ms !== null ? [elapsed_ms] : []));
  const median = summary?.elapsed?.median ?? (times.length > 0 ? summarise(times).median : undefined);
  const sure = summary?.median_interval;
  const share = summary?.roofline_share;
  const peak = Math.max(0, ...rows.map(({ device_peak_bytes }) => device_peak_bytes ?? 0));
  return [
    ...[
      row.engine,
      row.component,
      row.mode === "toy" ? "" : row.preset,
      backendText({ name: row.backend, variant: row.variant }),
      ...own,
      row.seq_len,
    ],
    median === undefined ? "" : milliseconds(median),
    sure ? `${milliseconds(sure.low)}–${milliseconds(sure.high)}` : "",
    typeof share === "number" ? `${(100 * share).toFixed(0)} %` : "",
    peak > 0 ? bytes(peak) : "",
    record.peak_bytes === null ? "" : bytes(record.peak_bytes),
    resultOf(rows, record),
  ];
}

const resultOf = (rows: readonly BenchRow[], { outcome }: CaseRecord): string => {
  const failed = rows.find(({ ok }) => !ok);
  if (outcome !== "done") return outcome;
  if (failed === undefined) return rows[0].check ?? "";
  return failed.error?.startsWith("wrong: ") ? "wrong" : "failed";
};

/** Why cases failed, a line each. */
export const failuresText = (finished: readonly Finished[]): string[] =>
  finished.flatMap(({ record }) => (record.failed > 0 ? [`${record.key}: ${record.error}`] : []));

/** The largest N of every group, a line each. */
export const largestText = (found: readonly Largest[]): string[] =>
  found.map(({ options, largest, fails, error }) => {
    const name = Object.entries(options)
      .filter(([option]) => IN_COLUMNS.has(option))
      .map(([option, value]) => (value === true ? option : value))
      .join(" ");
    const bound = fails === undefined ? "" : ` (N = ${fails}: ${error})`;
    return `largest N of ${name}: ${largest ?? "none runs"}${bound}`;
  });

/** One finished case in a line, for people who wait. */
export function finishedText(record: CaseRecord, folder: SweepFolder): string {
  const seconds = `${record.seconds.toFixed(record.seconds < 10 ? 1 : 0)} s`;
  if (record.outcome !== "done" || record.failed === record.rows) return `${record.key}: ${record.error} (${seconds})`;
  const medians = byWorkload(folder.rows(record.key)).flatMap((rows) => {
    const times = rows.flatMap(({ ok, elapsed_ms }) => (ok && elapsed_ms !== null ? [elapsed_ms] : []));
    return times.length > 0 ? [`${milliseconds(summarise(times).median)} ms`] : [];
  });
  const failed = record.failed > 0 ? `, ${counted(record.failed, "row")} failed` : "";
  return `${record.key}: ${medians.join(", ")} (${seconds}${failed})`;
}
