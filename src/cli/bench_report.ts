/** The benchmark's table: per engine × backend × N, from rows and the adapter's roofline. */
import { type BackendName, backendText } from "../backends/backend.ts";
import type { BenchResult } from "../bench/core/bench.ts";
import { nameOfRow } from "../bench/core/progress.ts";
import type { Roofline } from "../bench/core/roofline.ts";
import { warmUpEnd } from "../bench/core/series.ts";
import { summarise } from "../bench/core/stats.ts";
import { type BenchSummary, benchSummaries } from "../bench/core/summary.ts";
import { benchColumns } from "./bench_columns.ts";
import { listing, outputWidth, wrapped } from "./listing.ts";
import { bytes, milliseconds, rate, seconds } from "./output.ts";

/** One workload on one backend in a line, for people who wait. */
export function resultText({ workload, backend, variant, rows, outcome }: BenchResult): string {
  const name = `${nameOfRow(workload, { name: backend as BackendName, variant })}${countsOf(workload)}`;
  const failed = rows.find(({ ok }) => !ok);
  if (failed || outcome !== "timed") return `${name}: ${failed?.error ?? outcome}`;
  const times = rows.flatMap(({ elapsed_ms }) => elapsed_ms ?? []);
  const { median } = summarise(times.slice(warmUpEnd(times)));
  return `${name}: median ${milliseconds(median)} ms of ${rows.length} ${rows.length === 1 ? "pass" : "passes"}`;
}

const nameOf = ({ backend: name, variant }: BenchSummary): string => backendText({ name, variant });

/** The table for people. */
export function benchReport(results: readonly BenchResult[], roofline: Roofline | undefined): string {
  const summaries = benchSummaries(results, roofline);
  const devices = [...new Set(summaries.map(({ device }) => device).filter((device) => device !== ""))].join("; ");
  const measured = roofline && `; measured roofline ${rate(roofline.flops, "FLOP/s")}, ${rate(roofline.bytes, "B/s")}`;
  const presets = [...new Set(summaries.map(({ preset }) => preset))];
  const precisions = [...new Set(summaries.map(({ precision }) => (precision === "f32" ? "float32" : precision)))];
  const head = `${devices}, preset ${presets.join(" and ")}, ${precisions.join(" and ")}${measured ?? ""}`;
  const made = [...new Set(summaries.filter(({ elapsed }) => elapsed).map(madeOf))];
  const width = outputWidth();
  const text = (lines: readonly string[]): string[] => lines.map((line) => wrapped(line, width, "  ", ""));
  const rows = listing(benchColumns, summaries, "table", width);
  return [...text([head]), "", rows, "", ...summaries.map((one) => details(one, width)), "", ...text(made)].join("\n");
}

/** What of a workload differs from its preset, for people. */
const countsOf = (one: { readonly [Name in "recycles" | "steps" | "samples"]?: number | null | undefined }): string =>
  (["recycles", "steps", "samples"] as const)
    .map((name) => (one[name] === null || one[name] === undefined ? "" : ` ${name}=${one[name]}`))
    .join("");

/** A summary's workload for people. */
const nameOfSummary = (one: BenchSummary): string =>
  `${one.engine} ${one.component} ${nameOf(one)} N=${one.seq_len}${countsOf(one)}`;

/** The whole table, as Markdown or CSV. */
export function benchListing(
  results: readonly BenchResult[],
  roofline: Roofline | undefined,
  format: "md" | "csv",
): string {
  const summaries = benchSummaries(results, roofline);
  const text = listing(benchColumns, summaries, format);
  const doubts = summaries.flatMap((one) => one.warnings.map((warning) => `* ${nameOfSummary(one)}: ${warning.text}`));
  return format === "csv" || doubts.length === 0 ? text : [text, "", ...doubts].join("\n");
}

/** A backend with the versions of what computed. */
function madeOf(one: BenchSummary): string {
  const versions = Object.entries(one.versions).map(([name, version]) => `${name} ${version}`);
  return `${nameOf(one)} on ${one.device}: ${versions.join(", ")}`;
}

function details(one: BenchSummary, width: number): string {
  const name = nameOfSummary(one);
  if (!one.elapsed) return wrapped(`${name}: ${one.error}`, width, "  ", "");
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
  const sections = one.sections.map((section) => `${section.name} × ${section.runs}: exec=${seconds(section.exec_ms)}`);
  const warnings = one.warnings.map(({ doubt, text }) => `${doubt}: ${text}`);
  const below = [...warnings, ...sections].map((line) => wrapped(line, width, "    ", "  "));
  return [wrapped(`${name}: ${[...parts, ...settings].join(" ")}`, width, "  ", ""), ...below].join("\n");
}
