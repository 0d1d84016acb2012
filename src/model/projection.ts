/** Weights prepared once at load: layer norms folded in, projections that share an input laid side by side. */
import { stored } from "../gpu/plan/dtype.ts";
import type { Plan, Tensor } from "../gpu/plan/plan.ts";
import { roundedToHalf } from "../gpu/plan/precision.ts";
import { type LayerNorm, type Linear, matrixAt, type VectorView, vectorAt } from "./linear.ts";

/** Channels on the device come in fours: a shader reads them as vectors. The padding's weights are zero. */
export const padded = (channels: number): number => 4 * Math.ceil(channels / 4);

/** One column of a prepared projection: an output of a linear map, perhaps scaled, or padding. */
export type Column =
  | {
      readonly map: Linear;
      readonly output: number;
      readonly scale?: number;
      /** The scale and offset behind the norm, where columns that share the normalised rows have their own. */
      readonly norm?: LayerNorm;
    }
  | undefined;

/** The outputs of a map in order, padded to a multiple of four. @param norm where the map has its own scale and offset */
export function columnsOf(map: Linear, scale = 1, norm?: LayerNorm): Column[] {
  return Array.from({ length: padded(map.outputs) }, (_, output) =>
    output < map.outputs ? { map, output, scale, ...(norm && { norm }) } : undefined,
  );
}

/** The same columns behind a norm of their own. */
export const withNorm = (columns: readonly Column[], norm: LayerNorm): Column[] =>
  columns.map((column) => column && { ...column, norm });

/** The outputs of a map of heads × channels, each head padded to `width` channels. */
export function headColumns(map: Linear, heads: number, width: number, scale = 1): Column[] {
  const channels = map.outputs / heads;
  return Array.from({ length: heads * width }, (_, index) => {
    const channel = index % width;
    return channel < channels ? { map, output: Math.floor(index / width) * channels + channel, scale } : undefined;
  });
}

/** Two equally long lists in turns of four: one lane of a kernel then holds a value and what gates it. */
export function interleave(first: readonly Column[], second: readonly Column[]): Column[] {
  const columns: Column[] = [];
  for (let at = 0; at < first.length; at += 4) columns.push(...first.slice(at, at + 4), ...second.slice(at, at + 4));
  return columns;
}

/** A projection of normalised rows on the device. */
export interface NormalisedProjection {
  /** [columns, padded channels] */
  readonly weights: Tensor;
  /** [2, columns]: the sums of each column's weights, and its bias. */
  readonly terms: Tensor;
}

/**
 * Folds a layer norm into the projections that follow it: LN(x) W + b = std⁻¹ (x − mean) (scale W) + (offset W + b).
 * The sums are taken in double precision over the weights as they are rounded for the device.
 */
export function normalisedProjection(
  plan: Plan,
  name: string,
  norm: LayerNorm,
  columns: readonly Column[],
): NormalisedProjection {
  const pitch = padded(norm.channels);
  const folded = once(() => fold(norm, columns, pitch));
  const weights = operandWeights(plan, `${name} weights`, [columns.length, pitch], () => folded().weights);
  const terms = plan.constant(`${name} terms`, [2, columns.length], () => {
    addSums(folded().terms, weights.rounded(), pitch);
    return folded().terms;
  });
  return { weights: weights.tensor, terms };
}

/**
 * Weights of a matrix product, stored as the plan stores operands; those beyond half precision are noted in the plan.
 * @returns the tensor, and what its elements are worth
 */
function operandWeights(plan: Plan, name: string, shape: readonly [number, number], make: () => Float32Array) {
  const dtype = plan.weightType(name);
  const rounded = once(() => {
    if (dtype !== "f16") return make();
    const { values, problem } = roundedToHalf(make(), shape[1]);
    if (problem !== undefined) plan.beyondHalf.set(tensor.name, problem);
    return values;
  });
  const tensor: Tensor = plan.constant(name, shape, () => stored(dtype, rounded()), dtype);
  return { tensor, rounded };
}

/** The sums of each column's weights, in double precision over what they are worth on the device. */
function addSums(terms: Float32Array, weights: Float32Array, pitch: number): void {
  for (let at = 0; at < terms.length / 2; at++) {
    let sum = 0;
    for (let k = 0; k < pitch; k++) sum += weights[at * pitch + k];
    terms[at] = sum;
  }
}

/** The weights in float32, and of their terms the constant ones. */
function fold(norm: LayerNorm, columns: readonly Column[], pitch: number) {
  const weights = new Float32Array(columns.length * pitch);
  const terms = new Float32Array(2 * columns.length);
  const views = viewsOf(columns);
  const norms = new Map<LayerNorm, { scales: VectorView; offsets: VectorView }>();
  columns.forEach((column, at) => {
    if (!column) return;
    const { weight, bias } = views(column.map);
    const factor = column.scale ?? 1;
    const own = column.norm ?? norm;
    const { scales, offsets } = norms.get(own) ?? { scales: own.scale(), offsets: own.offset() };
    norms.set(own, { scales, offsets });
    let constant = bias ? vectorAt(bias, column.output) : 0;
    for (let k = 0; k < norm.channels; k++) {
      const value = matrixAt(weight, column.output, k);
      weights[at * pitch + k] = factor * vectorAt(scales, k) * value;
      constant += vectorAt(offsets, k) * value;
    }
    terms[columns.length + at] = factor * constant;
  });
  return { weights, terms };
}

