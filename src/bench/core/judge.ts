/** How outputs are judged before anything is timed. */
import type { Backend } from "../../backends/backend.ts";
import { type GoldenCase, readCase, readCaseHead } from "../../engines/core/cases.ts";
import { nonFinite, nonFiniteText } from "../../engines/core/finite.ts";
import { weightSource } from "../../engines/core/weights.ts";
import { findEngine } from "../../engines/index.ts";
import { messageOf, UnavailableError } from "../../errors.ts";
import { type Files, givenFiles } from "../../formats/files.ts";
import { givenList, givenParts, givenSignal, givenText } from "../../formats/given.ts";
import { givenTensors, type TensorMap } from "../../formats/tensor.ts";
import { compare } from "../../kernels/check/compare.ts";
import { componentBound } from "../../kernels/check/tolerance.ts";
import { agreement, byTrust, judgedBy } from "./agreement.ts";
import { compareWithCase, givenBackend, nameOfCase, runCase, sameWorkload } from "./case_check.ts";
import { type Answer, type Judging, type Verdict, verdictOf } from "./verdict.ts";
import { costOf, givenWorkload, type Workload } from "./workload.ts";

/** Work of cases that are always run to judge by. */
const LITTLE_WORK = 1e9;

/**
 * Judges outputs by the component's own double precision, if it has that; else by the golden case that this very workload is, if there is one; else by each other; and a backend whose
 * outputs no other confirms by all shipped cases of the component.
 */
export class Judge implements Judging {
  private readonly files: Files;
  private readonly folders: readonly string[];
  private readonly passed = new Map<string, Promise<Verdict>>();
  private readonly cases = new Map<string, Promise<GoldenCase[]>>();

  private readonly signal: AbortSignal | undefined;

  /**
   * @param folders of the golden cases to judge by
   * @param signal stops the running of cases
   */
  constructor(files: Files, folders: readonly string[], signal?: AbortSignal) {
    givenFiles(files, "read");
    givenList("the folders", "an array of paths of golden cases", folders);
    for (const folder of folders) givenText("a folder", "the path of a golden case", folder);
    givenSignal("signal", signal);
    this.files = files;
    this.folders = folders;
    this.signal = signal;
  }

  /** @returns a verdict for each answer, or the error that stopped its check */
  async judge(workload: Workload, answers: readonly Answer[]): Promise<(Verdict | Error)[]> {
    givenWorkload(workload);
    givenList("the answers", "an array of { backend, outputs }", answers);
    for (const answer of answers) {
      givenParts("an answer", "{ backend, outputs }", answer, { backend: "object" });
      givenBackend(answer.backend);
      givenTensors("the outputs", answer.outputs);
    }
    const verdicts = answers.map(({ outputs }) => notFinite(outputs));
    const finite = answers.filter((_, index) => !verdicts[index]);
    const judged = workload.configured.reference
      ? finite.map(({ outputs }) => byReference(workload, outputs))
      : await this.judgeFinite(workload, finite);
    return verdicts.map((verdict) => verdict ?? (judged.shift() as Verdict | Error));
  }

  private async judgeFinite(workload: Workload, answers: readonly Answer[]): Promise<(Verdict | Error)[]> {
    const cases = await this.casesOf(workload);
    const own = cases.find((golden) => sameWorkload(golden, workload));
    if (own) return Promise.all(answers.map(({ backend, outputs }) => this.compare(own, backend, outputs)));
    const valid = cases[0]?.valid ?? new Map();
    const agreed = agreement(workload, answers, valid);
    return agreed.every((verdict) => verdict !== undefined)
      ? (agreed as Verdict[])
      : this.judgeByCases(cases, workload, answers, valid);
  }

