/** What is said of a backend's outputs. */
import type { Backend } from "../../backends/backend.ts";
import type { OutputComparison } from "../../engines/core/comparison.ts";
import { givenList, givenParts, givenText } from "../../formats/given.ts";
import type { TensorMap } from "../../formats/tensor.ts";
import type { Workload } from "./workload.ts";

/** How outputs were judged, and the verdict. */
export interface Verdict {
  /** `case:<name>`, `backend:<name>`, `cases` or `reference`. */
  readonly check: string;
  /** The largest error over its bound's metric, where there is a number. */
  readonly worstError: number | undefined;
  /** What is wrong, or undefined. */
  readonly wrong: string | undefined;
}

/** What a backend answered to a workload. */
export interface Answer {
  readonly backend: Backend;
  readonly outputs: TensorMap;
}

/** Who says whether outputs are right. */
export interface Judging {
  /** @returns a verdict for each answer, or the error that stopped its check */
  judge(workload: Workload, answers: readonly Answer[]): Promise<readonly (Verdict | Error)[]>;
}

/**
 * The verdict on outputs that were compared with those of `name`.
 * @throws {BadInputError} unless they are comparisons
 */
export function verdictOf(check: string, name: string, results: readonly OutputComparison[]): Verdict {
  givenText("check", "how outputs were judged, such as cases", check);
  givenText("the name", "a text", name);
  givenList("the comparisons", "an array of what compareCase returns", results);
  for (const result of results)
    givenParts("a comparison", "one that compareCase returns", result, { output: "string", passed: "boolean" });
  const failed = results.find(({ passed }) => !passed);
  return {
    check,
    worstError: Math.max(...results.map(({ error }) => error)),
    wrong:
      failed &&
      (failed.reason ??
        `${failed.output} differs from ${name} by ${failed.error.toExponential(2)}, bound ${failed.bound}`),
  };
}
