/** What `bench` runs: engine × component × preset × N with its weights and inputs, and how its outputs are judged. */

import type { Backend, LoadRequest, Runner } from "../engines/backends/backend.ts";
import { compareCase, type GoldenCase, openTensors, readCase, readExpected } from "../engines/cases.ts";
import { sizesOfInputs } from "../engines/check.ts";
import type { ConfiguredComponent, EngineName, Sizes } from "../engines/component.ts";
import { toyReference, toyWeights } from "../engines/components/toy.ts";
import { findComponent, findEngine, findPreset, type PresetName } from "../engines/index.ts";
import type { Weights } from "../engines/weights.ts";
import { BadInputError } from "../errors.ts";
import type { Files } from "../formats/files.ts";
import type { TensorMap } from "../formats/tensor.ts";
import { Plan } from "../gpu/plan.ts";
import type { Target } from "../gpu/target.ts";
import { compare } from "../kernels/compare.ts";
import { reduction } from "../kernels/tolerance.ts";

/** `component` while only parts of the networks exist; `toy` measures overhead. */
export type BenchMode = "toy" | "component";

export interface WorkloadChoice {
  readonly engine: EngineName;
  readonly mode: BenchMode;
  readonly component: string;
  readonly preset: PresetName;
  readonly tokens: number;
  /** `random`, or the path of a safetensors file. */
  readonly weights: string;
  /** `synthetic`, or the path of a safetensors file. */
  readonly features: string;
  readonly seed: number;
}

export interface Workload extends WorkloadChoice {
  readonly configured: ConfiguredComponent;
  readonly config: unknown;
  readonly weightsFrom: Weights;
  readonly inputs: TensorMap;
  readonly sizes: Sizes;
}

/** Reads or makes everything that a choice names. @throws {BadInputError} if files and preset do not fit */
export async function makeWorkload(files: Files, choice: WorkloadChoice): Promise<Workload> {
  const component = findComponent(findEngine(choice.engine), choice.component);
  const toy = choice.mode === "toy";
  const { config, widths } = toy
    ? { config: {}, widths: {} }
    : findPreset(choice.engine, choice.component, choice.preset);
  if (toy && (choice.weights !== "random" || choice.features !== "synthetic"))
    throw new BadInputError("the mode toy has its own weights and features; leave out --weights and --features");
  const weightsFrom: Weights =
    choice.weights === "random"
      ? { kind: "random", seed: choice.seed }
      : { kind: "file", file: await openTensors(files, choice.weights) };
  let sizes: Sizes = { ...widths, tokens: choice.tokens };
  let given: TensorMap | undefined;
  if (choice.features !== "synthetic") {
    given = (await openTensors(files, choice.features)).readAll();
    sizes = { ...widths, ...sizesOfInputs(component, given) };
    if (sizes.tokens !== choice.tokens)
      throw new BadInputError(`${choice.features} has ${sizes.tokens} tokens, --seq-len asks for ${choice.tokens}`);
  }
  const configured = component.configure(config, sizes, () => {});
  const inputs = given ?? configured.randomInputs(choice.seed);
  return { ...choice, configured, config, weightsFrom, inputs, sizes: configured.sizes };
}

/** The request that loads a workload on a backend. */
export function requestOf(workload: Workload): LoadRequest {
  const { engine, component, config, weightsFrom, sizes } = workload;
  return { engine, component, config, weights: weightsFrom, sizes };
}

/** FLOP, bytes and memory that a workload's plan states for a target. */
export function planOf(workload: Workload, target: Target): Plan {
  const plan = new Plan(target);
  workload.configured.record(plan);
  return plan;
}

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

  /** @param folders of the golden cases to judge by */
  constructor(files: Files, folders: readonly string[]) {
    this.files = files;
    this.folders = folders;
  }

  async judge(workload: Workload, backend: Backend, target: Target, outputs: TensorMap): Promise<Verdict> {
    const broken = notFinite(outputs);
    if (broken) return { check: "finite", worstError: undefined, wrong: broken };
    if (workload.mode === "toy") return judgeToy(workload, outputs);
    const cases = await this.casesOf(workload);
    const own = cases.find((golden) => sameWorkload(golden, workload));
    if (own) return this.compare(own, outputs);
    const key = `${backend.name}/${workload.engine}/${workload.component}`;
    const known = this.passed.get(key) ?? this.runCases(cases, workload, backend, target);
    this.passed.set(key, known);
    return known;
  }

  private async casesOf({ engine, component }: Workload): Promise<GoldenCase[]> {
    const cases: GoldenCase[] = [];
    for (const folder of this.folders) {
      const golden = await readCase(this.files, folder);
      if (golden.engine === engine && golden.component.name === component) cases.push(golden);
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

/** Whether a golden case is this very workload: the same config, weights, inputs and N. */
function sameWorkload(golden: GoldenCase, workload: Workload): boolean {
  return (
    golden.weights.kind === "random" &&
    golden.weights.seed === workload.seed &&
    workload.weights === "random" &&
    workload.features === "synthetic" &&
    golden.inputSeed === workload.seed &&
    golden.sizes.tokens === workload.tokens &&
    sameValue(golden.config, workload.config)
  );
}

const sameValue = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);

/** JSON with sorted keys. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    inner && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
