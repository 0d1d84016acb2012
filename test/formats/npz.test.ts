/** Reading NumPy's archives; hostile files get an error. */
import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { type Zippable, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { BadInputError } from "../../src/errors.ts";
import { readNpy } from "../../src/formats/npy.ts";
import { Npz } from "../../src/formats/npz.ts";
import type { HostTensor } from "../../src/formats/tensor.ts";
import { concat } from "../support/records.ts";
import { makeZip } from "../support/zip.ts";

/** Written by NumPy, with savez and savez_compressed. */
const fixture = (name: string): Uint8Array => readFileSync(path.resolve(import.meta.dirname, "../fixtures", name));
const readNpz = (bytes: Uint8Array, file: string): Map<string, HostTensor> => {
  const archive = new Npz(bytes, file);
  return new Map(archive.names.map((name) => [name, archive.read(name)]));
};
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

  // The texts that np.lib.format of Python 2 wrote, where sizes could be long, and what other writers make of them.
  it.each([
    "{'descr': '<i2', 'fortran_order': False, 'shape': (2L,), }            \n",
    "{'descr': '<i2', 'fortran_order': False, 'shape': (2L, ), }\n",
    "{'descr': u'<i2', 'fortran_order': False, 'shape': (2l,)}",
    '{"descr": "<i2", "fortran_order": False, "shape": (2,)}',
    "{'fortran_order' :True , 'shape':( 2 ,),'descr':'<i2',}",
    "{'descr': 'i2', 'fortran_order': False, 'shape': (2,)}",
    "{'descr': 'int16', 'fortran_order': False, 'shape': (2,)}",
  ])("has a header such as %j", (text) => {
    const data = bytesOf(Int16Array.of(-1, 300));
    expect(readNpy(npy(text, data), "x").data).toEqual(Int32Array.of(-1, 300));
  });

  it("of several axes, or none, has a header of Python 2 too", () => {
    const read = (shape: string, count: number) => readNpy(npy(header("|u1", shape), new Uint8Array(count)), "x").shape;
    expect(read("2L, 3L", 6)).toEqual([2, 3]);
    expect(read("10L, 0L, 3L", 0)).toEqual([10, 0, 3]);
    expect(read("", 1)).toEqual([]);
  });

  it("is read in either byte order", () => {
    const swapped = (values: ArrayBufferView, size: number): Uint8Array => {
      const bytes = bytesOf(values).slice();
      for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
      return bytes;
    };
    const read = (descr: string, data: Uint8Array) => readNpy(npy(header(descr), data), "x").data;
    expect(read(">f4", swapped(Float32Array.of(1.5, -2e30), 4))).toEqual(Float32Array.of(1.5, -2e30));
    expect(read(">f8", swapped(Float64Array.of(0.1, 3), 8))).toEqual(Float32Array.of(0.1, 3));
    expect(read(">i2", swapped(Int16Array.of(-300, 7), 2))).toEqual(Int32Array.of(-300, 7));
    expect(read(">i4", swapped(Int32Array.of(-(2 ** 31), 7), 4))).toEqual(Int32Array.of(-(2 ** 31), 7));
    expect(read(">i8", swapped(BigInt64Array.of(-5n, 7n), 8))).toEqual(Int32Array.of(-5, 7));
    expect(read(">u2", swapped(Uint16Array.of(65535, 7), 2))).toEqual(Int32Array.of(65535, 7));
    for (const order of ["<", "=", "|", ""])
      expect(read(`${order}f4`, bytesOf(Float32Array.of(1.5, 2)))).toEqual(Float32Array.of(1.5, 2));
  });

  it("of half precision, signed bytes and truth values is converted", () => {
    const read = (descr: string, data: ArrayBufferView) => readNpy(npy(header(descr), bytesOf(data)), "x").data;
    expect(read("<f2", Uint16Array.of(0x3c00, 0xc500))).toEqual(Float32Array.of(1, -5));
    expect(read("<f2", Uint16Array.of(1, 0x7c00))).toEqual(Float32Array.of(2 ** -24, Infinity));
    expect(read("|i1", Int8Array.of(-128, 5))).toEqual(Int32Array.of(-128, 5));
    expect(read("|b1", Uint8Array.of(0, 2))).toEqual(Int32Array.of(0, 1)); // NumPy takes any byte but 0 for true
  });

  it("in column order is read in row order, and a value that does not fit is named by its place there", () => {
    const text = header("<i8", "2, 3", "True");
    const data = bytesOf(BigInt64Array.of(0n, 3n, 1n, 4n, 2n, 5n));
    expect(readNpy(npy(text, data), "x")).toEqual({
      dtype: "int32",
      shape: [2, 3],
      data: Int32Array.of(0, 1, 2, 3, 4, 5),
    });
    const large = bytesOf(BigInt64Array.of(0n, 2n ** 63n - 1n, 1n, 4n, 2n, 5n));
    expect(() => readNpy(npy(text, large), "x")).toThrow(
      "x holds 9223372036854775807 at position 3, beyond what int32",
    );
  });

  it.each<[string, Uint8Array, string]>([
    ["is empty", new Uint8Array(0), "it does not begin like one"],
    ["begins otherwise", npy(header("<f4"), new Uint8Array(8)).fill(0, 0, 1), "it does not begin like one"],
    [
      "has an unknown version",
      npy(header("<f4"), new Uint8Array(8), 4),
      "it has version 4.0, expected 1.0, 2.0 or 3.0",
    ],
    [
      "has a header that is too long",
      npy(header("<f4"), new Uint8Array(8)).fill(255, 8, 10),
      "its header ends at 65545",
    ],
    ["has no dictionary", npy("[1, 2]", new Uint8Array(8)), "its header is no dictionary"],
    ["has no type", npy("{'shape': (2,)}", new Uint8Array(8)), "its header lacks descr"],
    ["has no shape", npy("{'descr': '<f4', 'fortran_order': False}", new Uint8Array(8)), "its header lacks shape"],
    ["has a field too many", npy(header("<f4").replace("}", "'x': 1}"), new Uint8Array(8)), 'a field "x"'],
    ["has a list for a shape", npy(header("<f4").replace("(2,)", "[2]"), new Uint8Array(8)), "no valid shape: [2]"],
    ["has a number for a shape", npy(header("<f4", "2"), new Uint8Array(8)), "no valid shape: (2)"],
    ["has a negative size", npy(header("<f4", "-2,"), new Uint8Array(8)), "no valid shape: (-2,)"],
    ["has a number for the order", npy(header("<f4", "2,", "0"), new Uint8Array(8)), "neither True nor False"],
    ["nests without end", npy("[".repeat(60_000), new Uint8Array(8)), "its header is no dictionary"],
    [
      "holds Python objects",
      npy(header("|O"), new Uint8Array(8)),
      'x.npy has the type "|O" (Python objects), expected',
    ],
    ["holds text", npy(header("<U1"), new Uint8Array(8)), 'x.npy has the type "<U1" (text), expected numbers or truth'],
    ["holds bytes", npy(header("|S4"), new Uint8Array(8)), 'x.npy has the type "|S4" (text as bytes), expected'],
    ["is complex", npy(header("<c8"), new Uint8Array(16)), 'x.npy has the type "<c8" (complex numbers), expected'],
    ["holds dates", npy(header("<M8[ns]"), new Uint8Array(16)), 'x.npy has the type "<M8[ns]" (dates), expected'],
    ["is longer than double", npy(header("<f16"), new Uint8Array(32)), 'x.npy has the type "<f16", expected'],
    ["is bfloat16", npy(header("<V2"), new Uint8Array(4)), 'x.npy has the type "<V2" (raw bytes), expected'],
    [
      "has fields",
      npy("{'descr': [('a', '<f4'), ('b', '<i8', (2L,))], 'fortran_order': False, 'shape': (1,)}", new Uint8Array(20)),
      "x.npy has the type of records with several fields, expected",
    ],
    ["has a shape that does not fit", npy(header("<f4", "3,"), new Uint8Array(8)), "[3] should take 12 bytes, but 8"],
    ["has a shape that overflows", npy(header("<f4", "9999999999, 9999999999"), new Uint8Array(8)), "should take"],
    ["has too many axes", npy(header("<f4", "1,".repeat(65)), new Uint8Array(4)), "no valid shape: (1,1,"],
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

describe("a member that nobody reads", () => {
  const good = npy(header("<f4"), bytesOf(Float32Array.of(1, 2)));
  it.each<[string, Parameters<typeof makeZip>[0][number]]>([
    ["holds text", { name: "y.npy", data: npy(header("<U1"), new Uint8Array(8)) }],
    ["holds Python objects", { name: "y.npy", data: npy(header("|O"), new Uint8Array(3)) }],
    ["is no array", { name: "README.txt", data: new Uint8Array(9) }],
    ["is a folder", { name: "folder/", data: new Uint8Array(0) }],
    ["is damaged", { name: "y.npy", data: good, crc: 1 }],
    ["is encrypted", { name: "y.npy", data: good, flags: 1 }],
    ["is packed with something new", { name: "y.npy", data: good, method: 93 }],
    ["says that it is huge", { name: "y.npy", data: good, size: 2 ** 31 }],
  ])("does not matter where it %s", (_, member) => {
    for (const members of [
      [{ name: "x.npy", data: good }, member],
      [member, { name: "x.npy", data: good }],
    ]) {
      const found = new Npz(makeZip(members), "file");
      expect(found.read("x").data).toEqual(Float32Array.of(1, 2));
      expect(() => found.read(member.name.replace(/\.npy$/, ""))).toThrow(BadInputError);
    }
  });
});

describe("what zip writers differ in", () => {
  const good = npy(header("<f4"), bytesOf(Float32Array.of(1, 2)));
  it.each<[string, Parameters<typeof makeZip>]>([
    ["stored", [[{ name: "x.npy", data: good }]]],
    ["deflated", [[{ name: "x.npy", data: good, method: 8 }]]],
    ["sizes behind the data", [[{ name: "x.npy", data: good, method: 8, descriptor: true }]]],
    ["sizes of eight bytes in front of the data", [[{ name: "x.npy", data: good, localZip64: true }]]],
    ["sizes of eight bytes in the directory", [[{ name: "x.npy", data: good, zip64: true }]]],
    ["a zip64 end", [[{ name: "x.npy", data: good, zip64: true }], { zip64: true }]],
    ["a comment", [[{ name: "x.npy", data: good }], { comment: "made by hand" }]],
    ["bytes in front", [[{ name: "x.npy", data: good }], { before: new Uint8Array(77) }]],
    ["bytes behind", [[{ name: "x.npy", data: good }], { behind: new Uint8Array(5) }]],
    ["an array without its ending", [[{ name: "x", data: good }]]],
  ])("%s is read", (_, made) => {
    expect(new Npz(makeZip(...made), "file").read("x").data).toEqual(Float32Array.of(1, 2));
  });
});

describe("a hostile archive", () => {
  const good = npy(header("<f4"), new Uint8Array(8));

  it.each<[string, Uint8Array, string]>([
    ["is no zip", new Uint8Array(99), "it has no directory at its end, as if it were cut off"],
    ["is empty", new Uint8Array(0), "it has no directory at its end"],
    [
      "holds something else",
      archive({ x: good.subarray(1) }),
      "file: x is not a valid npy file: it does not begin like",
    ],
    ["holds a broken array", archive({ "x.npy": good.subarray(0, 30) }), "file: x.npy is not a valid npy file"],
    ["is damaged", makeZip([{ name: "x.npy", data: good, crc: 7 }]), "x.npy is damaged: its checksum (CRC-32)"],
    ["is damaged and packed", makeZip([{ name: "x.npy", data: good, crc: 7, method: 8 }]), "x.npy is damaged"],
    [
      "is encrypted",
      makeZip([{ name: "x.npy", data: good, flags: 1 }]),
      "file is not a valid npz file: x.npy is encrypted",
    ],
    [
      "is packed with LZMA",
      makeZip([{ name: "x.npy", data: good, method: 14 }]),
      "x.npy is packed with LZMA, expected",
    ],
    ["is packed anyhow", makeZip([{ name: "x.npy", data: good, method: 77 }]), "x.npy is packed with the method 77"],
    ["has a member longer than itself", makeZip([{ name: "x.npy", data: good, packed: 9999 }]), "x.npy is longer than"],
    ["has two names for one member", makeZip([{ name: "x.npy", data: good, localName: "y.npy" }]), "another name"],
    [
      "counts wrong",
      makeZip([{ name: "x.npy", data: good }], { count: 2 }),
      "its directory has 1 members, but should have 2",
    ],
    ["is a part", makeZip([{ name: "x.npy", data: good }], { disk: 1 }), "it is one part of several"],
    ["lacks its beginning", makeZip([{ name: "x.npy", data: good }]).subarray(9), "as if a part were missing"],
    ["has a name with and without ending", archive({ x: good, "x.npy": good }), 'it has "x" twice'],
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

  it.each(["stored.npz", "deflated.npz"])("%s with one bit of an array flipped is refused", (name) => {
    const whole = new Uint8Array(fixture(name));
    const wanted = readNpz(whole, name);
    fc.assert(
      fc.property(fc.nat(8 * whole.length - 1), (bit) => {
        const flipped = whole.slice();
        flipped[bit >> 3] ^= 1 << (bit & 7);
        let found: Map<string, HostTensor>;
        try {
          found = readNpz(flipped, "file");
        } catch (error) {
          expect(error).toBeInstanceOf(BadInputError);
          return;
        }
        for (const [array, tensor] of found) expect(tensor).toEqual(wanted.get(array));
      }),
      { numRuns: 1000 },
    );
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
