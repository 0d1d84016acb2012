/** The network that `predict` runs: weights from files of both kinds, strictly, and counts that are the engine's own. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type Network, openNetwork } from "../../src/cli/predict/network.ts";
import { weightsDigest } from "../../src/cli/predict/settings.ts";
import { findEngine, findPreset } from "../../src/engines/index.ts";
import { writeSafetensors } from "../../src/formats/safetensors.ts";
import { float32, type HostTensor } from "../../src/formats/tensor.ts";
import { scratch } from "../support/binary.ts";
import { concat, record } from "../support/records.ts";

const engine = findEngine("deepmind");
const folder = scratch();
const at = (name: string): string => path.join(folder, name);
const open = (weights: string, options: object = {}): Promise<Network> =>
  openNetwork(engine, { weights, weightsSeed: 0, precision: "f32", preset: "tiny", ...options }, () => {});

/** The weights that random ones stand for, as a file of ours, and as one of google-deepmind/alphafold3. */
beforeAll(() => {
  const component = engine.components.find(({ name }) => name === "full");
  const { config, widths } = findPreset("deepmind", "full", "tiny");
  const shapes = component?.configure(config, { ...widths, tokens: 8 }, () => {}).weights ?? new Map();
  const values = (seed: number): Map<string, HostTensor> =>
    new Map([...shapes].map(([name, shape]) => [name, float32(shape, engine.randomWeight(name, shape, seed))]));
  for (const seed of [0, 1]) writeFileSync(at(`${seed}.safetensors`), writeSafetensors(values(seed)));
  const records = [...values(0)].map(([whole, { shape, data }]) => {
    const [scope, name] = whole.split(":");
    return record({ scope, name, dtype: "float32", shape, data: new Uint8Array(data.buffer) });
  });
  writeFileSync(at("af3.bin"), concat(...records));
});

describe("weights", () => {
  it("from both kinds of files are the same; the terms go along with those in the repository's own format", async () => {
    const [ours, theirs] = [await open(at("0.safetensors")), await open(at("af3.bin"))];
    expect([ours.ownFormat, theirs.ownFormat]).toEqual([false, true]);
    expect(weightsDigest(theirs.weights)).toBe(weightsDigest(ours.weights));
    expect(weightsDigest((await open(at("1.safetensors"))).weights)).not.toBe(weightsDigest(ours.weights));
    expect(weightsDigest((await open(folder)).weights)).toBe(weightsDigest(ours.weights));
    expect(engine.terms).toBeDefined();
  });

  it.each([
    [
      "of another size",
      "0.safetensors",
      { preset: "block" },
      /^the weights in .*0\.safetensors do not fit: .* is \[.*\], the config asks for \[/,
    ],
    ["that fit no size, where nobody names one,", "less.safetensors", { preset: undefined }, /do not fit: /],
    ["that lack one", "less.safetensors", {}, /do not fit: missing: .*distogram_head/],
  ])("%s are refused", async (_, file, options, message) => {
    const whole = new Map(
      Object.entries(JSON.parse(headerOf(at("0.safetensors"))) as Record<string, { shape: number[] }>),
    );
    const less = [...whole].filter(([name]) => name !== "__metadata__" && !name.includes("distogram_head"));
    writeFileSync(
      at("less.safetensors"),
      writeSafetensors(
        new Map(
          less.map(([name, { shape }]) => [name, float32(shape, new Float32Array(shape.reduce((a, b) => a * b, 1)))]),
        ),
      ),
    );
    await expect(open(path.join(folder, file), options)).rejects.toThrow(message);
  });
});

it("weights of another model are refused by their name", async () => {
  const pairformer = engine.components.find(({ name }) => name === "pairformer");
  const { config, widths } = findPreset("deepmind", "pairformer", "tiny");
  const shapes = pairformer?.configure(config, { ...widths, tokens: 8 }, () => {}).weights ?? new Map();
  const values = [...shapes].map(
    ([name, shape]) => [name, float32(shape, engine.randomWeight(name, shape, 0))] as const,
  );
  writeFileSync(at("part.safetensors"), writeSafetensors(new Map(values)));
  await expect(open(at("part.safetensors"))).rejects.toThrow(
    "these are weights of deepmind pairformer at the preset tiny, not of deepmind full",
  );
});

it("weights say which size they are of where nobody does", async () => {
  expect((await open(at("0.safetensors"), { preset: undefined })).preset).toBe("tiny");
});

const headerOf = (file: string): string => {
  const bytes = readFileSync(file);
  return bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString();
};

it("random weights are of the small network, with the engine's own counts whatever its size", async () => {
  const { preset, counts } = await open("random", { preset: undefined });
  expect([preset, counts]).toEqual(["tiny", { recycles: 10, steps: 200, samples: 5, rows: 16 }]);
  const { counts: changed } = await open("random", { preset: "paper", recycles: 0, steps: 3, samples: 1 });
  expect(changed).toEqual({ recycles: 0, steps: 3, samples: 1, rows: 1024 });
});
