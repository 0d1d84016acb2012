/** Whether backends agree on a workload: the most trusted one that another confirms judges the rest. */
import { type Backend, backendText } from "../../backends/backend.ts";
import { compareOutput, type OutputComparison } from "../../engines/core/comparison.ts";
import type { RoundingCosts } from "../../kernels/check/rounding.ts";
import { type Allowance, mixedAllowance, reducedPrecision } from "../../kernels/check/tolerance.ts";
import { type Answer, type Verdict, verdictOf } from "./verdict.ts";
import type { Workload } from "./workload.ts";

/** Variants of backends that compute with fewer digits than float32. */
const REDUCED: ReadonlySet<string> = new Set(["tf32", "bf16", "mixed"]);

/** What a row says of a backend's precision. */
export const precisionOf = ({ variant }: Pick<Backend, "variant">): string => (REDUCED.has(variant) ? variant : "f32");

/**
 * The bounds that a backend's precision allows at least, if it is less than float32's.
 * @param costs in a recorded case, what rounding its operands costs the reference, by output
 */
export function leastBound(backend: Pick<Backend, "variant">, costs?: RoundingCosts): number | Allowance | undefined {
  const precision = precisionOf(backend);
  if (precision === "mixed") return mixedAllowance(costs);
  return precision === "f32" ? undefined : reducedPrecision;
}

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

/** What answers have in common that can make them wrong together: all of ONNX Runtime's run what was exported, all of ours our kernels. */
function originOf({ backend }: Answer): string {
  if (backend.name.startsWith("onnx-")) return "onnx";
  return backend.name === OURS ? OURS : backendText(backend);
}

const OURS = "webgpu";

/**
 * Judges answers by each other. Those of one origin confirm each other only if there is no other, and ours never.
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
  const origins = new Set(answers.map(originOf));
  const alone = origins.size === 1 && !origins.has(OURS);
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
  const bounds = [leastBound(answer.backend), leastBound(by.backend)];
  const atLeast = bounds.find((bound) => typeof bound === "object") ?? bounds.find((bound) => bound !== undefined);
  const run = { engine, component, inputs, valid, where: backendText(by.backend), atLeast };
  return component.outputs.flatMap(({ name }) => {
    const want = by.outputs.get(name);
    return want ? [compareOutput(run, name, want, answer.outputs)] : [];
  });
}
