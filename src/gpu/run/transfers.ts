/** Values to and from a device. */
import type { Device } from "../device/device.ts";
import { align, elementsIn, type StoredArray, storedView } from "../plan/dtype.ts";
import type { Tensor } from "../plan/plan.ts";

/** GPUBufferUsage by value: the global does not exist in Node. */
export const USAGE = { MAP_READ: 0x1, COPY_SRC: 0x4, COPY_DST: 0x8, UNIFORM: 0x40, STORAGE: 0x80 } as const;

/** What can be copied: whole words. */
export const words = (bytes: number): number => 4 * Math.ceil(bytes / 4);

/** Writes an array from a buffer's start. */
export function writeArray(device: Device, buffer: GPUBuffer, values: StoredArray): void {
  const bytes = new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
  const whole = bytes.length % 4 === 0 ? bytes : new Uint8Array(words(bytes.length));
  if (whole !== bytes) whole.set(bytes);
  device.handle.queue.writeBuffer(buffer, 0, whole);
}

/** Bytes that may wait in the queue: until it has run, it holds a copy of whatever is written. */
const QUEUED_BYTES = 64 * 2 ** 20;

/** Writes many arrays without a second copy of all of them. */
export class Upload {
  private readonly device: Device;
  private queued = 0;

  constructor(device: Device) {
    this.device = device;
  }

  async write(buffer: GPUBuffer, values: StoredArray): Promise<void> {
    writeArray(this.device, buffer, values);
    this.queued += values.byteLength;
    if (this.queued >= QUEUED_BYTES) await this.finish();
  }

  /** Waits until the device has everything. @throws {DeviceError} if it failed, also for lack of memory */
  async finish(): Promise<void> {
    const { queue } = this.device.handle;
    this.queued = 0;
    queue.submit([]);
    await this.device.guard(queue.onSubmittedWorkDone());
  }
}

/** An array that is read from a buffer's start; nothing is if it takes no bytes. */
interface Source extends Pick<Tensor, "bytes" | "dtype"> {
  readonly buffer: GPUBuffer | undefined;
}

/** Part of an array, on its way through the staging buffer. */
interface Piece {
  readonly array: number;
  readonly from: GPUBuffer;
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
    arrays.forEach(({ buffer, bytes }, array) => {
      if (bytes === 0) return;
      if (!buffer) throw new Error("an array that is to be read has no buffer");
      for (let offset = 0; offset < bytes; ) {
        if (at >= this.staging.size) {
          rounds.push([]);
          at = 0;
        }
        const size = Math.min(words(bytes) - offset, this.staging.size - at);
        rounds[rounds.length - 1].push({ array, from: buffer, offset, at, bytes: size });
        offset += size;
        at += align(size);
      }
    });
    return rounds;
  }

  private async copy(pieces: readonly Piece[], values: readonly Uint8Array[]): Promise<void> {
    const encoder = this.device.handle.createCommandEncoder();
    for (const { from, offset, at, bytes } of pieces) encoder.copyBufferToBuffer(from, offset, this.staging, at, bytes);
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
