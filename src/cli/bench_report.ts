/** The benchmark's table: per engine × backend × N, from rows and the adapter's roofline. */
import type { BackendName } from "../backends/backend.ts";
import type { BenchResult } from "../bench/core/bench.ts";
import { type Interval, medianInterval } from "../bench/core/intervals.ts";
import { nameOfRow } from "../bench/core/progress.ts";
import type { BenchRow } from "../bench/core/row.ts";
import { type Warning, warmUpEnd, warningsOf } from "../bench/core/series.ts";
import { type Summary, summarise } from "../bench/core/stats.ts";
import type { Roofline } from "../bench/kernel_bench.ts";
import { bytes, milliseconds, rate, seconds, table } from "./output.ts";

/** What a workload's rows say together. */
export interface BenchSummary {
  readonly engine: string;
  readonly backend: string;
  readonly variant: string;
  readonly precision: string;
  readonly component: string;
  readonly preset: string;
  readonly device: string;
  readonly software: boolean;
  readonly seq_len: number;
  readonly outcome: BenchResult["outcome"];
  readonly error: string | null;
  readonly check: string | null;
  readonly worst_error: number | null;
  /** Milliseconds, wall clock with upload and read-back, without passes that were still warming up. */
  readonly elapsed: Summary | null;
  /** Where its median lies, in 95 of 100 cases; null for fewer than five passes. */
  readonly median_interval: Interval | null;
  /** What makes these times doubtful. */
  readonly warnings: readonly Warning[];
  /** Medians in milliseconds. */
  readonly exec_ms: number | null;
  readonly gpu_ms: number | null;
  readonly compile_ms: number | null;
  /** Work and traffic per second of execution, and the share of what the adapter could do at best. */
  readonly flops_per_second: number | null;
  readonly bytes_per_second: number | null;
  readonly roofline_share: number | null;
  /** Of the backend: threads, TF32, graph capture. */
  readonly settings: BenchRow["settings"];
  readonly versions: BenchRow["versions"];
  /** What the plan holds on the device. */
  readonly memory_bytes: number | null;
  /** What was held there at most, counted buffer by buffer, and the process's peak until then. */
  readonly device_peak_bytes: number | null;
  readonly process_peak_bytes: number | null;
  /** By section, how often it ran in a pass, and the median of what that took. */
  readonly sections: readonly { readonly name: string; readonly runs: number; readonly exec_ms: number }[];
  /** Elapsed time against the first backend's of the same engine, component and N, turn by turn. */
  readonly ratio: Summary | null;
}

export function benchSummaries(results: readonly BenchResult[], roofline: Roofline | undefined): BenchSummary[] {
  return results.map((result) => {
    const { engine, component, tokens } = result.workload;
    const first = results.find(
      ({ workload }) => workload.engine === engine && workload.component === component && workload.tokens === tokens,
    );
    const ratios = first && turns(first, result);
    return { ...summaryOf(result, roofline), ratio: ratios?.length ? summarise(ratios) : null };
  });
}

/** How often as long as the first backend's a backend's passes took, turn by turn. */
function turns(first: BenchResult, { rows, outcome }: BenchResult): number[] {
  if (first.outcome !== "timed" || outcome !== "timed") return [];
  return rows.flatMap(({ elapsed_ms: own }, turn) => {
    const other = first.rows[turn]?.elapsed_ms;
    return own !== null && other ? [own / other] : [];
  });
}

function summaryOf(
  { rows, outcome, workload, backend, variant }: BenchResult,
  roofline: Roofline | undefined,
): Omit<BenchSummary, "ratio"> {
  const row = rows[0];
  const passes = outcome === "timed" ? rows.flatMap(({ elapsed_ms }) => elapsed_ms ?? []) : [];
  const steady = rows.slice(warmUpEnd(passes));
  const times = (pick: "elapsed_ms" | "exec_ms" | "gpu_ms" | "compile_ms"): number[] =>
    outcome === "timed" ? steady.flatMap((each) => each[pick] ?? []) : [];
  const middle = (pick: Parameters<typeof times>[0]): number | null =>
    times(pick).length ? summarise(times(pick)).median : null;
  const largest = (pick: "device_peak_bytes" | "process_peak_bytes"): number | null =>
    rows.reduce<number | null>((most, each) => (each[pick] === null ? most : Math.max(most ?? 0, each[pick])), null);
  const exec = middle("exec_ms");
  const { flops, traffic_bytes: traffic } = row;
  const perSecond = (work: number | null): number | null => (work !== null && exec ? (1000 * work) / exec : null);
  // The roofline is that of the WebGPU adapter; it says nothing of a CPU or another driver.
  const floor =
    roofline && backend.includes("webgpu") && flops !== null && traffic !== null
      ? Math.max(flops / roofline.flops, traffic / roofline.bytes)
      : null;
  return {
    engine: workload.engine,
    backend,
    variant,
    precision: row.precision,
    component: workload.component,
    preset: workload.preset,
    device: row.device,
    software: row.software,
    seq_len: workload.tokens,
    outcome,
    error: rows.find(({ ok }) => !ok)?.error ?? null,
    check: row.check,
    worst_error: row.worst_error,
    elapsed: times("elapsed_ms").length ? summarise(times("elapsed_ms")) : null,
    median_interval: medianInterval(times("elapsed_ms")) ?? null,
    warnings: warningsOf(
      passes,
      rows.flatMap(({ others_cpu }) => others_cpu ?? []),
    ),
    exec_ms: exec,
    gpu_ms: middle("gpu_ms"),
    compile_ms: middle("compile_ms"),
    flops_per_second: perSecond(flops),
    bytes_per_second: perSecond(traffic),
    roofline_share: floor !== null && exec ? (1000 * floor) / exec : null,
    device_peak_bytes: largest("device_peak_bytes"),
    process_peak_bytes: largest("process_peak_bytes"),
    sections: outcome === "timed" ? sectionsOf(rows) : [],
    memory_bytes: row.weights_bytes !== null ? row.weights_bytes + (row.activation_bytes ?? 0) : null,
    settings: row.settings,
    versions: row.versions,
  };
}

