/** Reading `af3.bin`; hostile files get an error that names what is wrong, and cost no memory. */
import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BadInputError } from "../../src/errors.ts";
import { Af3Bin, readAf3Records } from "../../src/formats/af3_bin.ts";
import { unpackZstd } from "../../src/formats/zstd.ts";
import { collect, concat, float32Record, pieces, record } from "../support/records.ts";

const read = (bytes: Uint8Array, size?: number) => collect(readAf3Records(pieces(bytes, size), "file"));
const open = (bytes: Uint8Array) => Af3Bin.open(readAf3Records(pieces(bytes), "file"), "file");
const plain = { scope: "a/b", name: "weights", dtype: "float32", shape: [2], data: new Uint8Array(8) };

describe("a file", () => {
  it("made by the real writer is read: float32, bfloat16, uint8, a scalar, names beyond ASCII", async () => {
    const packed = new Uint8Array(readFileSync(path.resolve(import.meta.dirname, "../fixtures/records.bin.zst")));
    const found = await Af3Bin.open(readAf3Records(unpackZstd(pieces(packed), "file"), "file"), "file");
    expect(found.names).toEqual([
      "__meta__:__identifier__",
      "diffuser/distogram_head/half_logits:weights",
      "diffuser/evoformer/left_single:weights",
      "diffuser/evoformer/prev_embedding_layer_norm:scale",
      "diffuser/evoformer/scalar:bias",
      "diffuser/évoformer/x:weights",
    ]);
    const eighths = (length: number) => Float32Array.from({ length }, (_, at) => (at - 7) / 8);
    expect(found.read("diffuser/distogram_head/half_logits:weights")).toEqual({
      dtype: "float32",
      shape: [8, 64],
      data: eighths(512),
    });
    expect(found.read("diffuser/evoformer/left_single:weights").data).toEqual(eighths(105));
    expect(found.describe("diffuser/evoformer/left_single:weights")).toEqual({
      dtype: "F32",
      shape: [5, 7, 3],
      stored: "bfloat16",
    });
    expect(found.read("diffuser/evoformer/scalar:bias")).toMatchObject({ shape: [], data: Float32Array.of(2.5) });
    expect(found.read("diffuser/évoformer/x:weights").data.slice(0, 4)).toEqual(Float32Array.of(1, -2, 3.5, -0));
    expect(found.bytes("__meta__:__identifier__")).toEqual(Uint8Array.from({ length: 64 }, (_, at) => at));
    expect(() => found.read("__meta__:__identifier__")).toThrow("has type uint8, expected float32 or bfloat16");
    expect(() => found.read("none")).toThrow("file has no tensor none");
  });

  it("is the same whatever the pieces it comes in", async () => {
    const bytes = concat(float32Record("x", [2, 3], [1, 2, 3, 4, 5, 6]), float32Record("yy", [1], [7]));
    const whole = await read(bytes);
    for (const size of [1, 3, 19, 21]) expect(await read(bytes, size)).toEqual(whole);
  });

  it("keeps infinity, NaN and subnormals of bfloat16", async () => {
    const halves = Uint16Array.of(0x7f80, 0xff80, 0x7fc0, 0x0001, 0x8000, 0x3f80);
    const bytes = record({ ...plain, dtype: "bfloat16", shape: [6], data: new Uint8Array(halves.buffer) });
    const { data } = (await open(bytes)).read("a/b:weights");
    expect([...data]).toEqual([Infinity, -Infinity, NaN, 2 ** -133, -0, 1]);
  });
});

describe("a hostile file", () => {
  it.each([
    ["is empty", new Uint8Array(0), "it has no records"],
    ["ends inside a header", record(plain).subarray(0, 19), "record 1 ends inside its header"],
    ["ends inside the data", record(plain).subarray(0, -3), "record 1 needs 3 bytes more than the file has"],
    ["ends inside a second record", concat(record(plain), new Uint8Array(5)), "record 2 ends inside its header"],
    ["has a scope of negative length", record(plain, { 0: -1 }), "one of its names has -1 bytes, expected 1 to 4096"],
    ["has an endless name", record(plain, { 1: 2 ** 31 - 1 }), "one of its names has 2147483647 bytes"],
    ["has no type", record(plain, { 2: 0 }), "one of its names has 0 bytes"],
    ["has too many axes", record(plain, { 3: 33 }), "it has 33 axes, expected 0 to 32"],
    ["has negative axes", record(plain, { 3: -1 }), "it has -1 axes"],
    ["has data of negative length", record(plain, { 4: -8 }), "it has -8 bytes of data"],
    ["has no data", record({ ...plain, shape: [0], data: new Uint8Array(0) }), "it has 0 bytes of data"],
    ["has data that do not fit the shape", record({ ...plain, shape: [3] }), "is [3] of float32, which does not take"],
    ["has negative sizes", record({ ...plain, shape: [-1, -2] }), "is [-1, -2] of float32, which does not take"],
    [
      "has a shape that overflows",
      record({ ...plain, shape: Array(9).fill(2 ** 31 - 1) }),
      "which does not take the 8 bytes it has",
    ],
    [
      "has an unknown type",
      record({ ...plain, dtype: "float16" }),
      'type "float16", expected float32, bfloat16, uint8',
    ],
    ["has a type named like a property of objects", record({ ...plain, dtype: "constructor" }), 'type "constructor"'],
    ["has a name twice", concat(record(plain), record(plain)), "record 2 is a second a/b:weights"],
    ["is a zip", Uint8Array.from({ length: 99 }, (_, at) => [0x50, 0x4b, 3, 4][at] ?? 0), "has 67324752 bytes"],
  ])("that %s is refused", async (_, bytes, message) => {
    await expect(read(bytes)).rejects.toThrow(BadInputError);
    await expect(read(bytes)).rejects.toThrow(message);
  });

  it("with invalid UTF-8 in a name is refused", async () => {
    const bytes = record(plain);
    bytes[20] = 0xff;
    await expect(read(bytes)).rejects.toThrow("record 1 has a name that is no UTF-8");
  });

  it("that says it is huge costs no more memory than it has bytes", async () => {
    const before = process.memoryUsage().arrayBuffers;
    const liar = record({ ...plain, shape: [2 ** 29 - 1] }, { 4: 2 ** 31 - 4 });
    for (let times = 0; times < 20; times++) await expect(read(liar)).rejects.toThrow("bytes more than the file has");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
  });

  it("cut anywhere but between records is refused", async () => {
    const [first, second] = [float32Record("x", [3], [1, 2, 3]), float32Record("y", [], [1])];
    const whole = concat(first, second);
    for (let length = 0; length < whole.length; length++)
      if (length !== first.length)
        await expect(read(whole.subarray(0, length)), `cut at ${length}`).rejects.toThrow(BadInputError);
  });

  it("with any bit flipped is refused or read, never worse", async () => {
    const whole = concat(float32Record("x", [3], [1, 2, 3]), float32Record("y", [2, 2], [1, 2, 3, 4]));
    for (let bit = 0; bit < 8 * whole.length; bit++) {
      const flipped = whole.slice();
      flipped[bit >> 3] ^= 1 << (bit & 7);
      await read(flipped).catch((error) => expect(error, `bit ${bit}`).toBeInstanceOf(BadInputError));
    }
  });

  it("of random bytes is refused", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        await expect(read(bytes, 13)).rejects.toThrow(BadInputError);
      }),
    );
  });
});
