/** Where the time goes: every dispatch by GPU timestamps, or sections by the wall clock. */
import type { TensorMap, WebGpuRunner } from "af3-gpu";
import type { BenchResult, BenchRow } from "af3-gpu/bench";
import type { StepTimes } from "../shared/protocol.ts";
import { precisionOf } from "./check.ts";

/** Browsers round timestamps to 100 µs, which is more than a small dispatch takes: the mean of several runs is less wrong. */
const RUNS = { software: 1, hardware: 10 } as const;

/** Times steps. @param result of the passes, for devices without timestamps */
export async function timeSteps(
  runner: WebGpuRunner,
  inputs: TensorMap,
  result: BenchResult,
  signal: AbortSignal,
): Promise<StepTimes> {
  const { rows } = result;
  const precision = precisionOf(result);
  const runs = RUNS[rows[0].software ? "software" : "hardware"];
  const steps = runner.sections.flatMap((section) => section.steps.map((step) => ({ ...step, ms: 0 })));
  for (let run = 0; run < runs; run++) {
    const profile = await runner.profile(inputs, { signal });
    if (!profile) return { precision, ...sectionTimes(rows) };
    for (const [index, { ms }] of profile.entries()) steps[index].ms += ms / runs;
  }
  return { precision, clock: "gpu", runs, steps };
}

function sectionTimes(rows: readonly BenchRow[]): Omit<StepTimes, "precision"> {
  const mean = (index: number): number =>
    rows.reduce((sum, { sections }) => sum + sections[index].exec_ms, 0) / rows.length;
  const steps = rows[0].sections.map(({ name }, index) => ({ label: name, kernel: "", ms: mean(index) }));
  return { clock: "wall", runs: rows.length, steps };
}
