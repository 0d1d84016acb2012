/** Reading NumPy's archives; hostile files get an error. */
import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { type Zippable, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { BadInputError } from "../../src/errors.ts";
import { readNpy } from "../../src/formats/npy.ts";
import { readNpz } from "../../src/formats/npz.ts";
import { concat } from "../support/records.ts";

/** Written by NumPy, with savez and savez_compressed. */
const fixture = (name: string): Uint8Array => readFileSync(path.resolve(import.meta.dirname, "../fixtures", name));
const archive = (files: Zippable): Uint8Array => zipSync(files);

/** A `.npy` with this header and this many bytes of data. */
function npy(header: string, data: Uint8Array, version = 1): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length = version === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0];
  return concat(Uint8Array.of(0x93, ...new TextEncoder().encode("NUMPY"), version, 0, ...length), text, data);
}
const header = (descr: string, shape = "2,", order = "False"): string =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }\n`;
const bytesOf = (values: ArrayBufferView): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

describe("an archive", () => {
  it.each(["stored.npz", "deflated.npz"])("%s made by NumPy is read as float32 and int32", (name) => {
    const found = readNpz(fixture(name), name);
    expect(Object.fromEntries(found)).toEqual({
      f4: { dtype: "float32", shape: [2, 3], data: Float32Array.from({ length: 6 }, (_, at) => (at - 7) / 8) },
      f8: { dtype: "float32", shape: [3], data: Float32Array.of(0.1, -2e30, Infinity) },
      i8: { dtype: "int32", shape: [2, 2], data: Int32Array.of(1, -2, 3, 4) },
      i4: { dtype: "int32", shape: [3], data: Int32Array.of(0, 1, 2) },
      u1: { dtype: "int32", shape: [2], data: Int32Array.of(0, 255) },
      b1: { dtype: "int32", shape: [2], data: Int32Array.of(1, 0) },
      i2: { dtype: "int32", shape: [], data: Int32Array.of(-5) },
      fortran: { dtype: "int32", shape: [2, 3, 4], data: Int32Array.from({ length: 24 }, (_, at) => at) },
      none: { dtype: "float32", shape: [0, 4], data: new Float32Array(0) },
    });
  });

  it("without arrays is empty", () => {
    expect(readNpz(archive({}), "file").size).toBe(0);
  });
});

describe("an array", () => {
  it("is read from every version of the format and any order of keys", () => {
    const data = bytesOf(Int16Array.of(-1, 300));
    const wanted = { dtype: "int32", shape: [2], data: Int32Array.of(-1, 300) };
    for (const version of [1, 2, 3]) expect(readNpy(npy(header("<i2"), data, version), "x")).toEqual(wanted);
    expect(readNpy(npy("{'shape':(2,),'fortran_order':False,'descr':'<i2'}", data), "x")).toEqual(wanted);
  });

  it.each<[string, Uint8Array, string]>([
    ["is empty", new Uint8Array(0), "it does not begin like one"],
    ["begins otherwise", npy(header("<f4"), new Uint8Array(8)).fill(0, 0, 1), "it does not begin like one"],
    ["has an unknown version", npy(header("<f4"), new Uint8Array(8), 4), "it has version 4, expected 1 to 3"],
    [
      "has a header that is too long",
      npy(header("<f4"), new Uint8Array(8)).fill(255, 8, 10),
      "its header ends at 65545",
    ],
    ["has no dictionary", npy("[1, 2]", new Uint8Array(8)), "its header is no dictionary"],
    ["has no type", npy("{'shape': (2,)}", new Uint8Array(8)), "its header names no simple type"],
    ["has fields", npy("{'descr': [('a', '<f4')]}", new Uint8Array(8)), "its header names no simple type"],
    [
      "has no shape",
      npy("{'descr': '<f4', 'fortran_order': False}", new Uint8Array(8)),
      "lacks the order or the shape",
    ],
    ["holds Python objects", npy(header("|O"), new Uint8Array(8)), 'it has the type "|O", expected one of |b1'],
    ["is big-endian", npy(header(">f4"), new Uint8Array(8)), 'it has the type ">f4"'],
    ["has a shape that does not fit", npy(header("<f4", "3,"), new Uint8Array(8)), "[3] should take 12 bytes, but 8"],
    ["has a shape that overflows", npy(header("<f4", "9999999999, 9999999999"), new Uint8Array(8)), "should take"],
    ["has too many axes", npy(header("<f4", "1,".repeat(33)), new Uint8Array(4)), "its shape is (1,1,"],
  ])("that %s is refused", (_, bytes, message) => {
    expect(() => readNpy(bytes, "x.npy")).toThrow(BadInputError);
    expect(() => readNpy(bytes, "x.npy")).toThrow(message);
  });

  it.each<[string, ArrayBufferView, string]>([
    ["<i8", BigInt64Array.of(1n, 2n ** 31n), "x holds 2147483648 at position 1, beyond what int32 can"],
    ["<u4", Uint32Array.of(2 ** 31 - 1, 2 ** 31), "x holds 2147483648 at position 1, beyond what int32 can"],
    ["<f8", Float64Array.of(1, 1e39), "x holds 1e+39 at position 1, beyond what float32 can"],
  ])("of %s whose values do not fit is refused", (descr, values, message) => {
    expect(() => readNpy(npy(header(descr), bytesOf(values)), "x")).toThrow(message);
  });
});

describe("a hostile archive", () => {
  const good = npy(header("<f4"), new Uint8Array(8));

  it.each<[string, Uint8Array, string]>([
    ["is no zip", new Uint8Array(99), "file is not a valid npz file: "],
    ["holds something else", archive({ "x.txt": good }), 'it holds "x.txt", expected arrays (.npy)'],
    ["holds a broken array", archive({ "x.npy": good.subarray(0, 30) }), "file: x.npy is not a valid npy file"],
    ["is a bomb", archive({ "x.npy": new Uint8Array(2 ** 25) }), "it unpacks to more than 256 times its size"],
  ])("that %s is refused", (_, bytes, message) => {
    expect(() => readNpz(bytes, "file")).toThrow(BadInputError);
    expect(() => readNpz(bytes, "file")).toThrow(message);
  });

  it("that has a name twice is refused", () => {
    const bytes = archive({ "x.npy": good, "y.npy": good });
    for (let at = 0; at + 5 < bytes.length; at++) if (bytes[at] === 0x79 && bytes[at + 1] === 0x2e) bytes[at] = 0x78;
    expect(() => readNpz(bytes, "file")).toThrow('it has "x.npy" twice');
  });

  it("that lies about sizes is refused before anything is allocated", () => {
    const bytes = archive({ "x.npy": good });
    const directory = bytes.findIndex((_, at) => bytes[at] === 0x50 && bytes[at + 1] === 0x4b && bytes[at + 2] === 1);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    view.setUint32(directory + 24, 2 ** 31, true);
    expect(() => readNpz(bytes, "file")).toThrow("it unpacks to more than 256 times its size");
    view.setUint32(directory + 24, 100_000, true);
    expect(() => readNpz(bytes, "file")).toThrow("x.npy does not unpack to the 100000 bytes that it should have");
  });

  it.each(["stored.npz", "deflated.npz"])("%s, cut or with a bit flipped, is refused or read, never worse", (name) => {
    const whole = new Uint8Array(fixture(name));
    const survives = (bytes: Uint8Array): void => {
      try {
        readNpz(bytes, "file");
      } catch (error) {
        expect(error).toBeInstanceOf(BadInputError);
      }
    };
    for (let length = 0; length < whole.length; length += 7) survives(whole.subarray(0, length));
    fc.assert(
      fc.property(fc.nat(8 * whole.length - 1), fc.nat(8 * whole.length - 1), (...bits) => {
        const flipped = whole.slice();
        for (const bit of bits) flipped[bit >> 3] ^= 1 << (bit & 7);
        survives(flipped);
      }),
      { numRuns: 2000 },
    );
  });
});
