/** The benchmark's table: per engine × backend × N, from rows and the adapter's roofline. */
import type { BackendName } from "../backends/backend.ts";
import type { BenchResult } from "../bench/core/bench.ts";
import { nameOfRow } from "../bench/core/progress.ts";
import { warmUpEnd } from "../bench/core/series.ts";
import { summarise } from "../bench/core/stats.ts";
import { type BenchSummary, benchSummaries, type Roofline } from "../bench/core/summary.ts";
import { bytes, milliseconds, rate, seconds, table } from "./output.ts";

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
