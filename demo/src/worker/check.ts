/** The check: recordings of the real repositories run through the same kernels on the visitor's GPU. */
import {
  compareCase,
  engineInfo,
  type GoldenCase,
  readCase,
  readExpected,
  type TensorMap,
  type WebGpuBackend,
} from "af3-gpu";
import { fetchFiles } from "../../../src/platform/browser/files.ts";
import type { Check, CheckLine } from "../shared/protocol.ts";
import { failureOf } from "./failures.ts";
import type { Hooks } from "./run.ts";
import type { Workload } from "./workload.ts";

/** What rows of results say of the check. */
export interface CheckReport {
  readonly check: string;
  readonly worstError: number | null;
  readonly wrong: string | undefined;
}

/**
 * Runs the engine's recordings.
 * @throws what the device throws; a recording that cannot be read makes the check fail
 */
export async function checkByRecordings(
  backend: WebGpuBackend,
  workload: Workload,
  inputs: TensorMap,
  base: string,
  { signal }: Hooks,
  tell: (recording: string, done: number) => void,
): Promise<{ check: Check; report: CheckReport }> {
  const lines: CheckLine[] = [];
  let [same, broken]: (string | undefined)[] = [];
  try {
    const folders = (await listed(base)).filter((name) => name.startsWith(`${workload.engine}-`));
    for (const [index, name] of folders.entries()) {
      tell(name, index / folders.length);
      const golden = await readCase(fetchFiles, new URL(`cases/${name}`, base).href);
      if (isThisRun(golden, workload, inputs)) same = name;
      lines.push(...(await runRecording(backend, golden, name, signal)));
    }
    if (lines.length === 0) broken = "the page was built without recordings of this engine";
  } catch (error) {
    const { kind, detail } = failureOf(error);
    if (kind !== "input") throw error;
    broken = detail;
  }
  const passed = broken === undefined && lines.every((line) => line.passed);
  const check = { passed, lines, same, broken, source: engineInfo(workload.engine).source };
  const worst = lines.length ? Math.max(...lines.map(({ error }) => error)) : null;
  const bad = lines.find((line) => !line.passed);
  const wrong =
    broken ?? (bad && `${bad.output} of ${bad.recording} differs by ${bad.error.toExponential(2)}, bound ${bad.bound}`);
  return { check, report: { check: same ? `case:${same}` : "cases", worstError: worst, wrong } };
}

async function listed(base: string): Promise<string[]> {
  return JSON.parse(new TextDecoder().decode(await fetchFiles.read(new URL("cases/index.json", base).href)));
}

async function runRecording(backend: WebGpuBackend, golden: GoldenCase, recording: string, signal: AbortSignal) {
  const { engine, component, config, weights, sizes, inputs } = golden;
  const runner = await backend.load({ engine, component: component.name, config, weights, sizes, signal });
  try {
    const outputs = await runner.run(inputs, { signal });
    const comparisons = compareCase(golden, await readExpected(fetchFiles, golden), outputs);
    return comparisons.map(({ output, error, bound, passed }) => ({ recording, output, error, bound, passed }));
  } finally {
    await runner.dispose();
  }
}

/** Whether a recording is of this very config, these weights and inputs. */
function isThisRun(golden: GoldenCase, { config, weights }: Workload, inputs: TensorMap): boolean {
  if (golden.weights.kind !== "random" || weights.kind !== "random" || golden.weights.seed !== weights.seed)
    return false;
  if (canonical(golden.config) !== canonical(config)) return false;
  return golden.component.inputs.every(({ name }) => {
    const [recorded, own] = [golden.inputs.get(name), inputs.get(name)];
    if (!recorded || !own) return recorded === own;
    return (
      canonical(recorded.shape) === canonical(own.shape) &&
      (recorded.data as Float32Array).every((value, at) => value === own.data[at])
    );
  });
}

/** JSON with sorted keys. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    inner && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
