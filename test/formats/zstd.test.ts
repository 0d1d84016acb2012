/** Unpacking zstd as a stream; hostile streams get an error. */
import { readFileSync } from "node:fs";
import path from "node:path";
import v8 from "node:v8";
import vm from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BadInputError } from "../../src/errors.ts";
import { unpackZstd } from "../../src/formats/zstd.ts";
import {
  bomb,
  collect,
  concat,
  emptyFrame,
  emptySegment,
  pieces,
  skippableFrame,
  storedFrame,
} from "../support/records.ts";

/** Packed by the zstd command at level 19, with a checksum. */
const packed = new Uint8Array(readFileSync(path.resolve(import.meta.dirname, "../fixtures/records.bin.zst")));
const unpack = async (source: AsyncIterable<Uint8Array>, size?: number): Promise<Uint8Array> =>
  concat(...(await collect(unpackZstd(source, "file", size))));
const numbered = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => at ^ (at >> 8));

/** Lengths in place of pieces, so that nothing is kept. */
async function* mapped(source: AsyncIterable<Uint8Array>): AsyncGenerator<number> {
  for await (const piece of source) yield piece.length;
}

describe("a stream", () => {
  it("gives the same bytes whatever its pieces are", async () => {
    const whole = await unpack(pieces(packed));
    expect(whole.length).toBe(26782);
    for (const size of [1, 7, 1000]) expect(await unpack(pieces(packed, size))).toEqual(whole);
  });

  it("gives all blocks of all frames, and empty pieces do not matter", async () => {
    const bytes = numbered(300_000);
    const frames = concat(storedFrame(bytes.subarray(0, 200_000)), storedFrame(bytes.subarray(200_000)));
    async function* withEmpty(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(0);
      yield* pieces(frames, 99_999);
      yield new Uint8Array(0);
    }
    expect(await unpack(withEmpty())).toEqual(bytes);
  });

  it("may have frames that hold nothing, or nothing for us, anywhere and any number of them", async () => {
    const [first, second] = [numbered(70_000), numbered(300)];
    const nothing = [
      emptyFrame(),
      emptyFrame(true),
      emptySegment(),
      skippableFrame(new Uint8Array(0)),
      skippableFrame(numbered(4), 15),
      skippableFrame(numbered(100_000), 7),
    ];
    const filled = [storedFrame(first), packed, storedFrame(second)];
    const wanted = concat(first, await unpack(pieces(packed)), second);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat(nothing.length - 1), { maxLength: 6 }), { minLength: 4, maxLength: 4 }),
        fc.constantFrom(97, 5000, 2 ** 20),
        async (places, size) => {
          const parts = places.flatMap((chosen, at) => [
            ...chosen.map((index) => nothing[index]),
            ...filled.slice(at, at + 1),
          ]);
          expect(Buffer.compare(await unpack(pieces(concat(...parts), size)), wanted)).toBe(0);
        },
      ),
      { numRuns: 40 },
    );
    expect((await unpack(pieces(concat(...nothing, ...nothing)))).length).toBe(0);
  });

  it("is judged as a whole: zeros may come first or last", async () => {
    const [zeros, rest] = [bomb(64), storedFrame(numbered(400_000))]; // 8 MiB of zeros in a few hundred bytes
    for (const whole of [concat(zeros, rest), concat(rest, zeros)])
      for (const size of [undefined, whole.length]) {
        const unpacked = await unpack(pieces(whole, 10_000), size);
        expect(unpacked.length).toBe(2 ** 23 + 400_000);
      }
  });

  it("is closed when its reader has had enough", async () => {
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        yield* pieces(storedFrame(numbered(500_000)), 1000);
      } finally {
        closed = true;
      }
    }
    for await (const piece of unpackZstd(source(), "file")) if (piece.length) break;
    expect(closed).toBe(true);
  });
});

/** A frame with a window of 64 MiB that says it will go on, and does not. */
const unfinished = (): Uint8Array => storedFrame(numbered(300_000), 16 << 3).subarray(0, 200_000);

