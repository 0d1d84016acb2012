/** Values to and from a device. */
import type { Device } from "../device/device.ts";

/** GPUBufferUsage by value: the global does not exist in Node. */
export const USAGE = { MAP_READ: 0x1, COPY_SRC: 0x4, COPY_DST: 0x8, UNIFORM: 0x40, STORAGE: 0x80 } as const;

/** Sizes of buffers and bindings: whole vectors, and never none. */
export const align = (bytes: number): number => Math.max(16, Math.ceil(bytes / 16) * 16);

/** Bytes that may wait in the queue: until it has run, it holds a copy of whatever is written. */
const QUEUED_BYTES = 64 * 2 ** 20;

/** Writes many arrays without a second copy of all of them. */
export class Upload {
  private readonly device: Device;
  private queued = 0;

  constructor(device: Device) {
    this.device = device;
  }

  async write(buffer: GPUBuffer, values: Float32Array): Promise<void> {
    const { queue } = this.device.handle;
    queue.writeBuffer(buffer, 0, values as Float32Array<ArrayBuffer>);
    this.queued += values.byteLength;
    if (this.queued < QUEUED_BYTES) return;
    this.queued = 0;
    queue.submit([]);
    await this.device.guard(queue.onSubmittedWorkDone());
  }
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

  /** @param arrays what to read, from each buffer's start; none if its size is 0 */
  async read(
    arrays: readonly { readonly buffer: GPUBuffer | undefined; readonly bytes: number }[],
  ): Promise<Float32Array[]> {
    const values = arrays.map(({ bytes }) => new Float32Array(bytes / 4));
    for (const pieces of this.rounds(arrays)) await this.copy(pieces, values);
    return values;
  }

  /** Cuts arrays into pieces, and sorts them into rounds of what the staging buffer holds. */
  private rounds(arrays: readonly { readonly buffer: GPUBuffer | undefined; readonly bytes: number }[]): Piece[][] {
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
        const size = Math.min(bytes - offset, this.staging.size - at);
        rounds[rounds.length - 1].push({ array, from: buffer, offset, at, bytes: size });
        offset += size;
        at += align(size);
      }
    });
    return rounds;
  }

  private async copy(pieces: readonly Piece[], values: readonly Float32Array[]): Promise<void> {
    const encoder = this.device.handle.createCommandEncoder();
    for (const { from, offset, at, bytes } of pieces) encoder.copyBufferToBuffer(from, offset, this.staging, at, bytes);
    this.device.handle.queue.submit([encoder.finish()]);
    try {
      await this.device.guard(this.staging.mapAsync(1));
      for (const { array, offset, at, bytes } of pieces)
        values[array].set(new Float32Array(this.staging.getMappedRange(at, bytes)), offset / 4);
    } finally {
      this.staging.unmap();
    }
  }
}
