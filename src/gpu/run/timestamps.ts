/** GPU timestamps of compute passes, over as many query sets as it takes. */
import type { Device } from "../device/device.ts";

/** Most runs have few submissions, and a pass in each. */
const FEW = 16;
/** Two timestamps a pass, and WebGPU's limit for one query set. */
const MOST = 2048;

/** Place for the timestamps of some passes. */
interface Block {
  readonly set: GPUQuerySet;
  readonly resolved: GPUBuffer;
  readonly readable: GPUBuffer;
}

export class Timestamps {
  private readonly device: Device;
  private readonly blocks: Block[] = [];
  private readonly perBlock: number;

  /** @param passes for how many passes there is to be place at a time; more are made as they are needed */
  constructor(device: Device, passes = FEW) {
    this.device = device;
    this.perBlock = Math.min(Math.max(passes, 1), MOST);
  }

  /** Whether the device can time passes at all. */
  static supported(device: Device): boolean {
    return device.features.has("timestamp-query");
  }

  /** The descriptor entry that times the pass with this index. Passes are timed in order. */
  writes(pass: number): GPUComputePassTimestampWrites {
    const block = Math.floor(pass / this.perBlock);
    this.blocks[block] ??= this.block();
    const index = 2 * (pass % this.perBlock);
    return {
      querySet: this.blocks[block].set,
      beginningOfPassWriteIndex: index,
      endOfPassWriteIndex: index + 1,
    };
  }

  /** Records the copies that make the times of the first `passes` readable; goes behind the last of them. */
  resolve(encoder: GPUCommandEncoder, passes: number): void {
    for (const { block, count } of this.used(passes)) {
      encoder.resolveQuerySet(block.set, 0, 2 * count, block.resolved, 0);
      encoder.copyBufferToBuffer(block.resolved, 0, block.readable, 0, 16 * count);
    }
  }

  /** Milliseconds of each of the first `passes` passes of the last run; 0 where the clock stepped back. */
  async read(passes: number): Promise<number[]> {
    const read = this.used(passes).map(async ({ block: { readable }, count }) => {
      await this.device.guard(readable.mapAsync(1));
      const ticks = new BigUint64Array(readable.getMappedRange().slice(0));
      readable.unmap();
      return Array.from({ length: count }, (_, pass) =>
        Math.max(0, Number(ticks[2 * pass + 1] - ticks[2 * pass]) / 1e6),
      );
    });
    return (await Promise.all(read)).flat();
  }

  destroy(): void {
    for (const { set, resolved, readable } of this.blocks.splice(0)) {
      set.destroy();
      for (const buffer of [resolved, readable]) this.device.destroyBuffer(buffer);
    }
  }

  private block(): Block {
    const size = 16 * this.perBlock;
    return {
      set: this.device.handle.createQuerySet({ type: "timestamp", count: 2 * this.perBlock }),
      resolved: this.device.createBuffer({ size, usage: 0x0200 | 0x0004 }), // QUERY_RESOLVE | COPY_SRC
      readable: this.device.createBuffer({ size, usage: 0x0001 | 0x0008 }), // MAP_READ | COPY_DST
    };
  }

  /** The blocks that the first `passes` passes are timed in, and how many of them in each. */
  private used(passes: number): { readonly block: Block; readonly count: number }[] {
    return this.blocks.slice(0, Math.ceil(passes / this.perBlock)).map((block, index) => ({
      block,
      count: Math.min(this.perBlock, passes - this.perBlock * index),
    }));
  }
}
