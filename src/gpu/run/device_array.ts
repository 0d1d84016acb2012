/** The place of an array on a device: one buffer, or several where it is larger than a buffer may be. */
import { buffersOf, type Part } from "../plan/parts.ts";
import type { ArrayLimits } from "../plan/target.ts";

/** Buffers that hold an array one behind the other: all but the last are as large as buffers may be. */
export type DeviceArray = readonly GPUBuffer[];

/** Makes the buffers of an array of so many bytes. */
export function makeArray(
  bytes: number,
  limits: ArrayLimits,
  create: (size: number, which: string) => GPUBuffer,
): DeviceArray {
  const sizes = buffersOf(bytes, limits);
  return sizes.map((size, index) => create(size, sizes.length > 1 ? `, buffer ${index}` : ""));
}

/** What a binding is given to hold a part of an array. */
export const resourceOf = (array: DeviceArray, { buffer, offset, bytes }: Part): GPUBufferBinding => ({
  buffer: array[buffer],
  offset,
  size: bytes,
});

/** What of an array lies in one buffer. */
export interface Stretch {
  /** Which of its buffers. */
  readonly index: number;
  /** In the array. */
  readonly offset: number;
  readonly bytes: number;
}

/** The first bytes of an array, by the buffers that they lie in. */
export function stretchesOf(array: DeviceArray, bytes: number): readonly Stretch[] {
  const stretches: Stretch[] = [];
  for (let [index, offset] = [0, 0]; offset < bytes; index++) {
    const buffer = array[index];
    if (!buffer) throw new Error(`an array of ${bytes} bytes lies in buffers of ${offset}`);
    stretches.push({ index, offset, bytes: Math.min(buffer.size, bytes - offset) });
    offset += buffer.size;
  }
  return stretches;
}
