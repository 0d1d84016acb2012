/**
 * The way of large inputs to a device. What is written to a queue goes through memory that the queue takes for it, anew for each large
 * write, and fresh memory takes the system longer than the copy does; this memory is taken once.
 */
import type { Device } from "../device/device.ts";
import { align, type StoredArray } from "../plan/dtype.ts";
import { type DeviceArray, stretchesOf } from "./device_array.ts";
import { words } from "./transfers.ts";

/** Below this a queue has memory at hand. */
export const LEAST_STAGED = 2 ** 20;

/** An array that is written from its start. */
export interface Written {
  readonly array: DeviceArray;
  readonly values: StoredArray;
}

/** A buffer that the host fills and the device copies from; while either has it, the other does not. */
export class UploadStaging {
  private readonly device: Device;
  private readonly buffer: GPUBuffer;
  private filling = false;

  /** @param buffer of the usages MAP_WRITE and COPY_SRC */
  constructor(device: Device, buffer: GPUBuffer) {
    this.device = device;
    this.buffer = buffer;
  }

  /** Asks for the buffer, which the host has once the device is through with it. */
  claim(): void {
    this.buffer.mapAsync(2).then(
      () => {
        this.filling = true;
      },
      () => {}, // it has been freed, or the device is gone, as whoever uses that next is told
    );
  }

  /**
   * Writes arrays, from the first on, as far as they fit; nothing while the device has not come to the copies before. It never waits.
   * @returns those that are still to be written
   */
  write(all: readonly Written[]): readonly Written[] {
    if (!this.filling) return all;
    const [fitting, left]: Written[][] = [[], []];
    let size = 0;
    for (const one of all) {
      const bytes = align(one.values.byteLength);
      const fits = one.values.byteLength >= LEAST_STAGED && size + bytes <= this.buffer.size;
      (fits ? fitting : left).push(one);
      if (fits) size += bytes;
    }
    if (fitting.length === 0) return all;
    this.filling = false;
    const encoder = this.device.handle.createCommandEncoder();
    const range = new Uint8Array(this.buffer.getMappedRange(0, size));
    let at = 0;
    for (const { array, values } of fitting) {
      const bytes = new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
      range.set(bytes, at);
      // Up to a whole word; what an earlier array has left there is not an element's.
      range.fill(0, at + bytes.length, at + words(bytes.length));
      for (const { index, offset, bytes: count } of stretchesOf(array, words(bytes.length)))
        encoder.copyBufferToBuffer(this.buffer, at + offset, array[index], 0, count);
      at += align(bytes.length);
    }
    this.buffer.unmap();
    this.device.handle.queue.submit([encoder.finish()]);
    this.claim();
    return left;
  }
}
