/** `af3-gpu weights`, as users call it; it needs no GPU. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { findEngine } from "../../src/engines/index.ts";
import { SafeTensors, writeSafetensors } from "../../src/formats/safetensors.ts";
import { float32, type HostTensor } from "../../src/formats/tensor.ts";
import { scratch } from "../support/binary.ts";
import { af3gpu } from "../support/inside.ts";

const packed = path.resolve(import.meta.dirname, "../fixtures/records.bin.zst");
const fitting = ["--engine", "ligo", "--component", "pairformer", "--preset", "tiny"];

/** Makes the random weights of ligo's tiny Pairformer. */
async function made(seed = "5"): Promise<string> {
  const out = path.join(scratch(), "weights.safetensors");
  const { code } = await af3gpu(["weights", "random", ...fitting, "--seed", seed, "--out", out]);
  expect(code).toBe(0);
  return out;
}

describe("weights random", () => {
  it("writes what --weights random stands for, and nothing else", async () => {
    const out = await made();
    expect(readdirSync(path.dirname(out))).toEqual(["weights.safetensors"]);
    const file = new SafeTensors(readFileSync(out), out);
    for (const name of file.names) {
      const { shape, data } = file.read(name);
      expect(data).toEqual(findEngine("ligo").randomWeight(name, shape, 5));
    }
    expect(readFileSync(out).equals(writeSafetensors(file.readAll()))).toBe(true);
    expect((await af3gpu(["weights", "inspect", out, ...fitting])).stdout).toMatch(/fits ligo pairformer\n$/);
  });
});

describe("weights convert", () => {
  it("makes float32 safetensors of an af3.bin.zst, and the digest stays the same", async () => {
    const [first, second] = [path.join(scratch(), "a.safetensors"), path.join(scratch(), "b.safetensors")];
    const { code, stdout, stderr } = await af3gpu(["weights", "convert", packed, "--out", first]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^5 tensors, /)]);
    expect(stderr).toContain("left out 1 tensor of type uint8, such as __meta__:__identifier__");
    const file = new SafeTensors(readFileSync(first), first);
    expect(readFileSync(first).equals(writeSafetensors(file.readAll()))).toBe(true);
    expect(file.read("diffuser/évoformer/x:weights").data.slice(0, 3)).toEqual(Float32Array.of(1, -2, 3.5));
    await af3gpu(["weights", "convert", packed, "--out", second]);
    expect(readFileSync(second).equals(readFileSync(first))).toBe(true);
    const digests = await Promise.all(
      [packed, first].map(async (at) => {
        const { tensors } = JSON.parse((await af3gpu(["weights", "inspect", at, "--json"])).stdout);
        return tensors.flatMap((one: { name: string; sha256: string }) => (/meta/.test(one.name) ? [] : [one.sha256]));
      }),
    );
    expect(digests[0]).toEqual(digests[1]);
  });
});

describe("weights inspect", () => {
  it("prints names, shapes, stored types and digests", async () => {
    const { code, stdout } = await af3gpu(["weights", "inspect", packed]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^__meta__:__identifier__ +\[64\] +uint8 +64 +[0-9a-f]{16}$/m);
    expect(stdout).toMatch(/^diffuser\/evoformer\/left_single:weights +\[5, 7, 3\] +bfloat16 +210 +[0-9a-f]{16}$/m);
    expect(stdout).toMatch(/^6 tensors, 6695 parameters, sha256 [0-9a-f]{64}$/m);
  });

  it("lists missing, misshapen and extra tensors together and exits with 1", async () => {
    const file = await made();
    const tensors: Map<string, HostTensor> = new SafeTensors(readFileSync(file), file).readAll();
    const [missing, misshapen, mistyped] = tensors.keys();
    tensors.delete(missing);
    tensors.set(misshapen, float32([1], new Float32Array(1)));
    const { shape, data } = tensors.get(mistyped) as HostTensor;
    tensors.set(mistyped, { dtype: "int32", shape, data: new Int32Array(data.length) });
    tensors.set("more", float32([1], new Float32Array(1)));
    writeFileSync(file, writeSafetensors(tensors));
    const { code, stdout } = await af3gpu(["weights", "inspect", file, ...fitting]);
    expect(code).toBe(1);
    expect(stdout).toContain(`missing (1):\n  ${missing}\nmisshapen (1):\n  ${misshapen} is [1], the config asks for`);
    expect(stdout).toContain(`mistyped (1):\n  ${mistyped} has type I32`);
    expect(stdout).toContain("extra (1):\n  more\ndoes not fit ligo pairformer: 3 tensors are missing or wrong");
    const json = await af3gpu(["weights", "inspect", file, ...fitting, "--json"]);
    expect([json.code, JSON.parse(json.stdout)]).toEqual([1, expect.objectContaining({ extra: ["more"] })]);
  });

  it("says how many values are not finite, and in which tensors", async () => {
    const file = await made();
    const tensors: Map<string, HostTensor> = new SafeTensors(readFileSync(file), file).readAll();
    expect((await af3gpu(["weights", "inspect", file])).stdout).not.toContain("not finite");
    const [first, second] = tensors.keys();
    const [a, b] = [tensors.get(first) as HostTensor, tensors.get(second) as HostTensor];
    a.data.fill(Number.NaN, 0, 3);
    b.data[1] = Number.NEGATIVE_INFINITY;
    writeFileSync(file, writeSafetensors(tensors));
    const { stdout } = await af3gpu(["weights", "inspect", file]);
    const each = [`${first} (3 of ${a.data.length})`, `${second} (1 of ${b.data.length})`].sort().join(", ");
    expect(stdout).toContain(`4 values are not finite: ${each}\n`);
    const { nonFinite, tensors: all } = JSON.parse((await af3gpu(["weights", "inspect", file, "--json"])).stdout);
    expect(nonFinite).toBe(4);
    expect(all.find(({ name }: { name: string }) => name === first).nonFinite).toBe(3);
  });

  it("lists types that are newer than this package, and names like those of objects", async () => {
    const file = path.join(scratch(), "new.safetensors");
    const entry = '"dtype":"F8_E4M3","shape":[2,2],"data_offsets":[0,4]';
    const header = `{"__proto__":{${entry}}}`;
    writeFileSync(
      file,
      Buffer.concat([Buffer.of(header.length, 0, 0, 0, 0, 0, 0, 0), Buffer.from(header), Buffer.alloc(4)]),
    );
    const { code, stdout } = await af3gpu(["weights", "inspect", file]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^__proto__ +\[2, 2\] +F8_E4M3 +4 /m)]);
    expect(stdout).toContain("1 tensor, 4 parameters");
  });

  it("of tensors that are only extra exits with 0", async () => {
    const file = await made();
    const tensors = new SafeTensors(readFileSync(file), file).readAll();
    writeFileSync(file, writeSafetensors(tensors.set("more", float32([1], new Float32Array(1)))));
    const { code, stdout } = await af3gpu(["weights", "inspect", file, ...fitting]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/extra \(1\):\n {2}more\nfits ligo pairformer\n$/)]);
  });
});

