/** What a load asks for, checked once at the edge. */
import type { Component, OutputSpec, Wanted } from "../engines/core/component.ts";
import { BadInputError, UnavailableError } from "../errors.ts";
import {
  givenFields,
  givenFunction,
  givenList,
  givenSignal,
  givenSizes,
  givenText,
  givenWhole,
  knownFields,
  MOST_SEED,
  shown,
} from "../formats/given.ts";
import { type HostTensor, shapeText, type TensorMap } from "../formats/tensor.ts";
import { didYouMean } from "../words.ts";
import type { LoadRequest } from "./backend.ts";
import { checkPrecisions } from "./precision.ts";

/** What a request may have; the type holds the list to the request's own. */
const REQUEST: Readonly<Record<keyof LoadRequest, true>> = {
  engine: true,
  component: true,
  config: true,
  weights: true,
  sizes: true,
  outputs: true,
  memoryLimit: true,
  precision: true,
  diffusionPrecision: true,
  threads: true,
  note: true,
  progress: true,
  signal: true,
};

const WEIGHTS = '{ kind: "random", seed: 0 } or { kind: "file", file }';

function checkWeightsGiven(value: unknown): void {
  givenFields("weights", WEIGHTS, value);
  if (typeof value.describe === "function" && typeof value.read === "function")
    throw new BadInputError('weights should be { kind: "file", file }, not the file itself');
  if (value.kind === "random") {
    givenWhole("weights.seed", value.seed, 0, MOST_SEED);
    return;
  }
  if (value.kind !== "file")
    throw new BadInputError(
      `weights should be ${WEIGHTS}; their kind is ${typeof value.kind === "string" ? value.kind : shown(value.kind)}`,
    );
  const opened = "what openWeights or readSafetensors resolved to";
  givenFields("weights.file", opened, value.file);
  if (typeof value.file.describe !== "function" || typeof value.file.read !== "function")
    throw new BadInputError(`weights.file should be ${opened}`);
}

/** @throws {BadInputError} naming what is missing or of another kind than it should be */
export function checkRequest(request: unknown): void {
  givenFields("the request", "an object with engine, component, config, weights and sizes", request);
  knownFields("the request", request, Object.keys(REQUEST));
  givenText("engine", "an engine's name", request.engine);
  givenText("component", "a component's name", request.component);
  givenFields("config", "a config, such as preset(…).config", request.config);
  givenSizes(request.sizes);
  checkWeightsGiven(request.weights);
  if (request.outputs !== undefined) {
    givenList("outputs", "an array of names of outputs", request.outputs);
    if (request.outputs.length === 0)
      throw new BadInputError("outputs is empty: name those that will be read, or leave it out for all");
  }
  if (request.memoryLimit !== undefined) givenWhole("memoryLimit", request.memoryLimit, 1, Number.MAX_SAFE_INTEGER);
  checkPrecisions(request);
  if (request.threads !== undefined) givenWhole("threads", request.threads, 1, 4096);
  givenFunction("note", request.note);
  givenFunction("progress", request.progress);
  givenSignal("signal", request.signal);
}

/** The outputs that a load asks for; undefined for all. @throws {BadInputError} if the component has none of such a name */
export function wantedOf(
  { engine, name, outputs, reductions = [] }: Component,
  wanted: readonly string[] | undefined,
): Wanted | undefined {
  if (wanted === undefined) return undefined;
  const known = [...outputs, ...reductions].map((output) => output.name);
  const strange = wanted.find((each) => !known.includes(each));
  if (strange !== undefined)
    throw new BadInputError(
      `${engine} ${name} has no output ${shown(strange)}; known are ${known.join(", ")}${didYouMean(String(strange), known)}`,
    );
  return new Set(wanted);
}

/**
 * The same of a backend that runs what others wrote, which makes the component's outputs and nothing in their place.
 * @throws {UnavailableError} if one is asked for that stands in the place of another
 */
export function plainOutputsOf(
  backend: string,
  component: Component,
  wanted: readonly string[] | undefined,
): readonly OutputSpec[] {
  const names = wantedOf(component, wanted);
  const reduction = component.reductions?.find(({ name }) => names?.has(name));
  if (reduction)
    throw new UnavailableError(
      `${backend} makes no ${reduction.name} of ${component.engine} ${component.name}, which is computed of other outputs`,
      `ask for ${component.outputs.map(({ name }) => name).join(", ")}, or use webgpu`,
    );
  return component.outputs.filter(({ name }) => names?.has(name) ?? true);
}

/** Of what a run made, what was asked for: components may make other outputs on the way. */
export const onlyWanted = (outputs: TensorMap, wanted: Wanted | undefined): TensorMap =>
  wanted ? new Map([...outputs].filter(([name]) => wanted.has(name))) : outputs;

/** A run whose outputs have the wrong shape would be a bug; better an error than a wrong file. */
export function checkOutputs(
  component: Component,
  outputs: ReadonlyMap<string, HostTensor>,
  wanted: Wanted | undefined,
): void {
  const made = wanted ? [...component.outputs, ...(component.reductions ?? [])] : component.outputs;
  for (const { name, shape } of made.filter((output) => wanted?.has(output.name) ?? true)) {
    const tensor = outputs.get(name);
    if (tensor?.shape.length !== shape.length)
      throw new Error(`${component.name}: the output ${name} is ${tensor ? shapeText(tensor.shape) : "missing"}`);
  }
}
