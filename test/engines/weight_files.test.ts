/** Opening weights of every format, whole and in parts. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { checkpoint, pickle, stateDict, tensor } from "../../scripts/fuzz/checkpoint.mjs";
import { compareWeights } from "../../src/engines/core/check.ts";
import { openWeights, streamWeights } from "../../src/engines/core/weight_files.ts";
import { weightTensor } from "../../src/engines/core/weights.ts";
import { BadInputError } from "../../src/errors.ts";
import type { Files } from "../../src/formats/files.ts";
import { layoutSafetensors, writeSafetensors } from "../../src/formats/safetensors.ts";
import { float32 } from "../../src/formats/tensor.ts";
import { collect, concat, float32Record, pieces, storedFrame } from "../support/records.ts";

/** Files in memory by their paths; folders are what lies before a slash. */
function filesOf(contents: Record<string, Uint8Array>): Files {
  const find = (name: string): Uint8Array => {
    if (!contents[name]) throw new BadInputError(`cannot read ${name}: there is no such file`);
    return contents[name];
  };
  return {
    read: async (name) => find(name),
    stream: (name) => pieces(find(name), 5),
    exists: async (name) => name in contents,
    async list(folder) {
      const inside = Object.keys(contents).filter((name) => name.startsWith(`${folder}/`));
      return inside.length ? inside.map((name) => name.slice(folder.length + 1)) : undefined;
    },
  };
}

const weight = float32Record("weights", [3], [1, 2, 3]);
const offset = float32Record("offset", [1], [4]);
const records = concat(weight, offset);
const packed = storedFrame(records);
const halves = (bytes: Uint8Array, at = 31): [Uint8Array, Uint8Array] => [bytes.subarray(0, at), bytes.subarray(at)];
const tensors = writeSafetensors(new Map([["scope:weights", float32([3], Float32Array.of(1, 2, 3))]]));