/**
 * Projections without a norm before them, in the same form.
 * @param inputs for each position of the device's rows, the input of the maps that stands there, or undefined for padding;
 *   in order by default
 * @param alwaysTerms whether there are terms even where no column has a bias
 */
export function unnormalisedProjection(
  plan: Plan,
  name: string,
  columns: readonly Column[],
  options: { readonly inputs?: readonly (number | undefined)[] | undefined; readonly alwaysTerms?: boolean } = {},
): NormalisedProjection {
  const inputs = options.inputs ?? channelInputs(columns.find((column) => column)?.map.inputs ?? 0);
  const biased = options.alwaysTerms || columns.some((column) => column?.map.bias);
  const make = () => laidOut(columns, inputs);
  return {
    weights: operandWeights(plan, `${name} weights`, [columns.length, inputs.length], make).tensor,
    terms: biased
      ? plan.constant(`${name} terms`, [2, columns.length], () => biases(columns))
      : nothing(plan, [0, columns.length]),
  };
}

/** Columns that stand in one array with others: behind a norm, or of rows as they are, with the inputs that those have. */
export type Layer =
  | { readonly columns: readonly Column[]; readonly norm: LayerNorm }
  | { readonly columns: readonly Column[]; readonly inputs: readonly (number | undefined)[] };

/**
 * Projections of different rows in one array, for kernels whose bindings are counted: its rows are as long as the longest, the others padded.
 * @returns weights [columns of all, pitch], and one bias for each
 */
export function stackedProjection(
  plan: Plan,
  name: string,
  layers: readonly Layer[],
): { readonly weights: Tensor; readonly biases: Tensor } {
  const pitch = Math.max(...layers.map((one) => ("norm" in one ? padded(one.norm.channels) : one.inputs.length)));
  const count = layers.reduce((sum, { columns }) => sum + columns.length, 0);
  const made = once(() =>
    layers.map((one) => {
      if ("norm" in one) return fold(one.norm, one.columns, pitch);
      const inputs = Array.from({ length: pitch }, (_, at) => one.inputs[at]);
      return { weights: laidOut(one.columns, inputs), terms: biases(one.columns) };
    }),
  );
  const { tensor } = operandWeights(plan, `${name} weights`, [count, pitch], () =>
    joined(made().map(({ weights }) => weights)),
  );
  return {
    weights: tensor,
    biases: plan.constant(`${name} biases`, [count], () =>
      joined(made().map(({ terms }) => terms.subarray(terms.length / 2))),
    ),
  };
}

function joined(arrays: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}

/** The weights of one map without norm and bias, [columns, pitch], transposed for the device. See {@link unnormalisedProjection}. */
export const plainProjection = (
  plan: Plan,
  name: string,
  map: Linear,
  inputs: readonly (number | undefined)[],
): Tensor => unnormalisedProjection(plan, name, columnsOf(map), { inputs }).weights;

function laidOut(columns: readonly Column[], inputs: readonly (number | undefined)[]): Float32Array {
  const weights = new Float32Array(columns.length * inputs.length);
  const views = viewsOf(columns);
  columns.forEach((column, at) => {
    if (!column) return;
    const { weight } = views(column.map);
    inputs.forEach((input, k) => {
      if (input !== undefined)
        weights[at * inputs.length + k] = (column.scale ?? 1) * matrixAt(weight, column.output, input);
    });
  });
  return weights;
}

/** Two rows as the kernels take them; the sums in the first count only behind a norm. */
function biases(columns: readonly Column[]): Float32Array {
  const terms = new Float32Array(2 * columns.length);
  const views = viewsOf(columns);
  columns.forEach((column, at) => {
    if (!column) return;
    const { bias } = views(column.map);
    if (bias) terms[columns.length + at] = (column.scale ?? 1) * vectorAt(bias, column.output);
  });
  return terms;
}

/** An array without elements, for an input that a kernel does not read. */
export const nothing = (plan: Plan, shape: readonly number[] = [0]): Tensor =>
  plan.constant("nothing", shape, () => new Float32Array(0));

/** What `project_residual` takes for an update without bias, mask and gate. @param columns of the residual */
export const unscaled = (plan: Plan, columns: number) => ({
  terms: nothing(plan, [0, columns]),
  mask: nothing(plan),
  gate: nothing(plan, [0, columns]),
});

/** Inputs of a map that follow each other, padded to a multiple of four. */
export const channelInputs = (channels: number): (number | undefined)[] =>
  Array.from({ length: padded(channels) }, (_, at) => (at < channels ? at : undefined));

/** Inputs of a map that are heads × channels, each head padded to `width`. */
export function headInputs(heads: number, channels: number, width: number): (number | undefined)[] {
  return Array.from({ length: heads * width }, (_, at) =>
    at % width < channels ? Math.floor(at / width) * channels + (at % width) : undefined,
  );
}

/** Looks every map's values up once, however many columns use it. */
function viewsOf(columns: readonly Column[]) {
  const maps = new Set(columns.flatMap((column) => (column ? [column.map] : [])));
  const views = new Map([...maps].map((map) => [map, { weight: map.weight(), bias: map.bias?.() }]));
  return (map: Linear) =>
    views.get(map) as {
      weight: ReturnType<Linear["weight"]>;
      bias: ReturnType<NonNullable<Linear["bias"]>> | undefined;
    };
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
