/** The check: recordings of the real repositories run through the same kernels on the visitor's GPU. */
import {
  BadInputError,
  engineInfo,
  fetchFiles,
  type PrecisionMode,
  readCase,
  type TensorMap,
  type WebGpuBackend,
} from "af3-gpu";
import { notFinite, runCase, sameWorkload, type Verdict } from "af3-gpu/bench";
import { precisionWords } from "../shared/choices.ts";
import type { Check, CheckLine } from "../shared/protocol.ts";
import { failureOf } from "./failures.ts";
import type { Workload } from "./workload.ts";

/** Outputs of which nobody can say whether they are right. */
export class Unchecked extends Error {}

/** What a backend of ours computes in. */
export const precisionOf = ({ variant }: { readonly variant: string }): PrecisionMode =>
  variant === "mixed" ? "mixed" : "f32";

/** What was found in several precisions as one. */
export const together = (checks: readonly Check[]): Check => ({
  ...checks[0],
  passed: checks.every(({ passed }) => passed),
  lines: checks.flatMap(({ lines }) => lines),
  broken: checks.find(({ broken }) => broken !== undefined)?.broken,
});

/**
 * Runs the engine's recordings in the backend's precision.
 * @param outputs of the run itself, which must be finite
 * @returns what the page shows, and the verdict; an error in its place if a recording could not be read and none was wrong
 * @throws what the device throws
 */
export async function checkByRecordings(
  backend: WebGpuBackend,
  workload: Workload,
  outputs: TensorMap,
  base: string,
  signal: AbortSignal,
  tell: (recording: string, done: number) => void,
): Promise<{ check: Check; verdict: Verdict | Unchecked }> {
  const precision = precisionOf(backend);
  const lines: CheckLine[] = [];
  const hole = notFinite(outputs);
  const never = { error: Number.NaN, bound: 0, passed: false };
  if (hole) lines.push({ precision, recording: "this run", output: hole.output, ...never });
  let [same, broken]: (string | undefined)[] = [];
  try {
    const names = (await recordings(base)).filter((name) => name.startsWith(`${workload.engine}-`));
    for (const [index, name] of names.entries()) {
      tell(name, index / names.length);
      const golden = await readCase(fetchFiles, addressOf(name, base));
      if (sameWorkload(golden, workload.bench)) same = name;
      const comparisons = await runCase(fetchFiles, golden, backend, signal);
      for (const { output, error, bound, passed } of comparisons)
        lines.push({ precision, recording: name, output, error, bound, passed });
    }
    if (lines.length === 0) broken = "the page was built without recordings of this engine";
  } catch (error) {
    const { kind, detail } = failureOf(error);
    if (kind !== "input") throw error;
    broken = detail;
  }
  const bad = lines.find((line) => !line.passed);
  const wrong =
    hole?.wrong ??
    (bad &&
      `${bad.output} of ${bad.recording} in ${precisionWords[precision]} differs by ${bad.error.toExponential(2)}, bound ${bad.bound}`);
  const check = {
    passed: !bad && broken === undefined,
    lines,
    same,
    broken,
    source: engineInfo(workload.engine).source,
  };
  if (!bad && broken !== undefined) return { check, verdict: new Unchecked(`could not be checked: ${broken}`) };
  const worstError = hole ? undefined : Math.max(...lines.map(({ error }) => error));
  return { check, verdict: { check: same ? `case:${same}` : "cases", worstError, wrong } };
}

/** Names of the recordings beside the page. */
export async function recordings(base: string): Promise<string[]> {
  const address = addressOf("index.json", base);
  try {
    return JSON.parse(new TextDecoder().decode(await fetchFiles.read(address)));
  } catch (error) {
    // Hosts that answer everything with a page of their own do so with the list, too.
    throw error instanceof SyntaxError ? new BadInputError(`${address} is no list of recordings`) : error;
  }
}

export const addressOf = (recording: string, base: string): string => new URL(`cases/${recording}`, base).href;
