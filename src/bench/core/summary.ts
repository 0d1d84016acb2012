/** What the rows of a workload say together. Pure functions. */
import type { BenchResult } from "./bench.ts";
import { type Interval, medianInterval } from "./intervals.ts";
import { leastSeconds, type Roofline } from "./roofline.ts";
import type { BenchRow } from "./row.ts";
import { type Warning, warmUpEnd, warningsOf } from "./series.ts";
import { type Summary, summarise } from "./stats.ts";

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
  /** Null where the preset's own count ran. */
  readonly recycles: number | null;
  readonly steps: number | null;
  readonly samples: number | null;
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

/** What tells workloads of one run apart. */
const WORKLOAD = ["engine", "component", "preset", "tokens", "recycles", "steps", "samples"] as const;

export function benchSummaries(results: readonly BenchResult[], roofline: Roofline | undefined): BenchSummary[] {
  return results.map((result) => {
    const first = results.find(({ workload }) => WORKLOAD.every((name) => workload[name] === result.workload[name]));
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

/** What is said of rows: how they came out, and of what. */
export type Summed = Pick<BenchResult, "rows" | "outcome" | "workload" | "backend" | "variant">;

/** What the rows of one workload on one backend say together, without its ratio to another. There is one row at least. */
export function summaryOf(
  { rows, outcome, workload, backend, variant }: Summed,
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
      ? leastSeconds({ flops, bytes: traffic }, roofline)
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
    recycles: workload.recycles ?? null,
    steps: workload.steps ?? null,
    samples: workload.samples ?? null,
    outcome,
    error: rows.find(({ ok }) => !ok)?.error ?? null,
    check: row.check,
    worst_error: row.worst_error,
    elapsed: times("elapsed_ms").length ? summarise(times("elapsed_ms")) : null,
    median_interval: medianInterval(times("elapsed_ms")) ?? null,
    warnings: warningsOf(
      passes,
      rows.flatMap(({ others_cpu }) => others_cpu ?? []),
      rows.flatMap(({ device_clock }) => device_clock ?? []),
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
    const exec_ms = summarise(rows.flatMap(({ sections }) => sections[index]?.exec_ms ?? [])).median;
    return { name, runs, exec_ms };
  });
}
