/** The benchmark's table: per engine × backend × N, from rows and the adapter's roofline. */
import type { BenchResult } from "../bench/bench.ts";
import type { Roofline } from "../bench/kernel_bench.ts";
import type { BenchRow } from "../bench/rows.ts";
import { type Summary, summarise } from "../bench/stats.ts";
import { bytes, milliseconds, rate, seconds, table } from "./output.ts";

/** What a workload's rows say together. */
export interface BenchSummary {
  readonly engine: string;
  readonly backend: string;
  readonly component: string;
  readonly preset: string;
  readonly device: string;
  readonly software: boolean;
  readonly seq_len: number;
  readonly outcome: BenchResult["outcome"];
  readonly error: string | null;
  readonly check: string | null;
  readonly worst_error: number | null;
  /** Milliseconds, wall clock with upload and read-back. */
  readonly elapsed: Summary | null;
  /** Medians in milliseconds. */
  readonly exec_ms: number | null;
  readonly gpu_ms: number | null;
  readonly compile_ms: number | null;
  /** Work and traffic per second of execution, and the share of what the adapter could do at best. */
  readonly flops_per_second: number | null;
  readonly bytes_per_second: number | null;
  readonly roofline_share: number | null;
  /** What the plan holds on the device. */
  readonly memory_bytes: number | null;
  /** What was held there at most, counted buffer by buffer, and the process's peak until then. */
  readonly device_peak_bytes: number | null;
  readonly process_peak_bytes: number | null;
  /** By section, how often it ran in a pass, and the median of what that took. */
  readonly sections: readonly { readonly name: string; readonly runs: number; readonly exec_ms: number }[];
  /** Elapsed median against the first backend's at the same engine, component and N. */
  readonly ratio: number | null;
}

export function benchSummaries(results: readonly BenchResult[], roofline: Roofline): BenchSummary[] {
  const summaries = results.map((result) => summaryOf(result, roofline));
  return summaries.map((summary) => {
    const first = summaries.find(
      ({ engine, component, seq_len }) =>
        engine === summary.engine && component === summary.component && seq_len === summary.seq_len,
    );
    const ratio = first?.elapsed && summary.elapsed ? summary.elapsed.median / first.elapsed.median : null;
    return { ...summary, ratio };
  });
}

function summaryOf({ rows, outcome, workload, backend }: BenchResult, roofline: Roofline): BenchSummary {
  const row = rows[0];
  const times = (pick: "elapsed_ms" | "exec_ms" | "gpu_ms" | "compile_ms"): number[] =>
    outcome === "timed" ? rows.flatMap((each) => each[pick] ?? []) : [];
  const middle = (pick: Parameters<typeof times>[0]): number | null =>
    times(pick).length ? summarise(times(pick)).median : null;
  const largest = (pick: "device_peak_bytes" | "process_peak_bytes"): number | null =>
    rows.reduce<number | null>((most, each) => (each[pick] === null ? most : Math.max(most ?? 0, each[pick])), null);
  const exec = middle("exec_ms");
  const { flops, traffic_bytes: traffic } = row;
  const perSecond = (work: number | null): number | null => (work !== null && exec ? (1000 * work) / exec : null);
  const floor = flops !== null && traffic !== null ? Math.max(flops / roofline.flops, traffic / roofline.bytes) : null;
  return {
    engine: workload.engine,
    backend,
    component: workload.component,
    preset: workload.preset,
    device: row.device,
    software: row.software,
    seq_len: workload.tokens,
    outcome,
    error: row.error,
    check: row.check,
    worst_error: row.worst_error,
    elapsed: times("elapsed_ms").length ? summarise(times("elapsed_ms")) : null,
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
    ratio: null,
  };
}

function sectionsOf(rows: readonly BenchRow[]): BenchSummary["sections"] {
  return rows[0].sections.map(({ name, runs }, index) => {
    const exec_ms = summarise(rows.map(({ sections }) => sections[index].exec_ms)).median;
    return { name, runs, exec_ms };
  });
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

/** The table for people. */
export function benchReport(results: readonly BenchResult[], roofline: Roofline): string {
  const summaries = benchSummaries(results, roofline);
  const rows = summaries.map((one) => {
    const head = [one.engine, one.component, one.backend, one.seq_len];
    if (!one.elapsed) return [...head, one.outcome, ...Array<string>(COLUMNS.length - head.length - 1).fill("")];
    const { min, median, p95, q25, q75 } = one.elapsed;
    return [
      ...head,
      milliseconds(min),
      milliseconds(median),
      milliseconds(p95),
      `${milliseconds(q25)}–${milliseconds(q75)}`,
      ((1000 * median) / one.seq_len ** 2).toPrecision(3),
      rate(one.flops_per_second ?? 0, ""),
      rate(one.bytes_per_second ?? 0, ""),
      `${(100 * (one.roofline_share ?? 0)).toFixed(0)} %`,
      bytes(one.memory_bytes ?? 0),
      one.worst_error?.toExponential(1) ?? "",
      one.ratio?.toFixed(2) ?? "",
    ];
  });
  const details = summaries.map((one) => {
    const name = `${one.engine} ${one.component} ${one.backend} N=${one.seq_len}`;
    if (!one.elapsed) return `${name}: ${one.error}`;
    const gpu = one.gpu_ms === null ? "" : ` gpu=${seconds(one.gpu_ms)}`;
    const clocks = `compile=${seconds(one.compile_ms ?? 0)} exec=${seconds(one.exec_ms ?? 0)}${gpu} check=${one.check}`;
    const peak = `peak: device=${bytes(one.device_peak_bytes ?? 0)} process=${bytes(one.process_peak_bytes ?? 0)}`;
    const parts = one.sections.map(
      (section) => `\n  ${section.name} × ${section.runs}: exec=${seconds(section.exec_ms)}`,
    );
    return `${name}: ${clocks} ${peak}${parts.join("")}`;
  });
  const [device, preset] = [summaries[0]?.device ?? "", summaries[0]?.preset ?? ""];
  const head = `${device}, preset ${preset}, float32; measured roofline ${rate(roofline.flops, "FLOP/s")}, ${rate(roofline.bytes, "B/s")}`;
  return [head, "", table(COLUMNS, rows), "", ...details].join("\n");
}
