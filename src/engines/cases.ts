/** Golden cases: folders of `af3-gpu-case/1` (docs/cases.md), read and compared. */
import { BadInputError, messageOf } from "../errors.ts";
import { type Files, joinPath } from "../formats/files.ts";
import { SafeTensors } from "../formats/safetensors.ts";
import type { HostTensor, TensorMap } from "../formats/tensor.ts";
import { shapeText, sizeOf } from "../formats/tensor.ts";
import { type Comparison, compare, compareSamples } from "../kernels/compare.ts";
import { componentBounds, positionBounds } from "../kernels/tolerance.ts";
import { sizesOfInputs } from "./check.ts";
import type { Component, EngineName, Sizes } from "./component.ts";
import { findComponent, findEngine } from "./index.ts";
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
  /** The seed of inputs that were made and not read. */
  readonly inputSeed: number | undefined;
  /** Which entries of an output count: the name of an input mask over its leading axes. */
  readonly valid: ReadonlyMap<string, string>;
}

interface RandomSpec {
  readonly seed: number;
  readonly dims: Sizes;
}

/** Reads a case without its expected outputs. @throws {BadInputError} naming file and field if something is wrong with it */
export async function readCase(files: Files, folder: string): Promise<GoldenCase> {
  const path = joinPath(folder, "case.json");
  const json = parseJson(await files.read(path), path);
  const bad = (what: string): BadInputError => new BadInputError(`${path}: ${what}`);
  if (json.format !== CASE_FORMAT) throw bad(`format is ${JSON.stringify(json.format)}, expected "${CASE_FORMAT}"`);
  if (typeof json.engine !== "string") throw bad("engine is missing");
  if (typeof json.component !== "string") throw bad("component is missing");
  const engine = findEngine(json.engine);
  const component = findComponent(engine, json.component);
  const weights: Weights = json.weights
    ? { kind: "random", seed: randomSpec(json.weights, "weights", bad).seed }
    : { kind: "file", file: await openTensors(files, joinPath(folder, "weights.safetensors")) };
  const random = json.inputs ? randomSpec(json.inputs, "inputs", bad) : undefined;
  const stored = random ? undefined : (await openTensors(files, joinPath(folder, "inputs.safetensors"))).readAll();
  const sizes = stored ? sizesOfInputs(component, stored) : (random as RandomSpec).dims;
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
      inputs ??= component.configure(json.config, sizes, () => {}).randomInputs(random?.seed ?? 0);
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

/** Parses a JSON object. @throws {BadInputError} naming the file */
export function parseJson(bytes: Uint8Array, path: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new BadInputError(`${path} is no JSON: ${messageOf(error)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new BadInputError(`${path} should hold a JSON object`);
  return value as Record<string, unknown>;
}

function randomSpec(value: unknown, field: string, bad: (what: string) => BadInputError): RandomSpec {
  const { random, seed, dims = {} } = value as Record<string, unknown>;
  if (random !== RANDOM_SCHEME) throw bad(`${field}.random is ${JSON.stringify(random)}, expected "${RANDOM_SCHEME}"`);
  if (typeof seed !== "number") throw bad(`${field}.seed should be a number`);
  for (const [name, size] of Object.entries(dims as Record<string, unknown>))
    if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 1)
      throw bad(`${field}.dims.${name} should be a whole number from 1, not ${JSON.stringify(size)}`);
  return { seed, dims: dims as Sizes };
}

/** An output's comparison with a case. */
export interface OutputComparison extends Comparison {
  readonly output: string;
  readonly bound: number;
  readonly passed: boolean;
  /** Coordinates of the worst element. */
  readonly at: readonly number[];
}

/** Reads the recorded outputs of a case. */
export const readExpected = (files: Files, { folder }: GoldenCase): Promise<SafeTensors> =>
  openTensors(files, joinPath(folder, "expected.safetensors"));

/** Compares outputs with a case's recorded ones. @throws {BadInputError} if the recording does not fit the component */
export function compareCase(golden: GoldenCase, expected: SafeTensors, outputs: TensorMap): OutputComparison[] {
  return golden.component.outputs.map(({ name }) => {
    const got = outputs.get(name) as HostTensor;
    const want = expected.read(name);
    const indices = expected.has(`${name}:indices`) ? expected.read(`${name}:indices`).data : undefined;
    const where = `${golden.folder}: the expected ${name}`;
    if (!indices && shapeText(want.shape) !== shapeText(got.shape))
      throw new BadInputError(`${where} is ${shapeText(want.shape)}, the component gives ${shapeText(got.shape)}`);
    if (indices && (indices.length !== want.data.length || indices.some((at) => at < 0 || at >= got.data.length)))
      throw new BadInputError(`${where} has sampled positions that do not fit`);
    const position = (index: number): number => (indices ? indices[index] : index);
    const counts = countingEntries(golden, name, got.shape);
    const key = `${golden.engine}/${golden.component.name}/${name}`;
    const bounds = positionBounds[key];
    const own = (index: number): boolean => counts(position(index));
    const sampleOf = (index: number): number => Math.floor((position(index) * got.shape[0]) / got.data.length);
    const comparison = bounds
      ? compareSamples(got.data, want.data, sampleOf, bounds, own, position)
      : compare(got.data, want.data, own, position);
    const bound = bounds?.absolute ?? componentBounds[key] ?? componentBounds.default;
    return {
      output: name,
      ...comparison,
      bound,
      passed: comparison.count > 0 && comparison.error <= bound,
      at: coordinates(position(Math.max(0, comparison.worst.index)), got.shape),
    };
  });
}

/** Whether the entry at a flat position of an output counts, by the case's `valid`. */
function countingEntries({ folder, valid, inputs }: GoldenCase, output: string, shape: readonly number[]) {
  const rule = valid.get(output);
  if (rule === undefined) return () => true;
  const outer = /^outer\((.+)\)$/.exec(rule)?.[1];
  const mask = inputs.get(outer ?? rule);
  if (!mask) throw new BadInputError(`${folder}/case.json: valid.${output} names ${rule}, which is no input`);
  const axes = outer ? [mask.shape[0], mask.shape[0]] : mask.shape;
  if (axes.some((size, axis) => shape[axis] !== size))
    throw new BadInputError(
      `${folder}/case.json: ${rule} ${shapeText(axes)} does not lead ${output} ${shapeText(shape)}`,
    );
  const inner = sizeOf(shape.slice(axes.length));
  return (position: number): boolean => {
    const entry = Math.floor(position / inner);
    if (!outer) return mask.data[entry] !== 0;
    return mask.data[Math.floor(entry / axes[0])] !== 0 && mask.data[entry % axes[0]] !== 0;
  };
}

function coordinates(position: number, shape: readonly number[]): number[] {
  const at: number[] = [];
  let rest = position;
  for (const size of [...shape].reverse()) {
    at.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return at;
}
