/** `af3-gpu weights convert` on torch checkpoints, and which model `weights inspect` says they are; as users call them, without a GPU. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { checkpoint, floats, type Item, pickle, stateDict, tensor } from "../../scripts/fuzz/checkpoint.mjs";
import { weightTensor } from "../../src/engines/core/weights.ts";
import { SafeTensors, writeSafetensors } from "../../src/formats/safetensors.ts";
import type { HostTensor, TensorMap } from "../../src/formats/tensor.ts";
import { scratch } from "../support/binary.ts";
import { af3gpu } from "../support/inside.ts";

const folder = scratch();
const at = (name: string): string => path.join(folder, name);
const random = at("random.safetensors");
const model = ["--engine", "ligo", "--component", "pairformer", "--preset", "tiny"];

/** The random weights of ligo's tiny Pairformer. */
async function weights(): Promise<Map<string, HostTensor>> {
  if (!readdirSync(folder).includes("random.safetensors"))
    expect((await af3gpu(["weights", "random", ...model, "--seed", "3", "--out", random])).code).toBe(0);
  return new SafeTensors(readFileSync(random), random).readAll();
}

/** A training script's checkpoint of tensors. */
function saved(name: string, tensors: TensorMap): string {
  const entries = [...tensors].map(([key, { shape, data }], index): [string, Item] => [
    `module.${key}`,
    tensor({ key: String(index), elements: data.length, shape }),
  ]);
  const storages = Object.fromEntries([...tensors.values()].map(({ data }, index) => [index, floats([...data])]));
  const item = new Map<string, Item>([
    ["model", stateDict(entries)],
    ["step", 12000],
  ]);
  writeFileSync(at(name), checkpoint(pickle(item), storages));
  return at(name);
}

const convert = (file: string, ...options: string[]) =>
  af3gpu(["weights", "convert", file, "--out", "out.safetensors", ...options], { cwd: folder });
const converted = () => new SafeTensors(readFileSync(at("out.safetensors")), "out.safetensors");

describe("weights convert", () => {
  it("gives what was trained, without the wrapper's prefix, and says which model it is", async () => {
    const file = saved("model.pt", await weights());
    const { code, stdout, stderr } = await convert(file);
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^\d+ tensors, .*\nfits ligo pairformer at the preset tiny\n$/),
    ]);
    expect(stderr).toContain(
      "note: weights are its entry model, the prefix module. is taken off, 1 other entry is left (step)",
    );
    expect(readFileSync(at("out.safetensors")).equals(readFileSync(random))).toBe(true);
    for (const options of [["--engine", "ligo"], model, ["--entry", "model"]])
      expect((await convert(file, ...options)).code).toBe(0);
    const { fits } = JSON.parse((await af3gpu(["weights", "inspect", file, "--json"])).stdout);
    expect(fits).toEqual([{ engine: "ligo", component: "pairformer", preset: "tiny" }]);
  });

  it("takes safetensors too", async () => {
    const given = await weights();
    expect((await convert(random)).code).toBe(0);
    expect(converted().readAll()).toEqual(given);
  });

  it.each(["float16", "bfloat16"])("stores matrices as %s, and all else as float32", async (dtype) => {
    const given = await weights();
    const { code, stdout } = await convert(random, "--dtype", dtype, "--engine", "ligo");
    expect([code, stdout]).toEqual([0, expect.stringContaining("fits ligo pairformer at the preset tiny")]);
    const file = converted();
    for (const [name, { shape, data }] of given) {
      const matrix = shape.length > 1;
      expect(file.describe(name)?.dtype).toBe(matrix ? { float16: "F16", bfloat16: "BF16" }[dtype] : "F32");
      const values = weightTensor(file, name).data;
      if (!matrix) expect(values).toEqual(data);
      const bits = dtype === "float16" ? 11 : 8;
      const wrong = values.findIndex(
        (value, index) => Math.abs(value - data[index]) > 2 ** -bits * Math.abs(data[index]) + 2 ** -25,
      );
      expect(wrong, name).toBe(-1);
    }
    expect((await af3gpu(["weights", "inspect", "out.safetensors", ...model], { cwd: folder })).stdout).toMatch(
      /fits ligo pairformer\n$/,
    );
  });

  it("keeps matrices in float32 that halves cannot hold, and says so", async () => {
    const given = await weights();
    const [large, small] = [...given].flatMap(([name, { shape }]) => (shape.length > 1 ? [name] : []));
    (given.get(large) as HostTensor).data[3] = 1e6;
    (given.get(small) as HostTensor).data.fill(1.5 * 2 ** -24);
    const file = saved("large.pt", given);
    const { code, stderr } = await convert(file, "--dtype", "float16");
    expect(code).toBe(0);
    expect(stderr).toContain(
      `note: 2 matrices stay float32: ${large} (it holds 1.00e+6, the largest half is 65504), ${small} (`,
    );
    expect([large, small].map((name) => converted().describe(name)?.dtype)).toEqual(["F32", "F32"]);
    (given.get(large) as HostTensor).data[3] = 3.4e38;
    expect((await convert(saved("large.pt", given), "--dtype", "bfloat16")).stderr).toContain(
      `note: 1 matrix stays float32: ${large} (it holds 3.40e+38, which rounds to infinity)`,
    );
  });
});

