/** A run as rows of the harness's result files. */
import { type BenchRow, blankRow, sectionRows } from "../../../src/bench/core/row.ts";
import { median } from "../../../src/bench/core/stats.ts";
import { costOf } from "../../../src/bench/core/workload.ts";
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
  const cost = costOf(configured);
  return blankRow({
    engine,
    seq_len: tokens,
    ...{ mode: "trunk", component: "trunk", preset: "tiny", precision: "f32" },
    weights: choices.weights || "random",
    features: choices.sequence ? `synthetic, sequence ${choices.sequence}` : "synthetic",
    seed: choices.seed,
    ...{ backend: "webgpu", variant: "" },
    ...{ device, software },
    versions: { browser: navigator.userAgent },
    cpu_brand: `unknown, ${navigator.hardwareConcurrency} threads`,
    notes: "browser demo",
    flops: cost.flops,
    traffic_bytes: cost.bytes,
  });
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
    sections: sectionRows(sections),
  }));
}
