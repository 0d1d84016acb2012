/** Whether a component's outputs are those that were wanted, by the bounds of its outputs and the entries that count. */
import { BadInputError } from "../../errors.ts";
import { type HostTensor, shapeText, sizeOf, type TensorMap } from "../../formats/tensor.ts";
import { type Comparison, compare, compareSamples } from "../../kernels/check/compare.ts";
import { type Allowance, componentBound, type PositionBounds } from "../../kernels/check/tolerance.ts";
import type { Component, EngineName } from "./component.ts";
import { coordinates, nonFinite, nonFiniteText } from "./finite.ts";

/** An output's comparison with what was wanted. */
export interface OutputComparison extends Comparison {
  readonly output: string;
  readonly bound: number;
  readonly passed: boolean;
  /** Coordinates of the worst element. */
  readonly at: readonly number[];
  /** Why it failed, where numbers do not say it: values that count are NaN or infinite. */
  readonly reason?: string;
}

/** What is compared. */
export interface ComparedRun {
  readonly engine: EngineName;
  readonly component: Component;
  readonly inputs: TensorMap;
  /** Which entries of an output count: the name of an input mask over its leading axes, or `outer(mask)`. */
  readonly valid: ReadonlyMap<string, string>;
  /** Where the wanted values come from, for errors. */
  readonly where: string;
  /** Wider bounds than the outputs' own, for arithmetic of less precision: one for all, or by output. */
  readonly atLeast?: number | Allowance | undefined;
}

/** Wanted values, all of them or those at some flat positions. */
export interface WantedOutput extends HostTensor {
  readonly indices?: HostTensor["data"] | undefined;
}

/** Compares one output. @throws {BadInputError} if what is wanted does not fit the component */
export function compareOutput(
  run: ComparedRun,
  name: string,
  want: WantedOutput,
  outputs: TensorMap,
): OutputComparison {
  const got = outputs.get(name);
  if (!got) throw new BadInputError(`${run.where}: there is no output ${name} to compare`);
  const { indices } = want;
  const where = `${run.where}: the expected ${name}`;
  if (!indices && shapeText(want.shape) !== shapeText(got.shape))
    throw new BadInputError(`${where} is ${shapeText(want.shape)}, the component gives ${shapeText(got.shape)}`);
  if (indices && (indices.length !== want.data.length || indices.some((at) => at < 0 || at >= got.data.length)))
    throw new BadInputError(`${where} has sampled positions that do not fit`);
  const position = (index: number): number => (indices ? indices[index] : index);
  const counts = countingEntries(run, name, got.shape);
  const { bound: own = componentBound, positions: exact } =
    run.component.outputs.find((output) => output.name === name) ?? {};
  const { positions, least } = allowed(run, name, exact);
  const included = (index: number): boolean => counts(position(index));
  const sampleOf = (index: number): number => Math.floor((position(index) * got.shape[0]) / got.data.length);
  const comparison = positions
    ? compareSamples(got.data, want.data, sampleOf, positions, included, position)
    : compare(got.data, want.data, included, position);
  const bound = Math.max(positions?.absolute ?? own, least);
  const broken = nonFinite(new Map([[name, onlyCounting(got, counts)]]))[0];
  return {
    ...(broken && !Number.isFinite(comparison.error) && { reason: nonFiniteText(broken) }),
    output: name,
    ...comparison,
    bound,
    passed: comparison.count > 0 && comparison.error <= bound,
    at: coordinates(position(Math.max(0, comparison.worst.index)), got.shape),
  };
}

/** The bounds of positions, and the least bound. */
function allowed({ atLeast = 0 }: ComparedRun, output: string, exact: PositionBounds | undefined) {
  if (typeof atLeast === "number") return { positions: exact, least: atLeast };
  if (exact) return { positions: atLeast.positions ?? exact, least: 0 };
  return { positions: undefined, least: atLeast.element(output) };
}

/** A tensor with zeros where entries do not count. */
const onlyCounting = ({ shape, data }: HostTensor, counts: (position: number) => boolean): HostTensor => ({
  dtype: "float32",
  shape,
  data: Float32Array.from(data, (value, at) => (counts(at) ? value : 0)),
});

/** Whether the entry at a flat position of an output counts. */
function countingEntries({ where, valid, inputs }: ComparedRun, output: string, shape: readonly number[]) {
  const rule = valid.get(output);
  if (rule === undefined) return () => true;
  const outer = /^outer\((.+)\)$/.exec(rule)?.[1];
  const mask = inputs.get(outer ?? rule);
  if (!mask) throw new BadInputError(`${where}/case.json: valid.${output} names ${rule}, which is no input`);
  const axes = outer ? [mask.shape[0], mask.shape[0]] : mask.shape;
  if (axes.some((size, axis) => shape[axis] !== size))
    throw new BadInputError(
      `${where}/case.json: ${rule} ${shapeText(axes)} does not lead ${output} ${shapeText(shape)}`,
    );
  const inner = sizeOf(shape.slice(axes.length));
  return (position: number): boolean => {
    const entry = Math.floor(position / inner);
    if (!outer) return mask.data[entry] !== 0;
    return mask.data[Math.floor(entry / axes[0])] !== 0 && mask.data[entry % axes[0]] !== 0;
  };
}
