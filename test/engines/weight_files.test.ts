/** Opening weights of every format, whole and in parts. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { compareWeights } from "../../src/engines/core/check.ts";
import { openWeights, weightRecords } from "../../src/engines/core/weight_files.ts";
import { BadInputError, UnavailableError } from "../../src/errors.ts";
import type { Files } from "../../src/formats/files.ts";
import { writeSafetensors } from "../../src/formats/safetensors.ts";
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
    expect((await collect(weightRecords(filesOf(contents), name))).map((one) => one.name)).toEqual(found.names);
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

  it.each(["model.pt", "epoch=3.ckpt", "x/y.PTH"])("in %s name the command that converts them", async (name) => {
    const opened = openWeights(filesOf({ [name]: records }), name);
    await expect(opened).rejects.toThrow(UnavailableError);
    await expect(opened).rejects.toMatchObject({ fix: expect.stringContaining(`convert-checkpoint ${name} --out`) });
    await expect(openWeights(filesOf({}), name)).rejects.toThrow(`cannot read ${name}: there is no such file`);
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
    mistyped: ["__meta__:__identifier__ has type U8, expected float32 (F32)"],
    extra: [
      "diffuser/evoformer/left_single:weights",
      "diffuser/evoformer/prev_embedding_layer_norm:scale",
      "diffuser/évoformer/x:weights",
    ],
  });
});
