/** Folders that a report is made of, with answers that are known. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { blankRow, type Stated } from "../../src/bench/core/row.ts";
import { csvHeader, csvLine, jsonLine } from "../../src/bench/core/row_text.ts";
import { kernelSchema } from "../../src/bench/kernel_row.ts";

/** What rows say unless a test has them say something else. */
const common = {
  ...{ engine: "ligo", device: "a GPU", notes: "", cpu_brand: "a CPU", mode: "component" },
  backend: "webgpu",
  ...{ component: "pairformer", preset: "tiny", precision: "f32", weights: "random", features: "synthetic", seed: 0 },
  ...{ software: false, variant: "", versions: {}, others_cpu: 0.01, warmup: 3, seq_len: 64, compile_ms: 500 },
  ...{ check: "cases", worst_error: 2 ** -19, flops: 1e9, traffic_bytes: 1e6, weights_bytes: 2 ** 20 },
  ...{ activation_bytes: 2 ** 20, device_peak_bytes: 2 ** 21, af3_gpu_commit: "0123456789" },
} as const;

/** Lines of `<engine>.jsonl`: a pass per time; without times, one row that failed. */
export function rowLines(times: readonly number[], change: Partial<Stated> = {}): string[] {
  const row = (pass_index: number, own: Partial<Stated>): string =>
    jsonLine(
      blankRow({
        ...common,
        pass_index,
        start_ts: new Date(Date.UTC(2026, 0, 2) + 1000 * pass_index).toISOString(),
        ...own,
        ...change,
      }),
    );
  if (times.length > 0) return times.map((ms, at) => row(at, { elapsed_ms: ms, exec_ms: ms / 2, gpu_ms: ms / 4 }));
  return [row(0, { ok: false, error: "out of memory", elapsed_ms: null, device: "", warmup: 0 })];
}

/** The same rows as `summary.csv` has them. */
export const csvText = (lines: readonly string[]): string =>
  csvHeader + lines.map((line) => csvLine(JSON.parse(line))).join("");

/** Writes files of a folder, and makes it. */
export function folderOf(folder: string, files: Readonly<Record<string, string | readonly string[]>>): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files))
    writeFileSync(path.join(folder, name), typeof content === "string" ? content : content.join(""));
  return folder;
}

/** An environment.json, as far as a report reads it. */
export const environmentText = (change: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    schema: "af3-gpu-environment/1",
    os: { platform: "linux" },
    cpu: { brand: "a CPU", threads: 2 },
    limits: { maxBufferSize: 1024 },
    roofline: { flops: 1e12, bytes: 1e9 },
    ...change,
  });

/** A line of kernels.jsonl. */
export const kernelLine = (change: Readonly<Record<string, unknown>> = {}): string =>
  `${JSON.stringify({
    ...{
      kernel: "matmul",
      variant: "workgroup",
      case: "square",
      precision: "f32",
      start_ts: "2026-01-02T00:00:00.000Z",
    },
    ...{ device: "a GPU", software: false, batched_ms: [2, 2, 2, 2, 2], cold_ms: [4, 4, 4], repeats: 10, copies: 2 },
    ...{ stopped: "noise", flops: 1e9, traffic_bytes: 1e6, roofline_flops: 1e12, roofline_bytes: 1e9, others_cpu: 0 },
    ...{ cpu_brand: "a CPU", notes: "", af3_gpu_version: "0.1.0", af3_gpu_commit: null, schema: kernelSchema },
    ...change,
  })}\n`;

/** Sizes 32, 64, 128 of two backends that took turns, the second twice as slow; a third one that failed; its machine. */
export function sampleRun(folder: string, change: Partial<Stated> = {}): string {
  const lines = [32, 64, 128].flatMap((seq_len) => {
    const times = [10, 11, 10, 11, 10, 11].map((ms) => (ms * seq_len ** 2) / 1024);
    const sections = [
      { name: "cycle", runs: 2, exec_ms: 3, gpu_ms: null },
      { name: "head", runs: 1, exec_ms: 1, gpu_ms: null },
    ];
    const planned = { activation_bytes: 2 ** 10 * seq_len ** 2, device_peak_bytes: 2 ** 10 * seq_len ** 2 + 2 ** 20 };
    return [
      ...rowLines(times, { seq_len, sections, ...planned, ...change }),
      ...rowLines(
        times.map((ms) => 2 * ms),
        { seq_len, backend: "onnx-webgpu", variant: "plain", ...change },
      ),
    ];
  });
  const failed = rowLines([], { backend: "onnx-cuda", variant: "plain" });
  return folderOf(folder, { "ligo.jsonl": [...lines, ...failed], "environment.json": environmentText() });
}

/** A cold pass for each pair of milliseconds: of loading, and of the run behind it. */
export const coldLines = (passes: readonly (readonly [load: number, run: number])[], change: Partial<Stated> = {}) =>
  passes.flatMap(([compile_ms, run], pass_index) =>
    rowLines([run], { pass_index, compile_ms, warmup: 0, warmup_ms: [], ...change }),
  );
