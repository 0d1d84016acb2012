/** What is worth tuning: the different calls that the plans of whole networks make of kernels, those that cost most first. */
import { type EngineName, runsOf } from "../../engines/core/component.ts";
import { componentOf } from "../../engines/core/names.ts";
import { findEngine, findPreset, type PresetName } from "../../engines/index.ts";
import { type AnyKernel, arraysOf, type Cost } from "../../gpu/plan/kernel.ts";
import { Plan, type Step } from "../../gpu/plan/plan.ts";
import type { Target } from "../../gpu/plan/target.ts";
import type { Call } from "../../gpu/plan/variant.ts";

/** A kernel at the sizes of some steps of plans. */
export interface Job {
  readonly kernel: AnyKernel;
  readonly call: Call;
  /** Of one dispatch. */
  readonly cost: Cost;
  /** How often one run of the plans dispatches it. */
  readonly runs: number;
  /** Its part of what all calls cost, from 0 to 1, as far as FLOP and bytes tell. */
  readonly share: number;
  /** The first step that makes the call. */
  readonly label: string;
}

export interface JobChoice {
  readonly engines: readonly EngineName[];
  readonly component: "trunk" | "full";
  readonly preset: PresetName;
  readonly seqLens: readonly number[];
}

/** FLOP that a GPU does while it moves a byte, about: what makes calls that multiply and calls that move comparable. */
const BALANCE = 10;

/** The calls of the chosen plans on a target; equal ones are one job. */
export function jobsOf({ engines, component: name, preset, seqLens }: JobChoice, target: Target): Job[] {
  const found = new Map<string, Job>();
  for (const engine of engines)
    for (const tokens of seqLens) {
      const component = componentOf(findEngine(engine), name);
      if (!component) continue;
      const { config, widths } = findPreset(engine, component.name, preset);
      const configured = component.configure(config, { ...widths, tokens }, () => {});
      const plan = new Plan(target);
      configured.record(plan);
      for (const section of plan.sections)
        for (const step of plan.steps.slice(section.first, section.end)) {
          if (step.workgroups === 0) continue; // of features that a complex does not have
          const fresh = jobOf(step);
          const job = found.get(keyOf(fresh)) ?? fresh;
          found.set(keyOf(fresh), { ...job, runs: job.runs + runsOf(configured, section.name) });
        }
    }
  const weight = ({ cost, runs }: Job): number => runs * (cost.flops + BALANCE * cost.bytes);
  const total = [...found.values()].reduce((sum, job) => sum + weight(job), 0);
  return [...found.values()].map((job) => ({ ...job, share: weight(job) / total })).sort((a, b) => b.share - a.share);
}

function jobOf({ kernel, dims, dtypes, cost, label }: Step): Job {
  const arrays = arraysOf(kernel);
  const axes = new Set(arrays.flatMap(({ shape }) => shape.filter((axis) => typeof axis === "string")));
  const pick = (names: Iterable<string>): Record<string, number> =>
    Object.fromEntries([...names].map((name) => [name, dims[name]]));
  const scalars = pick(Object.keys(kernel.scalars));
  const sizes = pick([...axes].filter((name) => !(name in scalars)));
  const call = { sizes, params: pick(Object.keys(kernel.params)), scalars, dtypes };
  return { kernel, call, cost, runs: 0, share: 0, label };
}

/** Scalars say where a dispatch of several begins, or how large a penalty is: calls that differ in nothing else cost the same. */
const keyOf = ({ kernel, call, cost }: Job): string =>
  JSON.stringify([kernel.name, call.sizes, call.params, call.dtypes, cost]);