describe("memory", () => {
  /** MiB outside of JavaScript's heap that the process holds once everything unreachable has been collected, which takes a few turns. */
  async function held(): Promise<number> {
    v8.setFlagsFromString("--expose-gc");
    const collect: () => void = vm.runInNewContext("gc");
    for (let turn = 0; turn < 3; turn++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return process.memoryUsage().external / 2 ** 20;
  }

  it("of streams that are left before their end is given back: malformed, stopped, or enough of them read", async () => {
    const leave = async (): Promise<void> => {
      await expect(unpack(pieces(unfinished()))).rejects.toThrow("it ends early");
      await expect(unpack(pieces(flippedAt(storedFrame(numbered(300_000), 16 << 3), 6, 6)))).rejects.toThrow("corrupt");
      for await (const piece of unpackZstd(pieces(unfinished(), 1000), "file")) if (piece.length) break;
    };
    const before = await held();
    for (let time = 0; time < 12; time++) await leave(); // 36 windows of 64 MiB: more than a decoder's memory can have
    expect((await held()) - before).toBeLessThan(400);
    expect((await unpack(pieces(packed))).length).toBe(26782);
  });

  it("is each stream's own: several at once do not mix, also with one that is left", async () => {
    const bytes = [numbered(250_000), numbered(90_000).map((value) => value ^ 77)];
    const left = unpackZstd(pieces(storedFrame(bytes[1]), 100), "left");
    await left.next();
    const both = await Promise.all(bytes.map((each) => unpack(pieces(storedFrame(each), 1000))));
    await left.return(undefined);
    expect(both.map((each, at) => Buffer.compare(each, bytes[at]))).toEqual([0, 0]);
  });
});

const flippedAt = (bytes: Uint8Array, at: number, bits = 1): Uint8Array =>
  bytes.map((byte, index) => (index === at ? byte ^ bits : byte));

describe("a hostile stream", () => {
  it("is stopped before it fills the memory, whether its size is known or not, and wherever the zeros stand", async () => {
    for (const frames of [[bomb(1000)], [bomb(20), ...Array.from({ length: 30 }, () => bomb(40))]])
      for (const size of [undefined, concat(...frames).length]) {
        let given = 0;
        const unpacking = (async () => {
          for await (const piece of unpackZstd(pieces(concat(...frames), 500), "file", size)) given += piece.length;
        })();
        await expect(unpacking).rejects.toThrow("it unpacks to more than 32 times its size");
        expect(given).toBeLessThanOrEqual(size === undefined ? 2 ** 27 : 2 ** 21);
      }
  });

  it("without a known size is stopped long before its end", async () => {
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (;;) yield bomb(1000);
    };
    await expect(collect(mapped(unpackZstd(endless(), "file")))).rejects.toThrow("more than 32 times its size");
  });

  it.each([
    ["is empty", new Uint8Array(0), "it is empty"],
    ["is no zstd", numbered(1000), "it does not begin like one"],
    ["is a bomb", bomb(1000), "it unpacks to more than 32 times its size"],
    ["needs a large window", storedFrame(numbered(10), 21 << 3), "it needs a window of 2048 MiB, more than 128 MiB"],
    ["has bytes behind its frame", concat(storedFrame(numbered(9)), numbered(9)), "what follows a frame is none"],
    [
      "is one of 2014",
      Uint8Array.of(0x24, 0xb5, 0x2f, 0xfd, 0, 0, 0),
      "it has the format of a zstd before version 0.8",
    ],
    ["needs a dictionary", Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 1, 80, 7, 1, 0, 0), "it needs the dictionary 7"],
    ["has a wrong checksum", flippedAt(packed, packed.length - 2), "its checksum is not that of its data"],
    ["has a wrong checksum of nothing", flippedAt(emptyFrame(true), 9), "its checksum is not that of its data"],
    ["ends inside its number", packed.subarray(0, 3), "it ends early"],
    ["ends inside a skipped frame", skippableFrame(numbered(9)).subarray(0, 12), "it ends early"],
    ["ends inside the next frame's number", concat(packed, packed.subarray(0, 2)), "it ends early"],
    ["has a block of an unknown kind", flippedAt(storedFrame(numbered(9)), 6, 6), "its data are corrupt"],
  ])("that %s is refused", async (_, bytes, message) => {
    const unpacked = unpack(pieces(bytes, 50));
    await expect(unpacked).rejects.toThrow(BadInputError);
    await expect(unpacked).rejects.toThrow(`file is not a valid zstd file: ${message}`);
  });

  it("cut anywhere is refused", async () => {
    for (let length = 1; length < packed.length; length += 37)
      await expect(unpack(pieces(packed.subarray(0, length))), `cut at ${length}`).rejects.toThrow("it ends early");
  });

  it("with any bit flipped is refused or gives the same bytes: there is a checksum", async () => {
    const whole = await unpack(pieces(packed));
    await fc.assert(
      fc.asyncProperty(fc.nat(8 * packed.length - 1), fc.constantFrom(1500, 64), async (bit, size) => {
        const flipped = packed.slice();
        flipped[bit >> 3] ^= 1 << (bit & 7);
        try {
          expect(await unpack(pieces(flipped, size))).toEqual(whole);
        } catch (error) {
          expect(error).toBeInstanceOf(BadInputError);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("of random bytes behind a frame's beginning is refused or read, never worse", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        try {
          await unpack(pieces(concat(packed.subarray(0, 12), bytes), 17));
        } catch (error) {
          expect(error).toBeInstanceOf(BadInputError);
        }
      }),
      { numRuns: 300 },
    );
  });
});
