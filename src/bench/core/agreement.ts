/** Whether backends agree on a workload: the most trusted one that another confirms judges the rest. */
import { type Backend, backendText } from "../../backends/backend.ts";
import { compareOutput, type OutputComparison } from "../../engines/core/comparison.ts";
import { reducedPrecision } from "../../kernels/check/tolerance.ts";
import { type Answer, type Verdict, verdictOf } from "./verdict.ts";
import type { Workload } from "./workload.ts";

/** Variants of backends that compute with fewer digits than float32. */
const REDUCED: ReadonlySet<string> = new Set(["tf32", "bf16"]);

/** The bound that a backend's precision allows at least, if it is less than float32's. */
export const leastBound = ({ variant }: Pick<Backend, "variant">): number | undefined =>
  REDUCED.has(variant) ? reducedPrecision : undefined;

/** The order of trust: the repositories themselves, then ONNX Runtime on the CPU, then the rest. */
function trust({ name, variant }: Backend): number {
  if (REDUCED.has(variant)) return 3;
  return name === "native" ? 0 : name === "onnx-cpu" ? 1 : 2;
}

/** The most trusted first. */
export const byTrust = (answers: readonly Answer[]): Answer[] =>
  [...answers].sort((a, b) => trust(a.backend) - trust(b.backend));

/** The verdict on an answer by another, which is taken to be right. */
export function judgedBy(workload: Workload, answer: Answer, by: Answer, valid: ReadonlyMap<string, string>): Verdict {
  const name = backendText(by.backend);
  return verdictOf(`backend:${name}`, name, comparisons(workload, answer, by, valid));
}

/** What answers have in common that can make them wrong together: all of ONNX Runtime's run what was exported. */
const originOf = ({ backend }: Answer): string => (backend.name.startsWith("onnx-") ? "onnx" : backendText(backend));

/**
 * Judges answers by each other. Those of one origin confirm each other only if there is no other.
 * @param valid which entries of an output count
 * @returns a verdict for each answer; none for one that no other confirms and none more trusted refutes
 */
export function agreement(
  workload: Workload,
  answers: readonly Answer[],
  valid: ReadonlyMap<string, string>,
): (Verdict | undefined)[] {
  const ranked = byTrust(answers);
  const compare = (answer: Answer, by: Answer): Verdict => judgedBy(workload, answer, by, valid);
  const alone = new Set(answers.map(originOf)).size === 1;
  for (const witness of ranked) {
    const independent = ranked.filter((other) => other !== witness && (alone || originOf(other) !== originOf(witness)));
    const confirming = independent.find((other) => !compare(other, witness).wrong);
    if (confirming) return answers.map((answer) => compare(answer, answer === witness ? confirming : witness));
  }
  return answers.map(() => undefined);
}

function comparisons(
  { engine, configured: { component }, inputs }: Workload,
  answer: Answer,
  by: Answer,
  valid: ReadonlyMap<string, string>,
): OutputComparison[] {
  const atLeast = Math.max(leastBound(answer.backend) ?? 0, leastBound(by.backend) ?? 0);
  const run = { engine, component, inputs, valid, where: backendText(by.backend), atLeast };
  return component.outputs.flatMap(({ name }) => {
    const want = by.outputs.get(name);
    return want ? [compareOutput(run, name, want, answer.outputs)] : [];
  });
}
