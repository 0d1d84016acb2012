/** Bad input: one clear sentence, the right exit code, nothing half-written, no stack trace. */
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { SafeTensors, writeSafetensors } from "../../src/formats/safetensors.ts";
import { float32, type HostTensor } from "../../src/formats/tensor.ts";
import { scratch } from "../support/binary.ts";
import { testDevice } from "../support/device.ts";
import { af3gpu } from "../support/inside.ts";

const source = path.resolve(import.meta.dirname, "../../cases/ligo-pairformer-odd");

/** Runs `run` on a copy of a case after a change to its files. */
async function runChanged(change: (folder: string) => void) {
  const [folder, out] = [path.join(scratch(), "case"), path.join(scratch(), "outputs.safetensors")];
  cpSync(source, folder, { recursive: true });
  change(folder);
  const ended = await af3gpu(["run", folder, "--out", out, "--device", testDevice]);
  return { ...ended, written: readdirSync(path.dirname(out)) };
}

type Tensors = Map<string, HostTensor>;

const editTensors =
  (file: string, edit: (tensors: Tensors) => void) =>
  (folder: string): void => {
    const at = path.join(folder, file);
    const tensors = new SafeTensors(readFileSync(at), at).readAll();
    edit(tensors);
    writeFileSync(at, writeSafetensors(tensors));
  };

const editConfig =
  (edit: (config: Record<string, unknown>, json: Record<string, unknown>) => void) =>
  (folder: string): void => {
    const at = path.join(folder, "case.json");
    const json = JSON.parse(readFileSync(at, "utf8"));
    edit(json.config, json);
    writeFileSync(at, JSON.stringify(json));
  };

const editBytes =
  (file: string, edit: (bytes: Buffer) => Uint8Array) =>
  (folder: string): void => {
    const at = path.join(folder, file);
    writeFileSync(at, edit(readFileSync(at)));
  };

const poke = (tensors: Tensors, name: string, value: number): void => {
  (tensors.get(name) as HostTensor).data[1] = value;
};
const WEIGHT = "pairformer.blocks.0.transition.linear_1.weight";

/** One sentence on one line (plus the device's remark), no trace. */
function expectSentence(stderr: string, message: RegExp): void {
  const lines = stderr
    .trimEnd()
    .split("\n")
    .filter((line) => !line.includes("a CPU does the GPU's work"));
  expect(lines.filter((line) => line.startsWith("af3-gpu: "))).toHaveLength(1);
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/^ +at |node:internal|\.js:\d+|\.ts:\d+/m);
}

