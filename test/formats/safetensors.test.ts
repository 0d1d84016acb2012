/** Reading and writing safetensors; hostile files get an error that names what is wrong. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BadInputError } from "../../src/errors.ts";
import { SafeTensors, writeSafetensors } from "../../src/formats/safetensors.ts";
import type { HostTensor } from "../../src/formats/tensor.ts";

const tensor = fc
  .record({
    shape: fc.array(fc.nat(4), { maxLength: 3 }),
    dtype: fc.constantFrom("float32" as const, "int32" as const),
  })
  .chain(({ shape, dtype }) => {
    const length = shape.reduce((product, size) => product * size, 1);
    return fc.array(fc.integer({ min: -(2 ** 20), max: 2 ** 20 }), { minLength: length, maxLength: length }).map(
      (values): HostTensor => ({
        dtype,
        shape,
        data: dtype === "int32" ? Int32Array.from(values) : Float32Array.from(values),
      }),
    );
  });
const tensors = fc.dictionary(
  fc.string({ minLength: 1 }).filter((name) => name !== "__metadata__" && name !== "__proto__"),
  tensor,
  { maxKeys: 6 },
);

const file = (header: string, data = 0): Uint8Array => {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + data);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
};
const entry = (begin: number, end: number, shape = [(end - begin) / 4], dtype = "F32"): string =>
  JSON.stringify({ dtype, shape, data_offsets: [begin, end] });
const open = (bytes: Uint8Array): SafeTensors => new SafeTensors(bytes, "file");

describe("a written file", () => {
  it("reads back as it was", () => {
    fc.assert(
      fc.property(tensors, (given) => {
        const read = open(writeSafetensors(new Map(Object.entries(given)))).readAll();
        expect([...read.keys()].sort()).toEqual(Object.keys(given).sort());
        for (const [name, { dtype, shape, data }] of Object.entries(given))
          expect(read.get(name)).toEqual({ dtype, shape, data });
      }),
    );
  });

  it("reads back from inside of another buffer, as files do in Node", () => {
    const bytes = writeSafetensors(
      new Map([["x", { dtype: "float32" as const, shape: [2], data: Float32Array.of(1, 2) }]]),
    );
    const inside = new Uint8Array(bytes.length + 7);
    inside.set(bytes, 3);
    expect(open(inside.subarray(3, 3 + bytes.length)).read("x").data).toEqual(Float32Array.of(1, 2));
    expect(open(Buffer.from(bytes)).read("x").data).toEqual(Float32Array.of(1, 2));
  });

  it("keeps scalars and empty tensors", () => {
    const given = new Map<string, HostTensor>([
      ["scalar", { dtype: "float32", shape: [], data: Float32Array.of(3) }],
      ["none", { dtype: "int32", shape: [0, 5], data: new Int32Array(0) }],
    ]);
    expect(open(writeSafetensors(given)).readAll()).toEqual(given);
  });
});

describe("a hostile file", () => {
  it.each([
    ["is empty", new Uint8Array(0), "less than the header's length field"],
    ["ends inside the length field", new Uint8Array(7), "less than the header's length field"],
    [
      "says that its header is longer than the file",
      file("{}").fill(3, 0, 1),
      "says that its header has 3 bytes, but the file has 10",
    ],
    [
      "is something else, such as JSON",
      new TextEncoder().encode('{ "dialect": "alphafold3" }'),
      "it does not begin with the length of its header, for its first 8 bytes would mean 7308323400594890875",
    ],
    ["has no JSON in its header", file("{nonsense"), "its header is no JSON"],
    ["has invalid UTF-8 in its header", file("{}").fill(0xff, 8), "its header is no JSON"],
    ["has an array for a header", file("[]"), "its header is no JSON object"],
    ["names a tensor twice", file(`{"x":${entry(0, 4)},"x":${entry(0, 4)}}`, 4), "its header names x twice"],
    [
      "names a tensor twice in other letters",
      file(`{"x":${entry(0, 4)},"\\u0078":${entry(0, 4)}}`, 4),
      "its header names x twice",
    ],
    ["has overlapping tensors", file(`{"x":${entry(0, 8)},"y":${entry(4, 12)}}`, 12), "y overlaps x"],
    [
      "has a tensor beyond its end",
      file(`{"x":${entry(0, 8)}}`, 4),
      "x lies at 0 to 8, but the file has 4 bytes of data",
    ],
    ["has offsets that run backwards", file(`{"x":${entry(8, 4, [1])}}`, 8), "x lies at 8 to 4"],
    ["has negative offsets", file(`{"x":${entry(-4, 0, [1])}}`, 4), "x has no valid offsets"],
    ["has a gap", file(`{"x":${entry(4, 8)}}`, 8), "a gap of 4 bytes before x"],
    ["has bytes after its last tensor", file(`{"x":${entry(0, 4)}}`, 8), "4 bytes after the last tensor"],
    [
      "has a shape that does not fit its bytes",
      file(`{"x":${entry(0, 4, [2])}}`, 4),
      "x [2] of F32 should take 8 bytes, not 4",
    ],
    ["has a shape that overflows", file(`{"x":${entry(0, 4, [2 ** 40, 2 ** 40])}}`, 4), "should take"],
    ["has a fractional shape", file(`{"x":${entry(0, 4, [0.5, 2])}}`, 4), "x has no valid shape"],
    ["has a number for a type", file(`{"x":{"dtype":4,"shape":[1],"data_offsets":[0,4]}}`, 4), "x has no valid type"],
    ["has an entry that is no object", file(`{"x":7}`), "x has no valid type"],
    ["has an entry that is null", file(`{"x":null}`), "x has no valid type"],
    ["has half a byte too much", file(`{"x":${entry(0, 2, [3, 1], "F4")}}`, 2), "x [3, 1] of F4 should take 1.5 bytes"],
    [
      "has an unknown type that overlaps",
      file(`{"x":${entry(0, 4, [1], "Q7")},"y":${entry(2, 6)}}`, 6),
      "y overlaps x",
    ],
  ])("that %s is refused", (_, bytes, message) => {
    expect(() => open(bytes)).toThrow(BadInputError);
    expect(() => open(bytes)).toThrow(message);
  });

  it("cut anywhere is refused", () => {
    const whole = writeSafetensors(
      new Map([["x", { dtype: "float32" as const, shape: [3], data: new Float32Array(3) }]]),
    );
    for (let length = 0; length < whole.length; length++)
      expect(() => open(whole.subarray(0, length)), `cut at ${length}`).toThrow(BadInputError);
  });

  it("with any bit flipped is refused or read, never worse", () => {
    const whole = writeSafetensors(
      new Map([["x", { dtype: "float32" as const, shape: [3], data: Float32Array.of(1, 2, 3) }]]),
    );
    for (let bit = 0; bit < 8 * whole.length; bit++) {
      const flipped = whole.slice();
      flipped[bit >> 3] ^= 1 << (bit & 7);
      try {
        open(flipped).readAll();
      } catch (error) {
        expect(error).toBeInstanceOf(BadInputError);
      }
    }
  });

  it("of random bytes is refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => open(bytes)).toThrow(BadInputError);
      }),
    );
  });
});

describe("types that are neither float32 nor int32", () => {
  const bytes = file(`{"half":${entry(0, 2, [1], "F16")},"x":${entry(2, 6)}}`, 6);

  it("are listed, skipped, and refused only when they are asked for", () => {
    const found = open(bytes);
    expect(found.names).toEqual(["half", "x"]);
    expect([...found.readAll().keys()]).toEqual(["x"]);
    expect(() => found.read("half")).toThrow("half has type F16, expected float32 (F32) or int32 (I32)");
    expect(() => found.read("none")).toThrow("file has no tensor none");
  });

  it.each<[string, number[], number]>([
    ["F4", [2, 3], 3],
    ["F6_E2M3", [4], 3],
    ["F8_E4M3", [3], 3],
    ["F8_E5M2FNUZ", [3], 3],
    ["F8_E8M0", [3], 3],
    ["C64", [2], 16],
    ["F64", [2], 16],
    ["I64", [2], 16],
    ["BF16", [2], 4],
    ["BOOL", [2], 2],
    ["a type of tomorrow", [5], 7],
    ["constructor", [1], 4],
  ])("%s does not stop the rest from being read", (dtype, shape, length) => {
    const whole = file(`{"new":${entry(0, length, shape, dtype)},"x":${entry(length, length + 4)}}`, length + 4);
    const found = open(whole);
    expect(found.describe("new")?.dtype).toBe(dtype);
    expect(found.bytes("new").length).toBe(length);
    expect([...found.readAll().keys()]).toEqual(["x"]);
    expect(() => found.read("new")).toThrow(`file: new has type ${dtype}, expected float32 (F32) or int32 (I32)`);
  });
});

describe("names that JavaScript's objects have themselves", () => {
  it.each(["__proto__", "constructor", "toString", "hasOwnProperty"])("%s is a name like any other", (name) => {
    const tensors = new Map<string, HostTensor>([
      [name, { dtype: "float32", shape: [2], data: Float32Array.of(1, 2) }],
      ["x", { dtype: "float32", shape: [1], data: Float32Array.of(3) }],
    ]);
    const found = open(writeSafetensors(tensors));
    expect([...found.names].sort()).toEqual([name, "x"].sort());
    expect(found.readAll()).toEqual(tensors);
    const without = open(file(`{"x":${entry(0, 4)}}`, 4));
    expect(without.has(name)).toBe(false);
    expect(without.describe(name)).toBeUndefined();
    expect(() => without.read(name)).toThrow(`file has no tensor ${name}`);
    expect(() => open(file(`{"${name}":{"__proto__":${entry(0, 4)}}}`, 4))).toThrow(`${name} has no valid type`);
  });
});
