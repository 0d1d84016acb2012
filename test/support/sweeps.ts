/** Sweeps whose cases are no benchmarks: rows that a test wants, in the place of a process. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type BenchRow, blankRow, type Stated } from "../../src/bench/core/row.ts";
import { csvHeader, csvLine, jsonLine } from "../../src/bench/core/row_text.ts";
import type { Axis, SweepCase } from "../../src/bench/sweep/grid.ts";
import type { CaseEnd } from "../../src/bench/sweep/record.ts";

export const axis = (option: string, settings: readonly string[]): Axis => ({
  option,
  values: settings.map((setting) => ({ setting, identity: JSON.stringify(setting) })),
});

/** A row of a case that says its length and seed. */
export const rowOf = ({ settings }: SweepCase, change: Partial<Stated> = {}): BenchRow =>
  blankRow({
    ...{
      engine: "ligo",
      seq_len: Number(settings.get("seq-len") ?? 64),
      device: "a GPU",
      notes: "",
      cpu_brand: "a CPU",
    },
    ...{ backend: "webgpu", mode: "trunk", component: "trunk", preset: "tiny", precision: "f32", weights: "random" },
    ...{ features: "synthetic", seed: Number(settings.get("seed") ?? 0), software: true, variant: "", versions: {} },
    ...change,
  });

export const done: CaseEnd = { outcome: "done", error: null, seconds: 1, peakBytes: 2 ** 20 };

/** Writes rows as bench does. @returns the folder */
export function writeRows(folder: string, rows: readonly BenchRow[]): string {
  const results = path.join(folder, "2026-01-02T03-04-05-678Z");
  mkdirSync(results);
  writeFileSync(path.join(results, "ligo.jsonl"), rows.map(jsonLine).join(""));
  writeFileSync(path.join(results, "summary.csv"), [csvHeader, ...rows.map(csvLine)].join(""));
  return results;
}

/** Rows of so many passes. */
export const passes = (one: SweepCase, count: number): BenchRow[] =>
  Array.from({ length: count }, (_, pass_index) => rowOf(one, { pass_index, elapsed_ms: 10 + pass_index }));