describe("a case", () => {
  it.each<[string, (folder: string) => void, RegExp]>([
    [
      "with truncated weights",
      editBytes("weights.safetensors", (bytes) => bytes.subarray(0, bytes.length - 5)),
      /weights\.safetensors is not a valid safetensors file/,
    ],
    [
      "with a header that is longer than the file",
      editBytes("inputs.safetensors", (bytes) => Buffer.concat([Buffer.of(0, 0, 0, 1), bytes.subarray(4)])),
      /inputs\.safetensors is not a valid safetensors file: it says that its header has \d+ bytes/,
    ],
    [
      "without a weight",
      editTensors("weights.safetensors", (tensors) => tensors.delete(WEIGHT)),
      new RegExp(`the weights in \\S+weights\\.safetensors do not fit: missing: ${WEIGHT}`),
    ],
    [
      "with a misshapen weight",
      editTensors("weights.safetensors", (tensors) => tensors.set(WEIGHT, float32([1, 1], new Float32Array(1)))),
      /linear_1\.weight is \[1, 1\], the config asks for \[\d+, \d+\]/,
    ],
    [
      "with a weight of another type",
      editTensors("weights.safetensors", (tensors) =>
        tensors.set(WEIGHT, {
          ...(tensors.get(WEIGHT) as HostTensor),
          dtype: "int32",
          data: Int32Array.from((tensors.get(WEIGHT) as HostTensor).data),
        }),
      ),
      /linear_1\.weight has type I32, expected float32/,
    ],
    [
      "with NaN in a weight",
      editTensors("weights.safetensors", (tensors) => poke(tensors, WEIGHT, Number.NaN)),
      /weights\.safetensors: the weight pairformer\S+ holds NaN at position 1/,
    ],
    [
      "with infinity in a weight",
      editTensors("weights.safetensors", (tensors) => poke(tensors, WEIGHT, Number.POSITIVE_INFINITY)),
      /holds Infinity at position 1/,
    ],
    [
      "without an input",
      editTensors("inputs.safetensors", (tensors) => tensors.delete("pair_mask")),
      /inputs\.safetensors: the input pair_mask is missing/,
    ],
    [
      "with a misshapen input",
      editTensors("inputs.safetensors", (tensors) => tensors.set("single_mask", float32([3], new Float32Array(3)))),
      /the input single_mask is \[3\], expected \[tokens\]: tokens is 7 in s/,
    ],
    [
      "with an input of another rank",
      editTensors("inputs.safetensors", (tensors) => tensors.set("single_mask", float32([7, 1], new Float32Array(7)))),
      /the input single_mask is \[7, 1\], expected \[tokens\]/,
    ],
    [
      "with NaN in an input",
      editTensors("inputs.safetensors", (tensors) => poke(tensors, "z", Number.NaN)),
      /the input z holds NaN at position 1; every value should be finite/,
    ],
    [
      "with a mask that is none",
      editTensors("inputs.safetensors", (tensors) => poke(tensors, "pair_mask", 2)),
      /the input pair_mask holds 2 at position 1; a mask should hold zeros and ones/,
    ],
    [
      "without tokens",
      editTensors("inputs.safetensors", (tensors) => {
        for (const [name, { shape }] of tensors)
          tensors.set(
            name,
            float32(
              shape.map((size) => (size === 7 ? 0 : size)),
              new Float32Array(0),
            ),
          );
      }),
      /the inputs have no tokens \(N = 0\)/,
    ],
    ["whose config contradicts the weights", editConfig((config) => (config.transition_n = 5)), /the config asks for/],
    [
      "whose config contradicts the inputs",
      editConfig((config) => (config.c_z = 40)),
      /config\.c_z is 40, but the inputs have \d+ channels there/,
    ],
    [
      "whose config is malformed",
      editConfig((config) => (config.no_blocks = "two")),
      /config\.no_blocks should be a whole number from 1 to 4096, not "two"/,
    ],
    [
      "of an unknown engine",
      editConfig((_, json) => (json.engine = "boltz")),
      /there is no engine boltz; there are deepmind, ligo and protenix/,
    ],
    [
      "of an unknown component",
      editConfig((_, json) => (json.component = "evoformer")),
      /ligo has no component evoformer; it has pairformer/,
    ],
    [
      "of another format",
      editConfig((_, json) => (json.format = "af3-gpu-case/2")),
      /format is "af3-gpu-case\/2", expected "af3-gpu-case\/1"/,
    ],
    ["that is no JSON", (folder) => writeFileSync(path.join(folder, "case.json"), "{"), /case\.json is no JSON/],
    [
      "of an unknown random scheme",
      editConfig((_, json) => (json.weights = { random: "other", seed: 0 })),
      /weights\.random is "other", expected "af3-gpu\/1"/,
    ],
  ])("%s", async (_, change, message) => {
    const { code, stdout, stderr, written } = await runChanged(change);
    expect([code, stdout, written]).toEqual([2, "", []]);
    expectSentence(stderr, message);
  });
});

