/** Unpacking zstd as a stream; hostile streams get an error. */
import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BadInputError } from "../../src/errors.ts";
import { unpackZstd } from "../../src/formats/zstd.ts";
import { bomb, collect, concat, pieces, storedFrame } from "../support/records.ts";

/** Packed by the zstd command at level 19, with a checksum. */
const packed = new Uint8Array(readFileSync(path.resolve(import.meta.dirname, "../fixtures/records.bin.zst")));
const unpack = async (source: AsyncIterable<Uint8Array>): Promise<Uint8Array> =>
  concat(...(await collect(unpackZstd(source, "file"))));
const numbered = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => at ^ (at >> 8));

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

describe("a hostile stream", () => {
  it.each([
    ["is empty", new Uint8Array(0), "it is empty"],
    ["is no zstd", numbered(1000), "its data are corrupt"],
    ["is a bomb", bomb(1000), "it unpacks to more than 32 times its size"],
    [
      "needs a large window",
      storedFrame(numbered(10), 21 << 3),
      "its data are corrupt, or need a window above 128 MiB",
    ],
    ["has bytes behind its frame", concat(storedFrame(numbered(9)), numbered(9)), "its data are corrupt"],
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
