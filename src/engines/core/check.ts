/** Checks of what users hand in: every tensor by name, shape, type and values, before anything runs. */
import { BadInputError } from "../../errors.ts";
import type { Note } from "../../formats/config.ts";
import { type HostTensor, shapeText, type TensorMap } from "../../formats/tensor.ts";
import type { Component, Sizes, TensorSpec } from "./component.ts";

/** Lists at most this many names in one message. */
const LISTED = 8;

/** Names for a message: the first few, and how many more. */
export const listed = (names: readonly string[]): string =>
  names.length <= LISTED ? names.join(", ") : `${names.slice(0, LISTED).join(", ")} and ${names.length - LISTED} more`;

/** The sizes that the inputs' shapes give. @throws {BadInputError} if one is missing or two contradict each other */
export function sizesOfInputs(component: Pick<Component, "inputs">, inputs: TensorMap): Sizes {
  const sizes: Record<string, number> = {};
  const origin: Record<string, string> = {};
  for (const { name, shape, optional } of component.inputs) {
    const tensor = inputs.get(name);
    if (!tensor && optional) continue;
    if (!tensor) throw new BadInputError(`the input ${name} is missing`);
    if (tensor.shape.length !== shape.length)
      throw new BadInputError(`the input ${name} is ${shapeText(tensor.shape)}, expected ${describe(shape)}`);
    shape.forEach((size, axis) => {
      const found = tensor.shape[axis];
      if (typeof size === "number") {
        if (size !== found)
          throw new BadInputError(`the input ${name} is ${shapeText(tensor.shape)}, expected ${describe(shape)}`);
        return;
      }
      if (size in sizes && sizes[size] !== found)
        throw new BadInputError(
          `the input ${name} is ${shapeText(tensor.shape)}, expected ${describe(shape)}: ${size} is ${sizes[size]} in ${origin[size]}`,
        );
      sizes[size] = found;
      origin[size] ??= name;
    });
  }
  if (sizes.tokens === 0) throw new BadInputError("the inputs have no tokens (N = 0)");
  return sizes;
}

const describe = (shape: readonly (string | number)[]): string => `[${shape.join(", ")}]`;

/** Checks the values of the inputs that are read, and notes the others. @throws {BadInputError} naming the first bad value */
export function checkInputs(component: Pick<Component, "inputs">, inputs: TensorMap, note: Note): void {
  for (const spec of component.inputs) {
    const tensor = inputs.get(spec.name);
    if (tensor) checkTensor(spec, tensor);
  }
  const known = new Set(component.inputs.map(({ name }) => name));
  const extra = [...inputs.keys()].filter((name) => !known.has(name));
  if (extra.length) note(`ignored: inputs ${listed(extra)}`);
}

function checkTensor({ name, kind, range }: TensorSpec, { dtype, data }: HostTensor): void {
  const wanted = kind === "integer" ? "int32" : "float32";
  if (kind !== "mask" && dtype !== wanted) throw new BadInputError(`the input ${name} is ${dtype}, expected ${wanted}`);
  const [least, largest] = range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const allowed = (value: number): boolean =>
    kind === "mask" ? value === 0 || value === 1 : Number.isFinite(value) && value >= least && value <= largest;
  const at = data.findIndex((value) => !allowed(value));
  if (at < 0) return;
  const expected =
    kind === "mask"
      ? "a mask should hold zeros and ones"
      : Number.isFinite(data[at])
        ? `values should lie from ${least} to ${largest}`
        : "every value should be finite";
  throw new BadInputError(`the input ${name} holds ${data[at]} at position ${at}; ${expected}`);
}

/** @throws {BadInputError} if an index does not lie below `bound`. @param what is counted, for the message */
export function checkBelow(name: string, { data }: HostTensor, bound: number, what: string): void {
  const at = data.findIndex((value) => value < 0 || value >= bound);
  if (at >= 0)
    throw new BadInputError(
      `${name} holds ${data[at]} at position ${at}, but there are ${bound} ${what}, counted from 0`,
    );
}

/** What a container of weights must be able to say. */
export interface WeightContainer {
  /** The file's name, for messages. */
  readonly file?: string;
  readonly names: readonly string[];
  describe(name: string): { readonly dtype: string; readonly shape: readonly number[] } | undefined;
}

/** How a container's tensors differ from those that a config asks for. */
export interface WeightDifferences {
  readonly missing: readonly string[];
  /** One phrase per tensor of another shape. */
  readonly misshapen: readonly string[];
  /** One phrase per tensor of a type that no weight has. */
  readonly mistyped: readonly string[];
  readonly extra: readonly string[];
}

/** Types that weights are read from; halves of either kind become float32, which is exact. */
const isWeightType = (dtype: string): boolean => dtype === "F32" || dtype === "F16" || dtype === "BF16";

/** Compares what a config asks for with what a container holds. */
export function compareWeights(
  wanted: ReadonlyMap<string, readonly number[]>,
  container: WeightContainer,
): WeightDifferences {
  const [missing, misshapen, mistyped]: string[][] = [[], [], []];
  for (const [name, shape] of wanted) {
    const found = container.describe(name);
    if (!found) missing.push(name);
    else if (shapeText(found.shape) !== shapeText(shape))
      misshapen.push(`${name} is ${shapeText(found.shape)}, the config asks for ${shapeText(shape)}`);
    else if (!isWeightType(found.dtype))
      mistyped.push(`${name} has type ${found.dtype}, expected float32 (F32), float16 (F16) or bfloat16 (BF16)`);
  }
  return { missing, misshapen, mistyped, extra: container.names.filter((name) => !wanted.has(name)) };
}

/**
 * Makes sure that a container holds what a config asks for.
 * @throws {BadInputError} with all missing and misshapen tensors
 */
export function checkWeights(
  wanted: ReadonlyMap<string, readonly number[]>,
  container: WeightContainer,
  note: Note,
): void {
  const { missing, misshapen, mistyped, extra } = compareWeights(wanted, container);
  const problems = [
    ...(missing.length ? [`missing: ${listed(missing)}`] : []),
    ...(misshapen.length ? [listed(misshapen)] : []),
    ...(mistyped.length ? [listed(mistyped)] : []),
  ];
  if (problems.length)
    throw new BadInputError(
      `the weights${container.file ? ` in ${container.file}` : ""} do not fit: ${problems.join("; ")}`,
    );
  if (extra.length) note(`ignored: ${extra.length} weights that this component does not use, such as ${extra[0]}`);
}

/** @param file the file's name, for messages @throws {BadInputError} if a weight holds NaN or infinity */
export function checkFinite(name: string, values: Float32Array, file?: string): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at >= 0)
    throw new BadInputError(
      `${file ? `${file}: ` : ""}the weight ${name} holds ${values[at]} at position ${at}; every value should be finite`,
    );
}