describe("bad input", () => {
  const broken = path.join(scratch(), "broken.bin");
  writeFileSync(broken, new Uint8Array(50));
  const cut = path.join(scratch(), "cut.bin.zst");
  writeFileSync(cut, readFileSync(packed).subarray(0, 1000));
  const checkpoint = path.join(scratch(), "model.ckpt");
  writeFileSync(checkpoint, "");
  const safetensors = path.join(scratch(), "a.safetensors");
  writeFileSync(safetensors, "");

  it.each<[string[], number, RegExp]>([
    [["weights", "inspect", "/dev/zero"], 2, /cannot read \/dev\/zero: it is a device, expected a file/],
    [["weights"], 2, /^Usage: af3-gpu weights/],
    [["weights", "melt"], 2, /unknown command 'melt'/],
    [["weights", "inspect"], 2, /missing required argument 'file'/],
    [["weights", "inspect", "/none/such"], 2, /cannot read \/none\/such: there is no such file/],
    [["weights", "inspect", broken], 2, /broken\.bin is not a valid af3\.bin: record 1 says/],
    [["weights", "inspect", packed, "--engine", "ligo"], 2, /a comparison needs --engine and --component/],
    [
      ["weights", "inspect", packed, "--engine", "boltz"],
      2,
      /there is no engine boltz; there are deepmind, ligo and protenix/,
    ],
    [["weights", "inspect", packed, "--engine", "ligo", "--component", "none"], 2, /ligo has no component none/],
    [["weights", "inspect", checkpoint], 2, /model\.ckpt is not a valid torch checkpoint: it is empty/],
    [["weights", "convert", packed], 2, /required option '--out <file>' not specified/],
    [["weights", "convert", cut, "--out", "x.safetensors"], 2, /cut\.bin\.zst is not a valid zstd file: it ends early/],
    [["weights", "convert", broken, "--out", "x.safetensors"], 2, /broken\.bin is not a valid af3\.bin/],
    [
      ["weights", "convert", safetensors, "--out", "x.safetensors"],
      2,
      /a\.safetensors is not a valid safetensors file: it has 0 bytes/,
    ],
    [["weights", "convert", checkpoint, "--out", "x.safetensors"], 2, /model\.ckpt is not a valid torch checkpoint/],
    [["weights", "convert", packed, "--out", "/dev/null/x.safetensors"], 2, /cannot write \/dev\/null\/x\.safetensors/],
    [["weights", "random", ...fitting, "--seed", "-1", "--out", "x.safetensors"], 2, /--seed should be a whole number/],
    [
      ["weights", "random", "--engine", "ligo", "--component", "toy", "--out", "x.safetensors"],
      2,
      /ligo has no component toy; known are pairformer, distogram_head, .*trunk, full/,
    ],
    [
      ["weights", "random", "--engine", "ligo", "--out", "x.safetensors"],
      2,
      /required option '--component <name>' not specified/,
    ],
  ])("%j exits with %i", async (args, code, message) => {
    const cwd = scratch();
    const ended = await af3gpu(args, { cwd });
    expect([ended.code, ended.stdout, readdirSync(cwd)]).toEqual([code, "", []]);
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr).not.toMatch(/^ +at |\.js:\d+/m);
  });
});
