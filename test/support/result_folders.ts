/** Result folders of `bench` with rows that say what a test wants. */
import { blankRow, type Stated } from "../../src/bench/core/row.ts";
import { benchFiles, ResultFolder } from "../../src/bench/results.ts";

/** A run of `bench`: one row per time. @param minute when */
export function benchRun(root: string, minute: number, times: readonly number[], change: Partial<Stated> = {}): string {
  const results = new ResultFolder(root, benchFiles, new Date(minute * 60_000));
  times.forEach((elapsed_ms, pass_index) => {
    results.add(
      blankRow({
        ...{ engine: "ligo", seq_len: 64, device: "a GPU", notes: "", cpu_brand: "a CPU", backend: "webgpu" },
        ...{ mode: "trunk", component: "trunk", preset: "tiny", precision: "f32", weights: "random" },
        ...{ features: "synthetic", seed: 0, software: true, variant: "", versions: {}, others_cpu: 0.01, warmup: 3 },
        ...{
          pass_index,
          elapsed_ms,
          exec_ms: elapsed_ms / 2,
          start_ts: new Date(minute * 60_000 + pass_index).toISOString(),
        },
        ...change,
      }),
    );
  });
  return results.folder;
}

/** Six passes of some 100 ms, times a factor. */
export const times = (factor: number, seed = 0): number[] =>
  [100, 101, 99, 102, 98, 100].map((ms) => factor * (ms + seed));