describe("weights", () => {
  it.each<[string, Record<string, Uint8Array>, string]>([
    ["af3.bin", { "m/af3.bin": records }, "m/af3.bin"],
    ["af3.bin.zst", { "m/af3.bin.zst": packed }, "m/af3.bin.zst"],
    ["a folder with an af3.bin.zst", { "m/README": records, "m/af3.bin.zst": packed }, "m"],
    ["parts in a folder", { "m/af3.0.bin": halves(records)[0], "m/af3.1.bin": halves(records)[1] }, "m"],
    ["packed parts", { "m/af3.0.bin.zst": halves(packed)[0], "m/af3.1.bin.zst": halves(packed)[1] }, "m"],
    ["packed parts, other names", { "m/a.bin.zst.1": halves(packed)[1], "m/a.bin.zst.0": halves(packed)[0] }, "m"],
    ["parts, before whole files", { "m/a.0.bin": records, "m/b.bin.zst": packed.subarray(9) }, "m"],
    ["an address with a query", { "https://host/af3.bin.zst?v=1": packed }, "https://host/af3.bin.zst?v=1"],
  ])("in %s are found", async (_, contents, name) => {
    const found = await openWeights(filesOf(contents), name);
    expect(found.names).toEqual(["scope:weights", "scope:offset"]);
    expect(found.read("scope:weights").data).toEqual(Float32Array.of(1, 2, 3));
    const stream = await streamWeights(filesOf(contents), name);
    expect(stream.listed.map((one) => one.name)).toEqual(found.names);
    const streamed = await collect(stream.tensors());
    expect(streamed.map(({ name, tensor }) => [name, tensor])).toEqual(
      found.names.map((one) => [one, found.read(one)]),
    );
  });

  it("parts are sorted as text, as the real loader does: 10 comes before 2", async () => {
    const [first, rest] = halves(records);
    const [second, third] = halves(rest, 10);
    const contents = { "m/a.1.bin": first, "m/a.2.bin": third, "m/a.10.bin": second };
    expect((await openWeights(filesOf(contents), "m")).names).toHaveLength(2);
  });

  it("in other files are safetensors", async () => {
    for (const name of ["w.safetensors", "w"])
      expect((await openWeights(filesOf({ [name]: tensors }), name)).names).toEqual(["scope:weights"]);
  });

  it.each<[string, Record<string, Uint8Array>, string, string]>([
    ["several models", { "m/a.bin": records, "m/b.bin": records }, "m", "m holds more than one model (a, b)"],
    ["no model", { "m/a.safetensors": tensors }, "m", "m is a folder without an af3.bin or af3.bin.zst"],
    ["one part", { "m/a.0.bin": records }, "m/a.0.bin", "m/a.0.bin is one part of several: name their folder"],
    ["no file", { "m/a.bin": records }, "m/b.bin", "cannot read m/b.bin: there is no such file"],
    ["a zst that is none", { "m/a.bin.zst": records }, "m/a.bin.zst", "m/a.bin.zst is not a valid zstd file"],
    ["a bin that is packed", { "m/a.bin": packed }, "m/a.bin", "m/a.bin is not a valid af3.bin"],
  ])("in %s are refused", async (_, contents, name, message) => {
    await expect(openWeights(filesOf(contents), name)).rejects.toThrow(BadInputError);
    await expect(openWeights(filesOf(contents), name)).rejects.toThrow(message);
  });

  it.each(["model.pt", "epoch=3.ckpt", "x/y.PTH", "https://host/m.pt?v=1"])(
    "in %s are a checkpoint's",
    async (name) => {
      const item = stateDict([
        ["module.scope:weights", tensor({ key: "0", elements: 3, shape: [3], storage: "BFloat16" })],
        ["module.count", tensor({ key: "1", elements: 1, shape: [], storage: "Long" })],
      ]);
      const halves = new Uint8Array(Uint16Array.of(0x3f80, 0x4000, 0x4040).buffer);
      const bytes = checkpoint(pickle(item), { 0: halves, 1: new Uint8Array(8) });
      const found = await openWeights(filesOf({ [name]: bytes }), name);
      expect(found.names).toEqual(["scope:weights", "count"]);
      expect(found.read("scope:weights")).toEqual(float32([3], Float32Array.of(1, 2, 3)));
      expect(found.describe("scope:weights")).toEqual({ dtype: "F32", shape: [3], stored: "bfloat16" });
      expect(found.describe("count")).toEqual({ dtype: "I32", shape: [], stored: "int64" });
      expect(found.bytes("scope:weights")).toEqual(halves);
      await expect(openWeights(filesOf({ [name]: bytes.slice(0, -9) }), name)).rejects.toThrow("as if it were cut off");
      await expect(openWeights(filesOf({}), name)).rejects.toThrow(`cannot read ${name}: there is no such file`);
    },
  );

  it("are read in parts where the platform can, and no byte of what nobody wants", async () => {
    const item = new Map([
      ["model", stateDict([["a", tensor({ key: "0", elements: 2, shape: [2] })]])],
      ["optimizer", stateDict([["b", tensor({ key: "1", elements: 10_000, shape: [10_000] })]])],
    ]);
    const bytes = checkpoint(pickle(item), {
      0: new Uint8Array(Float32Array.of(5, 6).buffer),
      1: new Uint8Array(40_000),
    });
    const asked: [number, number][] = [];
    const files: Files = {
      ...filesOf({ "m.pt": bytes }),
      size: async () => bytes.length,
      async range(_, at, length) {
        asked.push([at, length]);
        return bytes.slice(at, at + length);
      },
      read: async () => {
        throw new Error("the whole file is read");
      },
    };
    const streamed = await collect((await streamWeights(files, "m.pt")).tensors());
    expect(streamed.map(({ tensor }) => tensor.data)).toEqual([Float32Array.of(5, 6)]);
    expect(asked.filter(([, length]) => length === 40_000)).toEqual([]);
    const shrinking: Files = { ...files, range: async () => new Uint8Array(1) };
    await expect(streamWeights(shrinking, "m.pt")).rejects.toThrow("m.pt changed while it was read");
  });

  it("in halves are worth the same float32", async () => {
    const layout = layoutSafetensors(
      new Map([
        ["half", { dtype: "float16", shape: [2] }],
        ["brain", { dtype: "bfloat16", shape: [1] }],
        ["full", { dtype: "float32", shape: [1] }],
      ]),
    );
    const bytes = new Uint8Array(layout.length);
    bytes.set(layout.header);
    const put = (name: string, values: Uint16Array | Float32Array) =>
      bytes.set(new Uint8Array(values.buffer), layout.begins.get(name));
    put("half", Uint16Array.of(0x3c00, 0xfbff));
    put("brain", Uint16Array.of(0xff7f));
    put("full", Float32Array.of(7));
    const found = await openWeights(filesOf({ w: bytes }), "w");
    expect(weightTensor(found, "half").data).toEqual(Float32Array.of(1, -65504));
    expect(weightTensor(found, "brain").data).toEqual(Float32Array.of(-3.3895313892515355e38));
    expect(weightTensor(found, "full").data).toEqual(Float32Array.of(7));
    const streamed = await collect((await streamWeights(filesOf({ w: bytes }), "w")).tensors());
    expect(streamed.map(({ name }) => name)).toEqual(["full", "brain", "half"]);
    expect(
      compareWeights(
        new Map([
          ["half", [2]],
          ["brain", [1]],
          ["full", [1]],
        ]),
        found,
      ),
    ).toEqual({
      ...{ missing: [], misshapen: [], mistyped: [], extra: [] },
    });
  });

  it("that have no entries are asked for none", async () => {
    await expect(streamWeights(filesOf({ w: tensors }), "w", { entry: "ema" })).rejects.toThrow(
      "w is no torch checkpoint",
    );
  });
});

it("every stored bit of the fixture survives the folder, the unpacking and the records", async () => {
  const fixture = new Uint8Array(readFileSync(path.resolve(import.meta.dirname, "../fixtures/records.bin.zst")));
  const found = await openWeights(filesOf({ "m/records.bin.zst": fixture }), "m");
  expect(found.bytes("diffuser/evoformer/left_single:weights")).toHaveLength(210);
});

it("compareWeights lists what is missing, misshapen, mistyped and extra together", async () => {
  const fixture = new Uint8Array(readFileSync(path.resolve(import.meta.dirname, "../fixtures/records.bin.zst")));
  const found = await openWeights(filesOf({ "records.bin.zst": fixture }), "records.bin.zst");
  const wanted = new Map([
    ["none", [1]],
    ["diffuser/evoformer/scalar:bias", [1]],
    ["__meta__:__identifier__", [64]],
    ["diffuser/distogram_head/half_logits:weights", [8, 64]],
  ]);
  expect(compareWeights(wanted, found)).toEqual({
    missing: ["none"],
    misshapen: ["diffuser/evoformer/scalar:bias is [], the config asks for [1]"],
    mistyped: ["__meta__:__identifier__ has type U8, expected float32 (F32), float16 (F16) or bfloat16 (BF16)"],
    extra: [
      "diffuser/evoformer/left_single:weights",
      "diffuser/evoformer/prev_embedding_layer_norm:scale",
      "diffuser/évoformer/x:weights",
    ],
  });
});
