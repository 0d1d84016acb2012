/** What `bench` runs: engine × component × preset × N with its weights and inputs. */

import type { LoadRequest } from "../../backends/backend.ts";
import { recordFitting } from "../../backends/fit.ts";
import { type Precisions, withPrecision } from "../../backends/precision.ts";
import { sizesOfInputs } from "../../engines/core/check.ts";
import type { Component, ConfiguredComponent, EngineName, Sizes } from "../../engines/core/component.ts";
import { loadFeatures } from "../../engines/core/features.ts";
import { ofFile, openTensorFile, readInputs } from "../../engines/core/input_files.ts";
import { noiseSeed } from "../../engines/core/noise.ts";
import { type Overrides, overridden } from "../../engines/core/overrides.ts";
import { standardInputs } from "../../engines/core/random_inputs.ts";
import { openWeights } from "../../engines/core/weight_files.ts";
import type { WeightFile, Weights } from "../../engines/core/weights.ts";
import { findComponent, findEngine, findPreset, type PresetName, presetNames } from "../../engines/index.ts";
import { BadInputError } from "../../errors.ts";
import type { Note } from "../../formats/config.ts";
import { type Files, givenFiles } from "../../formats/files.ts";
import {
  givenFields,
  givenFunction,
  givenName,
  givenParts,
  givenText,
  givenWhole,
  MOST_SEED,
  MOST_SIZE,
} from "../../formats/given.ts";
import type { TensorMap } from "../../formats/tensor.ts";
import type { Cost } from "../../gpu/plan/kernel.ts";
import { Plan } from "../../gpu/plan/plan.ts";
import { anyDevice, defaultLimits, type Target } from "../../gpu/plan/target.ts";
import { tuning } from "../../kernels/tune/table.ts";
import { givenConfigured, workOf } from "./plan_report.ts";

/** `toy` measures overhead; `trunk` and `full` are the components of those names; `component` is any other. */
export type BenchMode = "toy" | "trunk" | "full" | "component";

export interface WorkloadChoice extends Overrides {
  readonly engine: EngineName;
  readonly mode: BenchMode;
  /** The engine's own name. */
  readonly component: string;
  readonly preset: PresetName;
  /** Undefined: as many as the features in the file have, or {@link DEFAULT_TOKENS}. */
  readonly tokens: number | undefined;
  /** `random`, or the path of a file that openWeights reads. */
  readonly weights: string;
  /** `synthetic`, or the path of a file: of features for whole networks, else of the component's inputs. */
  readonly features: string;
  readonly seed: number;
  /** Bytes that may be held on the device. */
  readonly memoryLimit?: number | undefined;
  /** Threads of backends that compute on the CPU. */
  readonly threads?: number | undefined;
}

export const DEFAULT_TOKENS = 64;

/** What a row says of a workload, whether it can run or not. */
export type WorkloadNames = WorkloadChoice & { readonly tokens: number };

export interface Workload extends WorkloadNames {
  readonly configured: ConfiguredComponent;
  readonly config: unknown;
  readonly weightsFrom: Weights;
  /** Generated when they are first asked for: those of many long workloads would fill the memory. */
  readonly inputs: TensorMap;
  /** See {@link costOf}; counted when it is first asked for. */
  readonly cost: Cost;
  readonly sizes: Sizes;
  /** Whether its seed decides anything: weights or inputs are random, or noise is. */
  readonly seeded: boolean;
}

/** A workload whose engine has no such component. */
export interface MissingWorkload extends WorkloadNames {
  /** The sentence that says so. */
  readonly missing: string;
}

/** What a choice names and is there already. */
export interface AtHand {
  readonly weights?: WeightFile | undefined;
  /** Generates the inputs, in the place of the standard ones. */
  readonly inputs?: (configured: ConfiguredComponent) => TensorMap;
  /** Is told what of a file was ignored, and what was generated for it. */
  readonly note?: Note;
}

/**
 * Reads or makes everything that a choice names.
 * @throws {BadInputError} if files and preset do not fit
 */
export async function makeWorkload(files: Files, choice: WorkloadChoice, atHand: AtHand = {}): Promise<Workload> {
  givenFiles(files, "read");
  givenChoice(choice);
  givenAtHand(atHand);
  const engine = findEngine(choice.engine);
  const component = findComponent(engine, choice.component);
  const toy = choice.mode === "toy";
  if (toy && (choice.weights !== "random" || choice.features !== "synthetic"))
    throw new BadInputError("the mode toy has its own weights and features; leave out --weights and --features");
  const preset = toy ? { config: {}, widths: {} } : findPreset(choice.engine, choice.component, choice.preset);
  const config = overridden(engine, component, preset.config, choice);
  const weightsFrom: Weights =
    choice.weights === "random"
      ? { kind: "random", seed: choice.seed }
      : { kind: "file", file: atHand.weights ?? (await openWeights(files, choice.weights)) };
  const made = choice.features === "synthetic" || atHand.inputs !== undefined;
  const given = made ? undefined : await givenInputs(files, choice, component, config, atHand.note ?? (() => {}));
  const tokens = choice.tokens ?? given?.sizes.tokens ?? DEFAULT_TOKENS;
  if (given && given.sizes.tokens !== tokens)
    throw new BadInputError(`${choice.features} has ${given.sizes.tokens} tokens, --seq-len asks for ${tokens}`);
  const configure = (sizes?: Sizes): ConfiguredComponent =>
    component.configure(config, { ...preset.widths, ...sizes, tokens }, () => {});
  let configured = configure(given?.sizes);
  let inputs = given ? withNoise(given.tensors, configured, choice.seed) : atHand.inputs?.(configured);
  const drawn = inputs === undefined || (given !== undefined && inputs !== given.tensors);
  // Other residues may have another number of atoms, and plans may have exactly that many.
  if (!given && inputs) configured = configure(sizesOfInputs(component, inputs));
  let cost: Cost | undefined;
  return {
    ...choice,
    tokens,
    configured,
    config,
    weightsFrom,
    get inputs() {
      inputs ??= standardInputs(configured, choice.seed);
      return inputs;
    },
    get cost() {
      cost ??= costOf(configured);
      return cost;
    },
    sizes: configured.sizes,
    seeded: weightsFrom.kind === "random" || drawn,
  };
}

