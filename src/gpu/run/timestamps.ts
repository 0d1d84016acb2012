/** GPU timestamps of compute passes, over as many query sets as it takes. */
import type { Device } from "../device/device.ts";

const PER_SET = 4096; // WebGPU's limit for one query set

export class Timestamps {
  private readonly device: Device;
  private readonly sets: GPUQuerySet[] = [];
  private readonly resolved: GPUBuffer;
  private readonly readable: GPUBuffer;
  private readonly passes: number;

  /** @param passes how many passes one run times at the most */
  constructor(device: Device, passes: number) {
    this.device = device;
    this.passes = passes;
    const { handle } = device;
    for (let left = 2 * passes; left > 0; left -= PER_SET)
      this.sets.push(handle.createQuerySet({ type: "timestamp", count: Math.min(left, PER_SET) }));
    const size = Math.max(16, 16 * passes);
    this.resolved = device.createBuffer({ size, usage: 0x0200 | 0x0004 }); // QUERY_RESOLVE | COPY_SRC
    this.readable = device.createBuffer({ size, usage: 0x0001 | 0x0008 }); // MAP_READ | COPY_DST
  }

  /** Whether the device can time passes at all. */
  static supported(device: Device): boolean {
    return device.features.has("timestamp-query");
  }

  /** The descriptor entry that times the pass with this index. */
  writes(pass: number): GPUComputePassTimestampWrites {
    const index = (2 * pass) % PER_SET;
    return {
      querySet: this.sets[Math.floor((2 * pass) / PER_SET)],
      beginningOfPassWriteIndex: index,
      endOfPassWriteIndex: index + 1,
    };
  }

  /** Records the copies that make the times of the first `passes` readable; goes behind the last of them. */
  resolve(encoder: GPUCommandEncoder, passes = this.passes): void {
    this.sets.forEach((set, index) => {
      const count = Math.min(set.count, 2 * passes - PER_SET * index);
      if (count > 0) encoder.resolveQuerySet(set, 0, count, this.resolved, 8 * PER_SET * index);
    });
    if (passes > 0) encoder.copyBufferToBuffer(this.resolved, 0, this.readable, 0, 16 * passes);
  }

  /** Milliseconds of each of the first `passes` passes of the last run; 0 where the clock stepped back. */
  async read(passes = this.passes): Promise<number[]> {
    await this.device.guard(this.readable.mapAsync(1));
    const ticks = new BigUint64Array(this.readable.getMappedRange().slice(0));
    this.readable.unmap();
    return Array.from({ length: passes }, (_, pass) =>
      Math.max(0, Number(ticks[2 * pass + 1] - ticks[2 * pass]) / 1e6),
    );
  }

  destroy(): void {
    for (const set of this.sets) set.destroy();
    for (const buffer of [this.resolved, this.readable]) this.device.destroyBuffer(buffer);
  }
}
