/** What a check or a microbenchmark of a kernel runs on: sizes, random inputs, and the rows that are compared. */
import { RandomStream } from "../formats/random.ts";
import { type ElementType, elements, type NumberArray, numbersOf, stored } from "../gpu/plan/dtype.ts";
import {
  type AnyKernel,
  type Dims,
  dtypeOfArray,
  type KernelCase,
  type Shape,
  sizesOf,
  type Typed,
  type Variant,
} from "../gpu/plan/kernel.ts";
import type { Target } from "../gpu/plan/target.ts";
import { type Call, tunedVariant } from "../gpu/plan/variant.ts";

/** The call of a kernel that a case makes. */
export const callOf = ({ dims, params = {}, scalars = {} }: KernelCase): Call => ({
  sizes: dims as Readonly<Record<string, number>>,
  params,
  scalars,
});

/** All sizes and parameters of a case with a variant, as the target's tuning has them. */
export const caseDims = (target: Target, kernel: AnyKernel, variant: Variant, testCase: KernelCase): Dims =>
  tunedVariant(kernel, variant, target, callOf(testCase)).dims;

/**
 * Random inputs of a case: normal values with a few large outliers, masks of zeros and ones, and what callers guarantee.
 * @param typed whose types they are rounded to
 */
export function makeInputs(
  kernel: AnyKernel,
  typed: Typed,
  dims: Dims,
  seed: number,
  shift: Readonly<Record<string, number>> = {},
): Record<string, NumberArray> {
  const inputs: Record<string, NumberArray> = {};
  for (const [name, shape] of Object.entries({ ...kernel.inputs, ...kernel.inouts })) {
    const stream = new RandomStream(seed, `${kernel.name}/${name}`);
    const length = elements(sizesOf(shape as Shape, dims));
    const mask = kernel.fill?.[name] === "mask";
    inputs[name] = drawn(stream, length, dtypeOfArray(kernel, typed, name), mask);
  }
  for (const [name, offset] of Object.entries(shift)) inputs[name] = inputs[name].map((value) => value + offset);
  // The reference computes with what the device can hold, and callers make the rest of it: column sums are those of rounded weights.
  const round = (): void => {
    for (const name of Object.keys(inputs))
      inputs[name] = numbersOf(stored(dtypeOfArray(kernel, typed, name), inputs[name]));
  };
  round();
  kernel.prepare?.(inputs, dims);
  round();
  return inputs;
}

function drawn(stream: RandomStream, length: number, dtype: ElementType, mask: boolean): NumberArray {
  const integers = { i32: Int32Array, u32: Uint32Array };
  if (dtype !== "i32" && dtype !== "u32") return mask ? stream.mask(length) : withOutliers(stream, length);
  const values = mask ? stream.mask(length) : stream.integers(length, FEW).map((value) => FAR + value);
  return integers[dtype].from(values);
}

/** Integers are drawn from so few that many are equal, and so far from zero that float32 rounds them to the same. */
const FEW = 5;
const FAR = 2 ** 30;

function withOutliers(stream: RandomStream, length: number): Float32Array {
  const values = stream.normal(length, 1);
  for (const at of stream.integers(Math.ceil(length / 200), length)) values[at] *= 8;
  return values;
}

/** The rows of the reference to compare: all, or a sample where it would need more multiplications than the limit. */
export function sampleRows(kernel: AnyKernel, dims: Dims, seed: number, referenceLimit: number): number[] {
  const count = kernel.rows(dims);
  const perRow = (kernel.flops(dims) / 2 + 1) / count;
  const wanted = Math.max(8, Math.floor(referenceLimit / perRow));
  if (wanted >= count) return Array.from({ length: count }, (_, row) => row);
  // The first and last rows sit at the edges of tiles; the others are drawn.
  const drawn = new RandomStream(seed, `${kernel.name}/rows`).integers(Math.min(wanted, 4096), count);
  return [...new Set([0, 1, count - 2, count - 1, ...drawn])];
}

/** A case with the sizes that it may vary drawn at random. */
export function drawShape(testCase: KernelCase, stream: RandomStream): KernelCase {
  const ranges = Object.entries(testCase.vary ?? {}) as [string, readonly [number, number]][];
  const draws = stream.integers(ranges.length, 2 ** 31);
  const drawn = ranges.map(([name, [low, high]], index) => [name, low + (draws[index] % (high - low + 1))]);
  return { ...testCase, dims: { ...testCase.dims, ...Object.fromEntries(drawn) } };
}
