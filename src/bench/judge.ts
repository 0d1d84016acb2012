/** How a workload's outputs are judged before anything is timed. */

import type { Backend, Runner } from "../engines/backends/backend.ts";
import { compareCase, type GoldenCase, parseJson, readCase, readExpected } from "../engines/cases.ts";
import { toyReference, toyWeights } from "../engines/components/toy.ts";
import { type Files, joinPath } from "../formats/files.ts";
import type { HostTensor, TensorMap } from "../formats/tensor.ts";
import { Plan } from "../gpu/plan.ts";
import type { Target } from "../gpu/target.ts";
import { compare } from "../kernels/compare.ts";
import { reduction } from "../kernels/tolerance.ts";
import { planOf, type Workload } from "./workload.ts";

/** How outputs were judged, and the verdict. */
export interface Verdict {
  /** `case:<name>`, `cases` or `reference`. */
  readonly check: string;
  /** The largest error over its bound's metric, where there is a number. */
  readonly worstError: number | undefined;
  /** What is wrong, or undefined. */
  readonly wrong: string | undefined;
}

/** Judges outputs by golden cases: this workload's own if there is one, else all shipped ones of its component. */
export class Judge {
  private readonly files: Files;
  private readonly folders: readonly string[];
  private readonly passed = new Map<string, Promise<Verdict>>();
  private readonly cases = new Map<string, Promise<GoldenCase[]>>();

  /** @param folders of the golden cases to judge by */
  constructor(files: Files, folders: readonly string[]) {
    this.files = files;
    this.folders = folders;
  }

  async judge(workload: Workload, backend: Backend, target: Target, outputs: TensorMap): Promise<Verdict> {
    const broken = notFinite(outputs);
    if (broken) return { check: "finite", worstError: undefined, wrong: broken };
    if (workload.mode === "toy") return judgeToy(workload, outputs);
    const of = `${workload.engine}/${workload.component}`;
    const reading = this.cases.get(of) ?? this.casesOf(workload);
    this.cases.set(of, reading);
    const cases = await reading;
    const own = cases.find((golden) => sameWorkload(golden, workload));
    if (own) return this.compare(own, outputs);
    const key = `${backend.name}/${of}`;
    const known = this.passed.get(key) ?? this.runCases(cases, workload, backend, target);
    this.passed.set(key, known);
    return known;
  }

  private async casesOf({ engine, component }: Workload): Promise<GoldenCase[]> {
    const cases: GoldenCase[] = [];
    for (const folder of this.folders) {
      const path = joinPath(folder, "case.json");
      const head = parseJson(await this.files.read(path), path);
      if (head.engine === engine && head.component === component) cases.push(await readCase(this.files, folder));
    }
    return cases;
  }

  private async compare(golden: GoldenCase, outputs: TensorMap): Promise<Verdict> {
    const results = compareCase(golden, await readExpected(this.files, golden), outputs);
    const failed = results.find(({ passed }) => !passed);
    const name = golden.folder.split(/[/\\]/).pop();
    return {
      check: `case:${name}`,
      worstError: Math.max(...results.map(({ error }) => error)),
      wrong:
        failed && `${failed.output} differs from ${name} by ${failed.error.toExponential(2)}, bound ${failed.bound}`,
    };
  }

  /** Runs the cases that cost no more than the workload, or little; a software adapter would take minutes for the rest. */
  private async runCases(
    cases: readonly GoldenCase[],
    workload: Workload,
    backend: Backend,
    target: Target,
  ): Promise<Verdict> {
    const most = target.software ? Math.max(1e9, planOf(workload, target).cost().flops) : Number.POSITIVE_INFINITY;
    let worstError = 0;
    let ran = 0;
    for (const golden of cases) {
      const { engine, component, config, weights, sizes, inputs } = golden;
      const plan = new Plan(target);
      component.configure(config, sizes, () => {}).record(plan);
      if (plan.cost().flops > most) continue;
      const runner: Runner = await backend.load({ engine, component: component.name, config, weights, sizes });
      try {
        const verdict = await this.compare(golden, await runner.run(inputs));
        if (verdict.wrong) return verdict;
        worstError = Math.max(worstError, verdict.worstError ?? 0);
        ran++;
      } finally {
        await runner.dispose();
      }
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

function notFinite(outputs: TensorMap): string | undefined {
  for (const [name, { data }] of outputs) {
    const at = data.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) return `${name} holds ${data[at]} at position ${at}`;
  }
  return undefined;
}

function judgeToy({ inputs, seed }: Workload, outputs: TensorMap): Verdict {
  const [x, y] = [inputs.get("x"), outputs.get("y")];
  if (!x || !y) return { check: "reference", worstError: undefined, wrong: "the toy has no output" };
  const { error } = compare(y.data, toyReference(x.data as Float32Array, toyWeights(seed)));
  const bound = reduction(x.shape[1]);
  const wrong =
    error <= bound ? undefined : `y differs from double precision by ${error.toExponential(2)}, bound ${bound}`;
  return { check: "reference", worstError: error, wrong };
}

/** Whether a golden case is this very workload: the same config, weights, sizes and inputs. */
function sameWorkload(golden: GoldenCase, workload: Workload): boolean {
  const { weightsFrom, sizes } = workload;
  const sameSizes = Object.entries(golden.sizes).every(
    ([name, size]) => sizes[name] === undefined || sizes[name] === size,
  );
  return (
    golden.weights.kind === "random" &&
    weightsFrom.kind === "random" &&
    golden.weights.seed === weightsFrom.seed &&
    sameSizes &&
    sameValue(golden.config, workload.config) &&
    sameInputs(golden, workload)
  );
}

/** Inputs that a seed makes are known by it, others by their content. */
function sameInputs(golden: GoldenCase, workload: Workload): boolean {
  if (golden.inputSeed !== undefined && workload.features === "synthetic") return golden.inputSeed === workload.seed;
  const { inputs } = workload;
  return golden.component.inputs.every(({ name }) => sameTensor(golden.inputs.get(name), inputs.get(name)));
}

const sameTensor = (a: HostTensor | undefined, b: HostTensor | undefined): boolean =>
  a === b ||
  (a !== undefined &&
    b !== undefined &&
    sameValue(a.shape, b.shape) &&
    (a.data as Float32Array).every((value, at) => value === b.data[at]));

const sameValue = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);

/** JSON with sorted keys. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    inner && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
