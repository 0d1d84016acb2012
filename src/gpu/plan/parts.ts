/** Arrays larger than a binding or a buffer: how they are cut, for whoever records, composes, binds, uploads or reads them. */
import { TooLargeError } from "../../errors.ts";
import { sizeText } from "../../words.ts";
import { align } from "./dtype.ts";
import { type AnyKernel, arraysOf } from "./kernel.ts";
import type { ArrayLimits, TargetLimits } from "./target.ts";

/** Bindings begin at multiples of this many bytes: WebGPU's default alignment, and whole elements of every type. */
export const BINDING_ALIGNMENT = 256;

/** A range of an array that one binding holds. */
export interface Part {
  /** Which of the array's buffers holds it: 0 unless the array is larger than a buffer may be. */
  readonly buffer: number;
  /** Where it begins there, in bytes. */
  readonly offset: number;
  readonly bytes: number;
}

/** A range of bytes: an array, or a slice of one. */
interface Extent {
  readonly bytes: number;
  readonly offset?: number;
}

const whole = (bytes: number, unit: number): number => unit * Math.floor(bytes / unit);

/** How many bytes one binding holds at most. */
export const bindingBytes = ({ maxStorageBufferBindingSize, maxBufferSize }: ArrayLimits): number =>
  whole(Math.min(maxStorageBufferBindingSize, maxBufferSize), BINDING_ALIGNMENT);

/** How many one buffer holds at most, as whole bindings. */
const bufferBytes = (limits: ArrayLimits): number => whole(limits.maxBufferSize, bindingBytes(limits));

/** The sizes of the buffers that hold so many bytes: one, where the limits allow that. */
export function buffersOf(bytes: number, limits: ArrayLimits): readonly number[] {
  const size = align(bytes);
  const buffer = bufferBytes(limits);
  if (size <= bindingBytes(limits) || size <= buffer) return [size]; // where there are no limits, the second is NaN
  return Array.from({ length: Math.ceil(size / buffer) }, (_, index) => Math.min(buffer, size - buffer * index));
}

/**
 * The bindings that hold an array or a slice: one, where the limits allow that. All but the last of a buffer are as large as
 * bindings may be, so that arrays of all sizes are cut alike and shaders that differ in nothing else are the same.
 */
export function partsOf({ bytes, offset = 0 }: Extent, limits: ArrayLimits): readonly Part[] {
  const end = offset + align(bytes);
  const [binding, buffer] = [bindingBytes(limits), bufferBytes(limits)];
  if (end <= binding) return [{ buffer: 0, offset, bytes: end - offset }];
  const parts: Part[] = [];
  for (let at = offset; at < end; ) {
    const index = Math.floor(at / buffer);
    const next = Math.min(end, at + binding, buffer * (index + 1));
    parts.push({ buffer: index, offset: at - buffer * index, bytes: next - at });
    at = next;
  }
  return parts;
}

/** How many bindings arrays take together. */
export const bindingsOf = (arrays: readonly Extent[], limits: ArrayLimits): number =>
  arrays.reduce((sum, array) => sum + partsOf(array, limits).length, 0);

/** An array of a dispatch, as messages name it. */
interface Bound extends Extent {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * The bindings of a dispatch's arrays.
 * @param label of the dispatch, for the message
 * @throws {TooLargeError} if the device does not have so many
 */
export function bind(label: string, arrays: readonly Bound[], limits: TargetLimits): readonly (readonly Part[])[] {
  const count = bindingsOf(arrays, limits);
  const most = limits.maxStorageBuffersPerShaderStage;
  if (count <= most) return arrays.map((array) => partsOf(array, limits));
  const { name, shape, bytes } = arrays.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  throw new TooLargeError(
    `${label} takes ${count} bindings of ${sizeText(bindingBytes(limits), Math.floor)}, the device allows ${most}: ${name} [${shape.join(", ")}] has ${sizeText(bytes, Math.ceil)}`,
  );
}

/** For each array of a dispatch that takes several bindings, where those behind the first begin, in bytes from the first. */
export type Cuts = Readonly<Record<string, readonly number[]>>;

/** What of the arrays' bindings a shader must know. @param parts of the arrays in binding order */
export function cutsOf(kernel: AnyKernel, { parts }: { readonly parts: readonly (readonly Part[])[] }): Cuts {
  const cuts: Record<string, readonly number[]> = {};
  arraysOf(kernel).forEach(({ name }, index) => {
    let end = 0;
    const ends = parts[index].map(({ bytes }) => {
      end += bytes;
      return end;
    });
    if (ends.length > 1) cuts[name] = ends.slice(0, -1);
  });
  return cuts;
}