describe("usage", () => {
  it.each<[string[], number, RegExp]>([
    [["fold"], 2, /unknown command 'fold'/],
    [["bench", "--sped", "3"], 2, /unknown option '--sped'/],
    [["bench", "--engine", "boltz"], 2, /--engine should be deepmind, ligo, protenix or both, not "boltz"/],
    [
      ["bench", "--backend", "webgpu,onnx-tpu"],
      2,
      /--backend should be webgpu, onnx-cpu, .*native or all, not "onnx-tpu"/,
    ],
    [["bench", "--backend", "onnx-webgpu:fast"], 2, /onnx-webgpu comes as onnx-webgpu:plain, onnx-webgpu:mha/],
    [["bench", "--backend", "webgpu:fast"], 2, /webgpu comes as webgpu:mixed/],
    [["bench", "--threads", "0"], 2, /--threads should be a whole number from 1/],
    [
      ["bench", "--component", "msa,fold"],
      2,
      /deepmind, ligo and protenix have no component fold; known are .*pairformer/,
    ],
    [["bench", "--engine", "ligo", "--component", "msa_stack"], 2, /ligo has no component msa_stack; known are /],
    [["bench", "--mode", "toy", "--component", "msa"], 2, /--component and --mode contradict each other/],
    [["bench", "--mode", "toy", "--full"], 2, /--full is short for --mode full; leave out --mode toy/],
    [["bench", "--component", "msa", "--recycles", "2"], 2, /deepmind msa_stack has no recycles; trunk and full have/],
    [["bench", "--mode", "trunk", "--steps", "2"], 2, /deepmind trunk has no steps; full has/],
    [["bench", "--memory-limit", "2 apples"], 2, /--memory-limit should be a size such as 500MB or 2GiB/],
    [["bench", "--features", "/none/such"], 2, /features from a file belong to one engine/],
    [
      ["bench", "--engine", "deepmind", "--component", "pairformer", "--memory-limit", "1MiB"],
      2,
      /N = 64 does not fit: it needs [\d.]+ MiB at the least, the memory limit is 1 MiB; the largest N/,
    ],
    [["bench", "--seq-len", "64-32+2"], 2, /--seq-len should be like/],
    [["bench", "--seq-len", "1-100000+1"], 2, /names more than 1000 numbers/],
    [["bench", "--passes", "0"], 2, /--passes should be a whole number from 1, not "0"/],
    [["bench", "--seed", "-1"], 2, /--seed should be a whole number from 0 to 4294967295/],
    [["bench", "--weights", "/none/such"], 2, /weights from a file belong to one engine/],
    [["bench", "--engine", "ligo", "--weights", "/none/such"], 2, /cannot read \/none\/such: there is no such file/],
    [["bench", "--precision", "mixt"], 2, /--precision should be f32 or mixed, not "mixt"\. Did you mean mixed/],
    [["run", source, "--out", "x.npz", "--precision", "f32,mixed"], 2, /a run has one precision/],
    [["verify", "--suite", "all", "--precision", "mixed"], 2, /--suite has bounds for float32/],
    [["bench", "--device", "Voodoo"], 3, /no WebGPU adapter fits "Voodoo" .*To fix it: /],
    [["run", "--out", "x.npz"], 2, /run needs a case; or --engine, --component/],
    [
      ["run", "--engine", "ligo", "--component", "pairformer", "--out", "x.npz"],
      2,
      /run without a case also needs --config, --weights, --inputs/,
    ],
    [["run", source], 2, /run needs --out, a file for the outputs/],
    [
      ["run", source, "--engine", "ligo", "--out", "x.npz"],
      2,
      /a case, which says it all and runs once, has no use for --engine: leave it out/,
    ],
    [["verify", "/none/such"], 2, /there is no case \/none\/such, neither here nor among the shipped/],
    [["verify", path.dirname(import.meta.dirname)], 2, /there is no golden case \(case\.json\) in or below/],
    [["kernels", "softmax"], 2, /there is no kernel softmax; there are .*attention, /],
    [["kernels", "--case", "nothing"], 2, /no case is called like "nothing"/],
    [["plan", "--seq-len", "513"], 2, /N = 513 does not fit: .* the largest N that fits is 512/],
    [["plan", "--memory-limit", "100MB"], 2, /the memory limit is 95\.36 MiB; the largest N that fits is \d+/],
    [["plan", "--config", "x"], 2, /a config belongs to one engine/],
  ])("%j exits with %i", async (args, code, message) => {
    const cwd = scratch();
    const ended = await af3gpu(args, { cwd });
    expect([ended.code, ended.stdout, readdirSync(cwd)]).toEqual([code, "", []]);
    expectSentence(ended.stderr, message);
  });

  it("N beyond what the device can bind is refused with the largest that fits", async () => {
    const folder = path.join(scratch(), "case");
    mkdirSync(folder);
    writeFileSync(path.join(folder, "config.json"), JSON.stringify({ c_s: 16, c_z: 4, no_blocks: 1 }));
    const { code, stderr } = await af3gpu([
      "plan",
      "--engine",
      "ligo",
      "--config",
      path.join(folder, "config.json"),
      "--seq-len",
      "40000",
    ]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/ligo pairformer: N = 40000 does not fit: .*; the largest N that fits is \d+/);
  });
});

describe("places that cannot be written", () => {
  it("are refused before anything runs, and nothing is left behind", async () => {
    const folder = scratch();
    writeFileSync(path.join(folder, "file"), "kept");
    const bench = await af3gpu(["bench", "--out", path.join(folder, "file", "results"), "--device", testDevice]);
    expect(bench.code).toBe(2);
    expectSentence(bench.stderr, /cannot write results to .*: .* is a file, not a folder/);
    const run = await af3gpu(["run", source, "--out", path.join(folder, "file", "out.npz"), "--device", testDevice]);
    expect(run.code).toBe(2);
    expectSentence(run.stderr, /cannot write .*: .* is a file, not a folder/);
    const inTheWay = path.join(folder, "out.npz");
    mkdirSync(inTheWay);
    const onto = await af3gpu(["run", source, "--out", inTheWay, "--device", testDevice]);
    expect(onto.code).toBe(2);
    expectSentence(onto.stderr, /cannot write .*: it is a folder/);
    expect(readdirSync(folder).sort()).toEqual(["file", "out.npz"]);
    expect(readdirSync(inTheWay)).toEqual([]);
    expect(readFileSync(path.join(folder, "file"), "utf8")).toBe("kept");
  });

  it("include folders without permission", async ({ skip }) => {
    if (process.getuid?.() === 0) skip("root may write everywhere: run npm test as another user");
    const folder = path.join(scratch(), "locked");
    mkdirSync(folder);
    chmodSync(folder, 0o500);
    const { code, stderr } = await af3gpu(["run", source, "--out", path.join(folder, "out"), "--device", testDevice]);
    expect(code).toBe(2);
    expectSentence(stderr, /permission denied/);
    expect(existsSync(path.join(folder, "out"))).toBe(false);
  });
});