const MODES: readonly BenchMode[] = ["toy", "trunk", "full", "component"];

/** Numbers that a choice may leave out, from the least that makes sense. */
const COUNTS = { tokens: 1, recycles: 0, steps: 1, samples: 1, memoryLimit: 1, threads: 1 } as const;

function givenChoice(choice: unknown): void {
  givenFields("the choice", "an object with engine, mode, component, preset, weights, features and seed", choice);
  givenText("engine", "an engine's name", choice.engine);
  givenName("mode", choice.mode, MODES);
  givenText("component", "a component's name", choice.component);
  givenName("preset", choice.preset, presetNames);
  givenText("weights", "random, or the path of a file", choice.weights);
  givenText("features", "synthetic, or the path of a file", choice.features);
  givenWhole("seed", choice.seed, 0, MOST_SEED);
  for (const [name, least] of Object.entries(COUNTS))
    if (choice[name] !== undefined)
      givenWhole(name, choice[name], least, name === "memoryLimit" ? Number.MAX_SAFE_INTEGER : MOST_SIZE);
}

function givenAtHand(value: unknown): void {
  givenFields("what is at hand", "an object such as { weights, inputs, note }", value);
  const weights = { read: "function", describe: "function" } as const;
  if (value.weights !== undefined) givenParts("weights", "what openWeights resolves to", value.weights, weights);
  givenFunction("inputs", value.inputs);
  givenFunction("note", value.note);
}

/** @throws {BadInputError} unless it is a workload; its inputs are left alone, for they are made when they are first asked for */
export function givenWorkload(value: unknown): void {
  const parts = {
    engine: "string",
    component: "string",
    configured: "object",
    weightsFrom: "object",
    sizes: "object",
  } as const;
  givenParts("the workload", "what makeWorkload resolves to", value, parts);
}

/** A file's tensors and the sizes that follow from them. */
async function givenInputs(
  files: Files,
  { engine, features, seed }: WorkloadChoice,
  component: Component,
  config: unknown,
  note: Note,
): Promise<{ readonly tensors: TensorMap; readonly sizes: Sizes }> {
  if (component.readsFeatures) {
    const { sizes } = component.configure(config, { tokens: DEFAULT_TOKENS }, () => {});
    const passes = component.trips === undefined ? undefined : sizes[component.trips];
    return loadFeatures(files, features, findEngine(engine), note, { passes, numMsa: sizes.num_msa, seed });
  }
  const tensors = readInputs(openTensorFile(await files.read(features), features), component.inputs, note);
  return { tensors, sizes: ofFile(features, () => sizesOfInputs(component, tensors)) };
}

/** Given features with a seed for the noise, where the component takes noise and none came along. */
function withNoise(given: TensorMap, { component }: ConfiguredComponent, seed: number): TensorMap {
  const takes = component.inputs.some(({ name }) => name === "noise_seed");
  return takes && !given.has("init_noise") ? new Map([...given, noiseSeed(seed)]) : given;
}

/** The request that loads a workload on a backend. @throws {BadInputError} unless it is a workload */
export function requestOf(workload: Workload): LoadRequest {
  givenWorkload(workload);
  const { engine, component, config, weightsFrom, sizes, memoryLimit, threads } = workload;
  return { engine, component, config, weights: weightsFrom, sizes, memoryLimit, threads };
}

/** The plan that a backend with this target would run. @throws {BadInputError} if it does not fit */
export function planOf({ configured, config, sizes, memoryLimit }: Workload, target: Target): Plan {
  const { component } = configured;
  return recordFitting(target, { component, config, sizes }, (plan) => configured.record(plan), memoryLimit).plan;
}

/**
 * What one run of a workload costs with our kernels, counted for a device without limits, so that all backends' rows compare.
 * @throws {BadInputError} unless it is a configured component
 */
export function costOf(configured: ConfiguredComponent): Cost {
  givenConfigured(configured);
  return costIn(configured, {});
}

/** As {@link costOf}, in a precision. */
export function costIn(configured: ConfiguredComponent, precisions: Precisions): Cost {
  const plan = new Plan(withPrecision({ ...anyDevice(tuning), limits: NO_LIMITS }, precisions));
  configured.record(plan);
  return workOf(plan, configured);
}

const NO_LIMITS = {
  ...defaultLimits,
  maxStorageBufferBindingSize: Number.POSITIVE_INFINITY,
  maxBufferSize: Number.POSITIVE_INFINITY,
};