describe("a checkpoint that does not fit its engine is refused, and nothing is written", () => {
  it.each<[string, (tensors: Map<string, HostTensor>, name: string) => void, RegExp]>([
    ["a name is missing", (tensors, name) => tensors.delete(name), /: 1 missing \(\S+\)$/],
    [
      "a name is another",
      (tensors, name) => {
        tensors.set("other", tensors.get(name) as HostTensor);
        tensors.delete(name);
      },
      /: 1 missing \(\S+\), 1 too many \(other\)$/,
    ],
    [
      "a shape is another",
      (tensors, name) => {
        const { data } = tensors.get(name) as HostTensor;
        tensors.set(name, { dtype: "float32", shape: [data.length, 1, 1], data });
      },
      /: 1 of another shape \(\S+ is \[\d+, 1, 1\], the config asks for \[.*\]\)$/,
    ],
    [
      "there is one too many",
      (tensors, name) => void tensors.set("\u001b[31m", tensors.get(name) as HostTensor),
      /: 1 too many \(\\u001b\[31m\)$/,
    ],
  ])("as %s", async (_, change, message) => {
    const tensors = await weights();
    change(tensors, [...tensors.keys()][2]);
    const file = saved("changed.pt", tensors);
    const cwd = scratch();
    const ended = await af3gpu(["weights", "convert", file, "--engine", "ligo", "--out", "x.safetensors"], { cwd });
    expect([ended.code, ended.stdout, readdirSync(cwd)]).toEqual([2, "", []]);
    expect(ended.stderr.trim()).toMatch(
      /changed\.pt does not fit ligo: nearest is ligo pairformer at the preset tiny: /,
    );
    expect(ended.stderr.trim()).toMatch(message);
    const inspected = await af3gpu(["weights", "inspect", file]);
    expect([inspected.code, inspected.stdout]).toEqual([
      0,
      expect.stringContaining("fits no model; nearest is ligo pairformer at the preset tiny: "),
    ]);
    const plain = await convert(file);
    expect([plain.code, plain.stderr]).toEqual([
      0,
      expect.stringContaining("note: it fits no model that comes with af3-gpu; nearest is"),
    ]);
  });

  it("as it is another engine's, holds what is not finite, or runs a command", async () => {
    const tensors = await weights();
    const own = saved("model.pt", tensors);
    const [name] = tensors.keys();
    const content = floats([...(tensors.get(name) as HostTensor).data]);
    (tensors.get(name) as HostTensor).data[0] = Number.NaN;
    const nan = saved("nan.pt", tensors);
    const attack = at("attack.pt");
    writeFileSync(attack, checkpoint(pickle(new Map([["model", { call: "os.system", args: ["touch ran"] }]]))));
    const damaged = at("damaged.pt");
    const bytes = readFileSync(own);
    bytes[bytes.indexOf(content) + 2] ^= 1;
    writeFileSync(damaged, bytes);
    for (const [file, engine, message] of [
      [own, "deepmind", "does not fit deepmind: it has no tensor of any of its models"],
      [nan, "ligo", `the weight ${name} holds NaN at position 0`],
      [attack, "ligo", "asks for Python's os.system"],
      [damaged, "ligo", "is damaged: its checksum"],
    ]) {
      const cwd = scratch();
      const ended = await af3gpu(["weights", "convert", file, "--engine", engine, "--out", "x.safetensors"], { cwd });
      expect([ended.code, ended.stdout, readdirSync(cwd)]).toEqual([2, "", []]);
      expect(ended.stderr).toContain(message);
      expect(ended.stderr.trim()).not.toMatch(/\n/);
    }
  });

  it.each<[string[], string]>([
    [["--preset", "tiny"], "--component and --preset need --engine"],
    [["--engine", "ligo", "--component", "none"], "ligo has no component none"],
    [["--dtype", "int8"], '--dtype should be float32, float16 or bfloat16, not "int8"'],
    [["--entry", "ema"], "is no torch checkpoint, and has no entry ema"],
  ])("%j", async (options, message) => {
    await weights();
    const ended = await convert(random, ...options);
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});

it("weights writeSafetensors makes of a file that fits nothing at all", async () => {
  writeFileSync(
    at("x.safetensors"),
    writeSafetensors(new Map([["x", (await weights()).values().next().value as HostTensor]])),
  );
  expect((await af3gpu(["weights", "inspect", at("x.safetensors")])).stdout).toMatch(
    /fits no model, and has no tensor of any\n$/,
  );
});
