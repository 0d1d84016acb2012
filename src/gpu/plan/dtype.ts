/** Element types of arrays on a device: the only place that knows how many bytes they take, and which array holds them on the host. */
import { fromHalf, toHalf } from "../../formats/half.ts";

/** WGSL's names of the types that arrays in storage can have. */
export type ElementType = "f32" | "f16" | "i32" | "u32";

interface Stored {
  readonly f32: Float32Array;
  /** The halves' bits: neither Node 20 nor every browser has an array of halves. */
  readonly f16: Uint16Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
}

interface Numbers extends Omit<Stored, "f16"> {
  readonly f16: Float32Array;
}

/** The array that holds elements of a type as they are stored on the device. */
export type StoredArray<T extends ElementType = ElementType> = Stored[T];
/** The array that holds what they are worth: halves as float32. */
export type NumberArray<T extends ElementType = ElementType> = Numbers[T];

const arrays = { f32: Float32Array, f16: Uint16Array, i32: Int32Array, u32: Uint32Array } as const;

/** How many elements an array of these sizes has. */
export const elements = (sizes: readonly number[]): number => sizes.reduce((product, size) => product * size, 1);

/** How many bytes an array of these sizes takes. */
export const bytesOf = (sizes: readonly number[], dtype: ElementType = "f32"): number =>
  elements(sizes) * arrays[dtype].BYTES_PER_ELEMENT;

/** How many elements so many bytes hold. */
export const elementsIn = (bytes: number, dtype: ElementType = "f32"): number =>
  bytes / arrays[dtype].BYTES_PER_ELEMENT;

/** Stored elements in memory that is there already. */
export const storedView = (dtype: ElementType, buffer: ArrayBuffer, offset = 0, length?: number): StoredArray =>
  new arrays[dtype](buffer, offset, length);

/** The type of stored elements. */
export const dtypeOf = (values: StoredArray): ElementType =>
  (Object.keys(arrays) as ElementType[]).find((dtype) => values instanceof arrays[dtype]) as ElementType;

/**
 * Numbers as they are stored on the device; halves are rounded to nearest.
 * @throws if numbers of this kind are never stored as this type: integers as floats, or the other way round
 */
export function stored(dtype: ElementType, numbers: NumberArray): StoredArray {
  if (!(numbers instanceof (dtype === "f16" ? Float32Array : arrays[dtype])))
    throw new Error(`elements of type ${dtype} are not made from a ${numbers.constructor.name}`);
  return dtype === "f16" ? toHalf(numbers as Float32Array) : numbers;
}

/** What stored elements are worth. */
export const numbersOf = (values: StoredArray): NumberArray =>
  values instanceof Uint16Array ? fromHalf(values) : values;

/**
 * @param what for the message
 * @throws if values are not of a tensor's type and size
 */
export function checkStored(
  what: string,
  values: StoredArray | undefined,
  { bytes, dtype }: { readonly bytes: number; readonly dtype: ElementType },
): StoredArray {
  const found = values && `${values.byteLength} bytes of ${dtypeOf(values)}`;
  if (!values || values.byteLength !== bytes || dtypeOf(values) !== dtype)
    throw new Error(`${what} should hold ${bytes} bytes of ${dtype} but holds ${found ?? "nothing"}`);
  return values;
}

/** Sizes of buffers and bindings: whole vectors, and never none. */
export const align = (bytes: number): number => Math.max(16, Math.ceil(bytes / 16) * 16);
