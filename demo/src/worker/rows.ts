/** A run as rows of the harness's result files. */
import { version } from "af3-gpu";
import type { BenchRow } from "../../../src/bench/rows.ts";
import { median } from "../../../src/bench/stats.ts";
import { costOf } from "../../../src/bench/workload.ts";
import { pins } from "../../../src/generated/about.ts";
import type { Times } from "../shared/protocol.ts";
import type { CheckReport } from "./check.ts";
import type { TimedPass } from "./run.ts";
import type { Workload } from "./workload.ts";

/** What all rows of a run have in common. */
export function rowTemplate(
  { choices, engine, tokens, configured }: Workload,
  device: string,
  software: boolean,
): BenchRow {
  const cost = costOf({ configured });
  return {
    engine,
    pass_index: 0,
    start_ts: new Date().toISOString(),
    elapsed_ms: null,
    device,
    seq_len: tokens,
    commit: pins[engine].commit,
    notes: "browser demo",
    cpu_brand: `unknown, ${navigator.hardwareConcurrency} threads`,
    ok: true,
    error: null,
    schema: "af3-gpu-bench/1",
    backend: "webgpu",
    mode: "trunk",
    component: "trunk",
    preset: "tiny",
    precision: "f32",
    compile_ms: null,
    exec_ms: null,
    gpu_ms: null,
    warmup: 0,
    warmup_ms: [],
    weights: choices.weights || "random",
    features: choices.sequence ? `synthetic, sequence ${choices.sequence}` : "synthetic",
    seed: choices.seed,
    check: null,
    worst_error: null,
    software,
    flops: cost.flops,
    traffic_bytes: cost.bytes,
    weights_bytes: null,
    activation_bytes: null,
    af3_gpu_version: version,
    af3_gpu_commit: null,
    recycles: null,
    steps: null,
    samples: null,
    memory_limit: null,
    device_peak_bytes: null,
    process_peak_bytes: null,
    variant: "",
    settings: {},
    versions: { browser: navigator.userAgent },
    sections: [],
  };
}

/** A row per pass; one without times if the check failed. */
export function rowsOf(
  workload: Workload,
  device: string,
  software: boolean,
  { compile, first, weightBytes }: Times,
  passes: readonly TimedPass[],
  { check, worstError, wrong }: CheckReport,
): BenchRow[] {
  const row: BenchRow = {
    ...rowTemplate(workload, device, software),
    check,
    worst_error: worstError,
    weights_bytes: weightBytes,
    warmup: 1,
    warmup_ms: [first],
    compile_ms: compile + Math.max(0, first - median(passes.map(({ elapsed }) => elapsed))),
  };
  if (wrong !== undefined) return [{ ...row, compile_ms: null, ok: false, error: `wrong: ${wrong}` }];
  return passes.map(({ start, elapsed, execute, gpu, peakBytes, sections }, index) => ({
    ...row,
    pass_index: index,
    start_ts: start,
    elapsed_ms: elapsed,
    exec_ms: execute,
    gpu_ms: gpu ?? null,
    device_peak_bytes: peakBytes ?? null,
    sections: sections.map(({ name, runs, execute, gpu }) => ({ name, runs, exec_ms: execute, gpu_ms: gpu ?? null })),
  }));
}