  /** Where no answer confirms another: the most trusted backend that the cases confirm judges the rest. */
  private async judgeByCases(
    cases: readonly GoldenCase[],
    workload: Workload,
    answers: readonly Answer[],
    valid: ReadonlyMap<string, string>,
  ): Promise<(Verdict | Error)[]> {
    const verdicts = new Map<Answer, Verdict | Error>();
    for (const answer of byTrust(answers)) {
      const verdict = await this.byCases(cases, workload, answer.backend);
      verdicts.set(answer, verdict);
      if (verdict instanceof Error || verdict.wrong) continue;
      for (const other of answers) {
        const known = verdicts.get(other);
        // A backend that has what the workload needs may lack what the cases need, such as their graphs.
        if (known === undefined || known instanceof UnavailableError)
          verdicts.set(other, judgedBy(workload, other, answer, valid));
      }
      break;
    }
    return answers.map((answer) => verdicts.get(answer) as Verdict | Error);
  }

  private async casesOf(workload: Workload): Promise<GoldenCase[]> {
    const of = `${workload.engine}/${workload.component}`;
    const reading = this.cases.get(of) ?? this.readCases(workload);
    this.cases.set(of, reading);
    return reading;
  }

  private async readCases({ engine, component }: Workload): Promise<GoldenCase[]> {
    const cases: GoldenCase[] = [];
    for (const folder of this.folders) {
      const head = await readCaseHead(this.files, folder);
      if (head.engine === engine && head.component === component) cases.push(await readCase(this.files, folder));
    }
    return cases;
  }

  private async compare(golden: GoldenCase, backend: Backend, outputs: TensorMap): Promise<Verdict> {
    const name = nameOfCase(golden);
    return verdictOf(`case:${name}`, name, await compareWithCase(this.files, golden, backend, outputs));
  }

  /** A backend's verdict by the shipped cases; they are run once. */
  private async byCases(cases: readonly GoldenCase[], workload: Workload, backend: Backend): Promise<Verdict | Error> {
    const key = `${backend.name}:${backend.variant}/${workload.engine}/${workload.component}`;
    const known = this.passed.get(key) ?? this.runCases(cases, workload, backend);
    this.passed.set(key, known);
    return known.catch((error: unknown) => (error instanceof Error ? error : new Error(messageOf(error))));
  }

  /** Runs the cases that cost no more than the workload, or little; a CPU would take minutes for the rest. */
  private async runCases(cases: readonly GoldenCase[], workload: Workload, backend: Backend): Promise<Verdict> {
    const most = Math.max(LITTLE_WORK, workload.cost.flops);
    let worstError = 0;
    let ran = 0;
    for (const golden of cases) {
      const { component, config, sizes } = golden;
      if (costOf(component.configure(config, sizes, () => {})).flops > most) continue;
      const comparisons = await runCase(this.files, golden, backend, this.signal);
      const verdict = verdictOf("cases", nameOfCase(golden), comparisons);
      if (verdict.wrong) return verdict;
      worstError = Math.max(worstError, verdict.worstError ?? 0);
      ran++;
    }
    if (ran === 0)
      return {
        check: "cases",
        worstError: undefined,
        wrong: `there is no golden case of ${workload.engine} ${workload.component} to check by`,
      };
    return { check: "cases", worstError, wrong: undefined };
  }
}

/** The verdict on outputs of which one is not finite; undefined if all are. */
export function notFinite(outputs: TensorMap): (Verdict & { readonly output: string }) | undefined {
  const [found] = nonFinite(outputs);
  return found && { output: found.name, check: "finite", worstError: undefined, wrong: nonFiniteText(found) };
}

/** Judges by what the component itself computes in double precision. */
function byReference({ engine, configured, weightsFrom, inputs }: Workload, outputs: TensorMap): Verdict {
  const source = weightSource(findEngine(engine), configured, weightsFrom, () => {});
  let worstError = 0;
  for (const [name, want] of configured.reference?.(inputs, source) ?? []) {
    const got = outputs.get(name);
    if (got?.data.length !== want.length)
      return { check: "reference", worstError: undefined, wrong: `there is no output ${name} of the right size` };
    const { error } = compare(got.data, want);
    const { bound = componentBound } = configured.component.outputs.find((output) => output.name === name) ?? {};
    worstError = Math.max(worstError, error);
    if (error > bound) {
      const wrong = `${name} differs from double precision by ${error.toExponential(2)}, bound ${bound}`;
      return { check: "reference", worstError, wrong };
    }
  }
  return { check: "reference", worstError, wrong: undefined };
}
