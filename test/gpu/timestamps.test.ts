/** Timestamps of as many passes as a run turns out to have. */
import { describe, expect, it } from "vitest";
import type { Device } from "../../src/gpu/device/device.ts";
import { Timestamps } from "../../src/gpu/run/timestamps.ts";

interface FakeSet {
  readonly ticks: BigUint64Array<ArrayBuffer>;
}
interface FakeBuffer {
  readonly size: number;
  readonly bytes: BigUint64Array<ArrayBuffer>;
}

/** A device whose buffers and query sets are arrays. */
function fakeDevice() {
  const live = new Set<unknown>();
  const device = {
    guard: <T>(work: Promise<T>) => work,
    createBuffer({ size }: { readonly size: number }) {
      const bytes = new BigUint64Array(size / 8);
      const buffer = { size, bytes, mapAsync: async () => {}, getMappedRange: () => bytes.buffer, unmap: () => {} };
      live.add(buffer);
      return buffer;
    },
    destroyBuffer: (buffer: unknown) => live.delete(buffer),
    handle: {
      createQuerySet: ({ count }: { readonly count: number }) => ({
        ticks: new BigUint64Array(count),
        destroy: () => {},
      }),
    },
  };
  const encoder = {
    resolveQuerySet({ ticks }: FakeSet, first: number, count: number, to: FakeBuffer, at: number) {
      to.bytes.set(ticks.subarray(first, first + count), at / 8);
    },
    copyBufferToBuffer({ bytes }: FakeBuffer, from: number, to: FakeBuffer, at: number, size: number) {
      to.bytes.set(bytes.subarray(from / 8, (from + size) / 8), at / 8);
    },
  };
  return { device: device as unknown as Device, encoder: encoder as unknown as GPUCommandEncoder, live };
}

describe("timestamps", () => {
  it.each([0, 1, 16, 17, 100])("of %i passes are those of this run, in order", async (passes) => {
    const { device, encoder, live } = fakeDevice();
    const times = new Timestamps(device);
    // A run of more passes before must leave nothing behind.
    for (const [count, long] of [
      [120, 9],
      [passes, 1],
    ] as const) {
      for (let pass = 0; pass < count; pass++) {
        const { querySet, beginningOfPassWriteIndex: begin = 0, endOfPassWriteIndex: end = 0 } = times.writes(pass);
        const { ticks } = querySet as unknown as FakeSet;
        [ticks[begin], ticks[end]] = [10n ** 9n, 10n ** 9n + BigInt(1e6 * (pass + long))];
      }
      times.resolve(encoder, count);
    }
    expect(await times.read(passes)).toEqual(Array.from({ length: passes }, (_, pass) => pass + 1));
    times.destroy();
    expect(live.size).toBe(0);
  });

  it("take little room for few passes", () => {
    const { device, live } = fakeDevice();
    const times = new Timestamps(device);
    expect(live.size).toBe(0);
    times.writes(0);
    expect([...live].reduce<number>((sum, buffer) => sum + (buffer as FakeBuffer).size, 0)).toBeLessThan(1024);
  });
});
