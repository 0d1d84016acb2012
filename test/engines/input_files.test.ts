/** What a component reads from a file of tensors, and what it says of the rest. */
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { readCase } from "../../src/engines/core/cases.ts";
import type { TensorSpec } from "../../src/engines/core/component.ts";
import { ofFile, openTensorFile, readInputs } from "../../src/engines/core/input_files.ts";
import { findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import { BadInputError } from "../../src/errors.ts";
import { writeSafetensors } from "../../src/formats/safetensors.ts";
import { concat } from "../support/records.ts";

const specs: readonly TensorSpec[] = [
  { name: "s", shape: ["tokens"] },
  { name: "ids", shape: ["tokens"], kind: "integer" },
  { name: "mask", shape: ["tokens"], kind: "mask" },
];

/** A safetensors file of one value per tensor. */
function safe(tensors: Readonly<Record<string, readonly [dtype: string, bytes: number]>>): Uint8Array {
  let end = 0;
  const entries = Object.entries(tensors).map(([name, [dtype, bytes]]) => {
    end += bytes;
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape: [1], data_offsets: [end - bytes, end] })}`;
  });
  const header = new TextEncoder().encode(`{${entries.join(",")}}`);
  const length = new Uint8Array(new BigUint64Array([BigInt(header.length)]).buffer);
  return concat(length, header, new Uint8Array(end));
}

function npy(descr: string, data: ArrayBufferView): Uint8Array {
  const header = new TextEncoder().encode(`{'descr': '${descr}', 'fortran_order': False, 'shape': (1,), }\n`);
  return concat(
    Uint8Array.of(0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, header.length, 0),
    header,
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  );
}

function read(bytes: Uint8Array) {
  const notes: string[] = [];
  const found = readInputs(openTensorFile(bytes, "a/file"), specs, (text) => notes.push(text));
  return { found: Object.fromEntries([...found].map(([name, { dtype, data }]) => [name, [dtype, data[0]]])), notes };
}

describe("inputs in a file", () => {
  it("are read by name; others are noted, of whatever type, and do no harm", () => {
    const bytes = safe({ s: ["F32", 4], extra: ["F8_E4M3", 1], new: ["Q9", 3], ids: ["I32", 4], mask: ["I32", 4] });
    const { found, notes } = read(bytes);
    expect(found).toEqual({ s: ["float32", 0], ids: ["int32", 0], mask: ["int32", 0] });
    expect(notes).toEqual(["ignored: inputs extra, new"]);
  });

  it.each(["__proto__", "constructor", "toString"])("called %s are noted like any others", (name) => {
    const bytes = safe({ s: ["F32", 4], ids: ["I32", 4] });
    const named = new TextDecoder("latin1").decode(bytes).replace('"ids"', JSON.stringify(name));
    const renamed = Uint8Array.from(named, (letter) => letter.charCodeAt(0));
    renamed[0] += name.length - 3;
    expect(read(renamed)).toEqual({ found: { s: ["float32", 0] }, notes: [`ignored: inputs ${name}`] });
  });

  it.each<[string, readonly [string, number], string]>([
    ["s", ["F64", 8], "a/file: the input s has type F64, expected float32 (F32)"],
    ["s", ["BF16", 2], "a/file: the input s has type BF16, expected float32 (F32)"],
    ["s", ["I32", 4], "a/file: the input s has type I32, expected float32 (F32)"],
    ["s", ["F4", 7], "should take 0.5 bytes"],
    ["ids", ["I64", 8], "a/file: the input ids has type I64, expected int32 (I32)"],
    ["ids", ["F32", 4], "a/file: the input ids has type F32, expected int32 (I32)"],
    ["mask", ["BOOL", 1], "a/file: the input mask has type BOOL, expected float32 (F32) or int32 (I32)"],
  ])("of another type than %s has are refused with file, type and what was expected: %j", (name, stored, message) => {
    expect(() => read(safe({ [name]: stored }))).toThrow(BadInputError);
    expect(() => read(safe({ [name]: stored }))).toThrow(message);
  });

  it("are read from NumPy's archives too, where unread arrays may be of any type and needed ones are named", () => {
    const members = { "s.npy": npy("<f8", Float64Array.of(1.5)), "ids.npy": npy("<i8", BigInt64Array.of(7n)) };
    const text = { "names.npy": npy("<U1", Uint32Array.of(65)) };
    const { found, notes } = read(zipSync({ ...members, ...text }));
    expect(found).toEqual({ s: ["float32", 1.5], ids: ["int32", 7] });
    expect(notes).toEqual(["ignored: inputs names"]);
    const needed = zipSync({ "s.npy": npy("<c8", Float32Array.of(1, 2)) });
    expect(() => read(needed)).toThrow('a/file: s.npy has the type "<c8" (complex numbers), expected numbers or truth');
    const large = zipSync({ "ids.npy": npy("<i8", BigInt64Array.of(2n ** 40n)) });
    expect(() => read(large)).toThrow("a/file: ids.npy holds 1099511627776 at position 0, beyond what int32 can");
    const truths = zipSync({ "s.npy": npy("|b1", Uint8Array.of(1)) });
    expect(read(truths).found).toEqual({ s: ["float32", 1] });
  });

  it("are named with the file in whatever is wrong with them", () => {
    const wrong = () => {
      throw new BadInputError("the input s is missing");
    };
    expect(() => ofFile("a/file", wrong)).toThrow(new BadInputError("a/file: the input s is missing"));
  });
});

describe("a golden case", () => {
  const component = findComponent(findEngine("ligo"), "pairformer");
  const { config } = findPreset("ligo", "pairformer", "tiny");
  const files = (json: unknown, inputs: Uint8Array) => ({
    read: async (path: string) =>
      path.endsWith("case.json") ? new TextEncoder().encode(JSON.stringify(json)) : inputs,
    async *stream() {},
    exists: async () => true,
    list: async () => undefined,
  });
  const json = {
    format: "af3-gpu-case/1",
    engine: "ligo",
    component: "pairformer",
    weights: { random: "af3-gpu/1", seed: 0 },
  };

  it("says which type an input has, and notes what is not read", async () => {
    const inputs = component.configure(config, { tokens: 2 }, () => {}).randomInputs(0);
    const notes: string[] = [];
    const given = new Map([...inputs, ["__proto__", { dtype: "int32" as const, shape: [1], data: Int32Array.of(1) }]]);
    const golden = await readCase(files({ ...json, config }, writeSafetensors(given)), "folder", (text) =>
      notes.push(text),
    );
    expect([...golden.inputs.keys()].sort()).toEqual([...inputs.keys()].sort());
    expect(notes).toEqual(["ignored: inputs __proto__"]);
    const wrong = readCase(files({ ...json, config }, safe({ s: ["F64", 8] })), "folder");
    await expect(wrong).rejects.toThrow("folder/inputs.safetensors: the input s has type F64, expected float32 (F32)");
    const missing = readCase(files({ ...json, config }, safe({})), "folder");
    await expect(missing).rejects.toThrow("folder/inputs.safetensors: the input s is missing");
  });

  it.each([
    ["a seed that JSON reads as infinite", '"seed": 1e400', /inputs\.seed should be a whole number .*, not Infinity$/],
    ["half a seed", '"seed": 0.5', /inputs\.seed should be a whole number .*, not 0\.5$/],
    ["an infinite size", '"seed": 0, "dims": { "tokens": 1e400 }', /inputs\.dims\.tokens .*, not Infinity$/],
  ])("is refused with %s", async (_, text, message) => {
    const written = JSON.stringify({ ...json, config, inputs: "@" }).replace(
      '"@"',
      `{ "random": "af3-gpu/1", ${text} }`,
    );
    const read = async () => new TextEncoder().encode(written);
    await expect(readCase({ ...files({}, new Uint8Array()), read }, "folder")).rejects.toThrow(message);
  });

  it.each(["__proto__", "constructor", "toString"])(
    "whose config has a field %s is told that it is ignored",
    (name) => {
      const notes: string[] = [];
      const given = JSON.parse(`{"${name}": {"c_s": 7}, ${JSON.stringify(config).slice(1)}`);
      component.configure(given, { tokens: 2 }, (text) => notes.push(text));
      expect(notes).toEqual([`ignored: config.${name}`]);
    },
  );
});