function sectionsOf(rows: readonly BenchRow[]): BenchSummary["sections"] {
  return rows[0].sections.map(({ name, runs }, index) => {
    const exec_ms = summarise(rows.map(({ sections }) => sections[index].exec_ms)).median;
    return { name, runs, exec_ms };
  });
}

/** One workload on one backend in a line, for people who wait. */
export function resultText({ workload, backend, variant, rows, outcome }: BenchResult): string {
  const name = nameOfRow(workload, { name: backend as BackendName, variant });
  const failed = rows.find(({ ok }) => !ok);
  if (failed || outcome !== "timed") return `${name}: ${failed?.error ?? outcome}`;
  const times = rows.flatMap(({ elapsed_ms }) => elapsed_ms ?? []);
  const { median } = summarise(times.slice(warmUpEnd(times)));
  return `${name}: median ${milliseconds(median)} ms of ${rows.length} ${rows.length === 1 ? "pass" : "passes"}`;
}

const COLUMNS = [
  "engine",
  "component",
  "backend",
  ">N",
  ">min ms",
  ">median",
  ">p95",
  ">quartiles",
  ">µs/N²",
  ">FLOP/s",
  ">B/s",
  ">roofline",
  ">memory",
  ">error",
  ">ratio",
];

const nameOf = ({ backend, variant }: BenchSummary): string => (variant === "" ? backend : `${backend}:${variant}`);

/** The table for people. */
export function benchReport(results: readonly BenchResult[], roofline: Roofline | undefined): string {
  const summaries = benchSummaries(results, roofline);
  const devices = [...new Set(summaries.map(({ device }) => device).filter((device) => device !== ""))].join("; ");
  const measured = roofline && `; measured roofline ${rate(roofline.flops, "FLOP/s")}, ${rate(roofline.bytes, "B/s")}`;
  const precisions = [...new Set(summaries.map(({ precision }) => (precision === "f32" ? "float32" : precision)))];
  const head = `${devices}, preset ${summaries[0]?.preset ?? ""}, ${precisions.join(" and ")}${measured ?? ""}`;
  const made = [...new Set(summaries.filter(({ elapsed }) => elapsed).map(madeOf))];
  return [head, "", table(COLUMNS, summaries.map(tableRow)), "", ...summaries.map(details), "", ...made].join("\n");
}

function tableRow(one: BenchSummary): (string | number)[] {
  const head = [one.engine, one.component, nameOf(one), one.seq_len];
  if (!one.elapsed) return [...head, one.outcome, ...Array<string>(COLUMNS.length - head.length - 1).fill("")];
  const { min, median, p95, q25, q75 } = one.elapsed;
  return [
    ...head,
    milliseconds(min),
    milliseconds(median),
    milliseconds(p95),
    `${milliseconds(q25)}–${milliseconds(q75)}`,
    ((1000 * median) / one.seq_len ** 2).toPrecision(3),
    one.flops_per_second === null ? "" : rate(one.flops_per_second, ""),
    one.bytes_per_second === null ? "" : rate(one.bytes_per_second, ""),
    one.roofline_share === null ? "" : `${(100 * one.roofline_share).toFixed(0)} %`,
    one.memory_bytes === null ? "" : bytes(one.memory_bytes),
    one.worst_error?.toExponential(1) ?? "",
    one.ratio?.median.toFixed(2) ?? "",
  ];
}

/** A backend with the versions of what computed. */
function madeOf(one: BenchSummary): string {
  const versions = Object.entries(one.versions).map(([name, version]) => `${name} ${version}`);
  return `${nameOf(one)} on ${one.device}: ${versions.join(", ")}`;
}

function details(one: BenchSummary): string {
  const name = `${one.engine} ${one.component} ${nameOf(one)} N=${one.seq_len}`;
  if (!one.elapsed) return `${name}: ${one.error}`;
  const parts = [`compile=${one.compile_ms === null ? "unknown" : seconds(one.compile_ms)}`];
  if (one.exec_ms !== null) parts.push(`exec=${seconds(one.exec_ms)}`);
  if (one.gpu_ms !== null) parts.push(`gpu=${seconds(one.gpu_ms)}`);
  parts.push(`check=${one.check}`);
  const sure = one.median_interval;
  if (sure) parts.splice(1, 0, `median=${milliseconds(sure.low)}–${milliseconds(sure.high)} ms (95 %)`);
  if (one.ratio) parts.push(`ratio=${one.ratio.q25.toFixed(2)}–${one.ratio.q75.toFixed(2)}`);
  parts.push("peak:");
  if (one.device_peak_bytes !== null) parts.push(`device=${bytes(one.device_peak_bytes)}`);
  if (one.process_peak_bytes !== null) parts.push(`process=${bytes(one.process_peak_bytes)}`);
  const settings = Object.entries(one.settings).map(([key, value]) => `${key}=${value}`);
  const sections = one.sections.map(
    (section) => `\n  ${section.name} × ${section.runs}: exec=${seconds(section.exec_ms)}`,
  );
  const warnings = one.warnings.map(({ doubt, text }) => `\n  ${doubt}: ${text}`);
  return `${name}: ${[...parts, ...settings].join(" ")}${warnings.join("")}${sections.join("")}`;
}
