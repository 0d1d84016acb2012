/** From `bench`'s options to workloads: the cross product of engines, components and lengths. */
import {
  type BenchMode,
  DEFAULT_TOKENS,
  type MissingWorkload,
  makeWorkload,
  type Workload,
  type WorkloadChoice,
  type WorkloadNames,
} from "../bench/core/workload.ts";
import type { EngineName } from "../engines/core/component.ts";
import type { Engine } from "../engines/core/engine.ts";
import { checkComponents, componentOf } from "../engines/core/names.ts";
import { openWeights } from "../engines/core/weight_files.ts";
import { findEngine, type PresetName } from "../engines/index.ts";
import { BadInputError } from "../errors.ts";
import { nodeFiles } from "../platform/node/files.ts";
import { noteOnce } from "./output.ts";

/** The options that say what runs. */
export interface WorkloadOptions {
  readonly engine: readonly EngineName[];
  readonly mode?: "toy" | "trunk" | "full";
  readonly full?: boolean;
  readonly component?: readonly string[];
  readonly preset: readonly PresetName[];
  readonly seqLen?: readonly number[];
  readonly recycles?: readonly number[];
  readonly steps?: readonly number[];
  readonly samples?: readonly number[];
  readonly weights: string;
  readonly features: string;
  readonly seed: number;
  readonly memoryLimit?: number;
  readonly threads?: number;
}

/** The components to run, by any of their names. */
const namesOf = ({ mode, full, component }: WorkloadOptions): readonly string[] =>
  component ?? [full ? "full" : (mode ?? "trunk")];

/** @throws {BadInputError} if an engine has two names of one component in the list */
function checkOnce(engine: Engine, names: readonly string[]): void {
  const own = names.map((name) => componentOf(engine, name)?.name);
  const at = own.findIndex((name, index) => name !== undefined && own.indexOf(name) !== index);
  if (at >= 0)
    throw new BadInputError(
      `--component names ${own[at]} of ${engine.name} twice: as ${names[own.indexOf(own[at])]} and as ${names[at]}`,
    );
}

const modeOf = (component: string): BenchMode =>
  component === "toy" || component === "trunk" || component === "full" ? component : "component";

/** @throws {BadInputError} if no engine has a component, it is named twice, or files belong to one of several engines */
export function checkWorkloads(options: WorkloadOptions): void {
  const { engine: engines, weights, features } = options;
  for (const [what, from, made] of [
    ["weights", weights, "random"],
    ["features", features, "synthetic"],
  ])
    if (engines.length > 1 && from !== made)
      throw new BadInputError(`${what} from a file belong to one engine: name it with --engine`);
  const names = namesOf(options);
  if (!names.includes("toy")) checkComponents(engines.map(findEngine), names);
  for (const engine of engines) checkOnce(findEngine(engine), names);
}

/**
 * Makes the workloads of all engines, components and lengths, in this order.
 * @throws {BadInputError} as {@link checkWorkloads} does, or if files and presets do not fit
 */
export async function makeWorkloads(options: WorkloadOptions): Promise<(Workload | MissingWorkload)[]> {
  checkWorkloads(options);
  const { weights } = options;
  const opened = weights === "random" ? undefined : await openWeights(nodeFiles, weights);
  const note = noteOnce();
  const workloads: (Workload | MissingWorkload)[] = [];
  for (const choice of choicesOf(options)) {
    const missing = `${choice.engine} has no component ${choice.component}`;
    if (choice.found) workloads.push(await makeWorkload(nodeFiles, choice, { weights: opened, note }));
    else workloads.push({ ...choice, tokens: choice.tokens ?? DEFAULT_TOKENS, missing });
  }
  return workloads;
}

/** The names of all engines, components and lengths, in the order of {@link makeWorkloads}; nothing is read or made. */
export const namedWorkloads = (options: WorkloadOptions): WorkloadNames[] =>
  choicesOf(options).map((choice) => ({ ...choice, tokens: choice.tokens ?? DEFAULT_TOKENS }));

function choicesOf(options: WorkloadOptions): (WorkloadChoice & { readonly found: boolean })[] {
  return options.engine.map(findEngine).flatMap((engine) =>
    namesOf(options).flatMap((name) => {
      const own = name === "toy" ? name : componentOf(engine, name)?.name;
      const component = own ?? name;
      const names = { engine: engine.name, mode: modeOf(component), component, found: own !== undefined };
      return [...sizesOf(options)].map((sizes) => ({ ...choiceOf(options), ...names, ...sizes }));
    }),
  );
}

type Size = Pick<WorkloadChoice, "preset" | "tokens" | "recycles" | "steps" | "samples">;

/** Every size that the lists name together: presets, then lengths, recycles, steps, samples. */
function* sizesOf({ preset: presets, seqLen, recycles, steps, samples }: WorkloadOptions): Generator<Size> {
  const own = [undefined];
  for (const preset of presets)
    for (const tokens of seqLen ?? own)
      for (const cycles of recycles ?? own)
        for (const levels of steps ?? own)
          for (const many of samples ?? own) yield { preset, tokens, recycles: cycles, steps: levels, samples: many };
}

/** What all workloads have in common. */
function choiceOf({ weights, features, seed, memoryLimit, threads }: WorkloadOptions) {
  return { weights, features, seed, memoryLimit, threads };
}
