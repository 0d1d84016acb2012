/** Reading NumPy's arrays as NumPy reads them. */
import { describe, expect, it } from "vitest";
import { BadInputError } from "../../src/errors.ts";
import { readNpy } from "../../src/formats/npy.ts";
import { bytesOf, header, npy } from "../support/npy.ts";

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
