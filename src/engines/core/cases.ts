/** Golden cases: folders of `af3-gpu-case/1` (docs/cases.md), read and compared. */
import { BadInputError, messageOf } from "../../errors.ts";
import type { Note } from "../../formats/config.ts";
import { type Files, givenFiles, givenPath, joinPath } from "../../formats/files.ts";
import { givenFunction, givenNumber, givenParts, literal, MOST_SEED } from "../../formats/given.ts";
import { SafeTensors } from "../../formats/safetensors.ts";
import { givenTensors, type TensorMap } from "../../formats/tensor.ts";
import type { Allowance } from "../../kernels/check/tolerance.ts";
import { findComponent, findEngine } from "../index.ts";
import { sizesOfInputs } from "./check.ts";
import { compareOutput, type OutputComparison, type WantedOutput } from "./comparison.ts";
import type { Component, EngineName, Sizes } from "./component.ts";
import { ofFile, readInputs } from "./input_files.ts";
import { standardInputs } from "./random_inputs.ts";
import type { Weights } from "./weights.ts";

export const CASE_FORMAT = "af3-gpu-case/1";
export const RANDOM_SCHEME = "af3-gpu/1";

/** A case as it is run: what to load and what to feed. The expected outputs are read only by {@link readExpected}. */
export interface GoldenCase {
  readonly folder: string;
  readonly engine: EngineName;
  readonly component: Component;
  readonly config: unknown;
  readonly note: string;
  readonly weights: Weights;
  readonly sizes: Sizes;
  readonly inputs: TensorMap;
  /** The seed of generated inputs; undefined if they were read from a file. */
  readonly inputSeed: number | undefined;
  /** Which entries of an output count: the name of an input mask over its leading axes. */
  readonly valid: ReadonlyMap<string, string>;
}

interface RandomSpec {
  readonly seed: number;
  readonly dims: Sizes;
}

/** What a case is of; nothing else of it is read or checked. @throws {BadInputError} naming the file if it is no JSON */
export async function readCaseHead(files: Files, folder: string): Promise<{ engine: unknown; component: unknown }> {
  const path = joinPath(folder, "case.json");
  const { engine, component } = parseJson(await files.read(path), path);
  return { engine, component };
}

/**
 * Reads a case without its expected outputs.
 * @param note is told of tensors among the inputs that nobody reads
 * @throws {BadInputError} naming file and field if something is wrong with it
 */
export async function readCase(files: Files, folder: string, note: Note = () => {}): Promise<GoldenCase> {
  givenFiles(files, "read");
  givenPath(folder);
  givenFunction("note", note);
  const path = joinPath(folder, "case.json");
  const json = parseJson(await files.read(path), path);
  const bad = (what: string): BadInputError => new BadInputError(`${path}: ${what}`);
  if (json.format !== CASE_FORMAT) throw bad(`format is ${literal(json.format)}, expected "${CASE_FORMAT}"`);
  if (typeof json.engine !== "string") throw bad("engine is missing");
  if (typeof json.component !== "string") throw bad("component is missing");
  const engine = findEngine(json.engine);
  const component = findComponent(engine, json.component);
  const weights: Weights = json.weights
    ? { kind: "random", seed: randomSpec(json.weights, "weights", bad).seed }
    : { kind: "file", file: await openTensors(files, joinPath(folder, "weights.safetensors")) };
  const random = json.inputs ? randomSpec(json.inputs, "inputs", bad) : undefined;
  const file = random ? undefined : await openTensors(files, joinPath(folder, "inputs.safetensors"));
  const stored = file && readInputs(file, component.inputs, note);
  const sizes = stored ? ofFile(file.file, () => sizesOfInputs(component, stored)) : (random as RandomSpec).dims;
  let inputs: TensorMap | undefined = stored;
  return {
    folder,
    engine: engine.name,
    component,
    config: json.config,
    note: typeof json.note === "string" ? json.note : "",
    weights,
    sizes,
    /** Random inputs take a while at published widths: they are made when they are asked for. */
    get inputs() {
      inputs ??= standardInputs(
        component.configure(json.config, sizes, () => {}),
        random?.seed ?? 0,
      );
      return inputs;
    },
    inputSeed: random?.seed,
    valid: new Map(Object.entries((json.valid ?? {}) as Record<string, string>)),
  };
}

/** Opens a safetensors file. */
export async function openTensors(files: Files, path: string): Promise<SafeTensors> {
  return new SafeTensors(await files.read(path), path);
}

/** Parses JSON of any kind. @throws {BadInputError} naming the file */
export function parseAnyJson(bytes: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new BadInputError(`${path} is no JSON: ${messageOf(error)}`);
  }
}

/** Parses a JSON object. @throws {BadInputError} naming the file */
export function parseJson(bytes: Uint8Array, path: string): Record<string, unknown> {
  const value = parseAnyJson(bytes, path);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new BadInputError(`${path} should hold a JSON object`);
  return value as Record<string, unknown>;
}

function randomSpec(value: unknown, field: string, bad: (what: string) => BadInputError): RandomSpec {
  const { random, seed, dims = {} } = value as Record<string, unknown>;
  if (random !== RANDOM_SCHEME) throw bad(`${field}.random is ${literal(random)}, expected "${RANDOM_SCHEME}"`);
  if (typeof seed !== "number" || !Number.isSafeInteger(seed) || seed < 0 || seed > MOST_SEED)
    throw bad(`${field}.seed should be a whole number from 0 to ${MOST_SEED}, not ${literal(seed)}`);
  for (const [name, size] of Object.entries(dims as Record<string, unknown>))
    if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 1)
      throw bad(`${field}.dims.${name} should be a whole number from 1, not ${literal(size)}`);
  return { seed, dims: dims as Sizes };
}

/** @throws {BadInputError} unless it is a case; its inputs are left alone, for they may be made when they are first asked for */
export function givenCase(value: unknown): void {
  const parts = {
    folder: "string",
    engine: "string",
    component: "object",
    weights: "object",
    sizes: "object",
  } as const;
  givenParts("the case", "what readCase resolves to", value, parts);
}

/** Reads the recorded outputs of a case. @throws {BadInputError} if they cannot be read */
export async function readExpected(files: Files, golden: GoldenCase): Promise<SafeTensors> {
  givenFiles(files, "read");
  givenCase(golden);
  return openTensors(files, joinPath(golden.folder, "expected.safetensors"));
}

/**
 * Compares outputs with a case's recorded ones.
 * @param atLeast a wider bound than the outputs' own, for arithmetic of less precision; or one for each
 * @throws {BadInputError} if the recording does not fit the component
 */
export function compareCase(
  golden: GoldenCase,
  expected: SafeTensors,
  outputs: TensorMap,
  atLeast?: number | Allowance,
): OutputComparison[] {
  givenCase(golden);
  givenParts("the expected outputs", "what readExpected resolves to", expected, { read: "function", has: "function" });
  givenTensors("the outputs", outputs);
  if (typeof atLeast === "object") givenParts("the bounds", "bounds by output", atLeast, { element: "function" });
  else if (atLeast !== undefined) givenNumber("the bound", atLeast, 0);
  const { engine, component, inputs, valid, folder } = golden;
  const run = { engine, component, inputs, valid, where: folder, atLeast };
  return component.outputs.map(({ name }) => {
    const positions = `${name}:indices`;
    const want: WantedOutput = {
      ...expected.read(name),
      indices: expected.has(positions) ? expected.read(positions).data : undefined,
    };
    return compareOutput(run, name, want, outputs);
  });
}
