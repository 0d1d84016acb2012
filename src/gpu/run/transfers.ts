/** Values to and from a device. */
import type { Device } from "../device/device.ts";
import { align, elementsIn, type StoredArray, storedView } from "../plan/dtype.ts";
import type { Tensor } from "../plan/plan.ts";
import { type DeviceArray, stretchesOf } from "./device_array.ts";

/** GPUBufferUsage by value: the global does not exist in Node. */
export const USAGE = {
  MAP_READ: 0x1,
  MAP_WRITE: 0x2,
  COPY_SRC: 0x4,
  COPY_DST: 0x8,
  UNIFORM: 0x40,
  STORAGE: 0x80,
} as const;

/** What can be copied: whole words. */
export const words = (bytes: number): number => 4 * Math.ceil(bytes / 4);

/** Bytes that may wait in the queue: until it has run, it holds a copy of whatever is written. */
const QUEUED_BYTES = 64 * 2 ** 20;

/** Writes an array piece by piece. @yields the bytes of each when it is in the queue */
function* write(device: Device, array: DeviceArray, values: StoredArray): Generator<number> {
  const bytes = new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
  for (const { index, offset, bytes: size } of stretchesOf(array, bytes.length))
    for (let at = 0; at < size; at += QUEUED_BYTES) {
      const piece = bytes.subarray(offset + at, offset + Math.min(size, at + QUEUED_BYTES));
      const whole = piece.length % 4 === 0 ? piece : new Uint8Array(words(piece.length));
      if (whole !== piece) whole.set(piece);
      device.handle.queue.writeBuffer(array[index], at, whole);
      yield piece.length;
    }
}

/** Writes an array from its start. @returns its bytes, of which the queue holds a copy */
export function writeArray(device: Device, array: DeviceArray, values: StoredArray): number {
  let queued = 0;
  for (const bytes of write(device, array, values)) queued += bytes;
  return queued;
}

/** Records the copy of an array's first bytes to another one's. */
export function copyArray(encoder: GPUCommandEncoder, from: DeviceArray, to: DeviceArray, size: number): void {
  for (const { index, bytes } of stretchesOf(to, words(size)))
    encoder.copyBufferToBuffer(from[index], 0, to[index], 0, bytes);
}

/** Writes many arrays without a second copy of all of them. */
export class Upload {
  private readonly device: Device;
  private queued = 0;

  constructor(device: Device) {
    this.device = device;
  }

  async write(array: DeviceArray, values: StoredArray): Promise<void> {
    for (const bytes of write(this.device, array, values)) {
      this.queued += bytes;
      if (this.queued >= QUEUED_BYTES) await this.finish();
    }
  }

  /** Waits until the device has everything. @throws {DeviceError} if it failed, also for lack of memory */
  async finish(): Promise<void> {
    const { queue } = this.device.handle;
    this.queued = 0;
    queue.submit([]);
    await this.device.guard(queue.onSubmittedWorkDone());
  }
}

/** An array that is read from its start; nothing is if it takes no bytes. */
interface Source extends Pick<Tensor, "bytes" | "dtype"> {
  readonly held: DeviceArray | undefined;
}

/** Part of an array, on its way through the staging buffer. */
interface Piece {
  readonly array: number;
  readonly from: GPUBuffer;
  /** In the buffer. */
  readonly start: number;
  /** In the array. */
  readonly offset: number;
  /** In the staging buffer. */
  readonly at: number;
  readonly bytes: number;
}

/** Reads arrays back through one staging buffer, as many at a time as it holds. */
export class Readback {
  private readonly device: Device;
  private readonly staging: GPUBuffer;

  constructor(device: Device, staging: GPUBuffer) {
    this.device = device;
    this.staging = staging;
  }

  async read(arrays: readonly Source[]): Promise<StoredArray[]> {
    const values = arrays.map(({ bytes }) => new Uint8Array(words(bytes)));
    for (const pieces of this.rounds(arrays)) await this.copy(pieces, values);
    return arrays.map(({ bytes, dtype }, index) =>
      storedView(dtype, values[index].buffer, 0, elementsIn(bytes, dtype)),
    );
  }

  /** Cuts arrays into pieces, and sorts them into rounds of what the staging buffer holds. */
  private rounds(arrays: readonly Source[]): Piece[][] {
    const rounds: Piece[][] = [];
    let at = this.staging.size;
    arrays.forEach(({ held, bytes }, array) => {
      if (bytes === 0) return;
      if (!held) throw new Error("an array that is to be read has no buffer");
      for (const { index, offset, bytes: size } of stretchesOf(held, words(bytes)))
        for (let start = 0; start < size; ) {
          if (at >= this.staging.size) {
            rounds.push([]);
            at = 0;
          }
          const count = Math.min(size - start, this.staging.size - at);
          rounds[rounds.length - 1].push({ array, from: held[index], start, offset: offset + start, at, bytes: count });
          start += count;
          at += align(count);
        }
    });
    return rounds;
  }

  private async copy(pieces: readonly Piece[], values: readonly Uint8Array[]): Promise<void> {
    const encoder = this.device.handle.createCommandEncoder();
    for (const { from, start, at, bytes } of pieces) encoder.copyBufferToBuffer(from, start, this.staging, at, bytes);
    this.device.handle.queue.submit([encoder.finish()]);
    try {
      await this.device.guard(this.staging.mapAsync(1));
      for (const { array, offset, at, bytes } of pieces)
        values[array].set(new Uint8Array(this.staging.getMappedRange(at, bytes)), offset);
    } finally {
      this.staging.unmap();
    }
  }
}
