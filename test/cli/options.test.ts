/** Options that hold more than a word. */
import { describe, expect, it } from "vitest";
import { makeWorkloads } from "../../src/cli/bench_workloads.ts";
import { backends, components, device, engines, presets, seqLens, size, wholeNumbers } from "../../src/cli/options.ts";
import { af3gpu } from "../support/inside.ts";

describe("sizes", () => {
  it.each([
    ["2GiB", 2 ** 31],
    ["1.5 GB", 1.5e9],
    ["500MB", 5e8],
    ["64kB", 64_000],
    ["4096", 4096],
    ["12 B", 12],
  ])("%s is %i bytes", (text, bytes) => {
    expect(size("--memory-limit")(text)).toBe(bytes);
  });

  it.each(["", "GiB", "2 apples", "-1GiB", "1e3", "0", "0.1B", "2gib"])("%j is refused", (text) => {
    expect(() => size("--memory-limit")(text)).toThrow(
      `--memory-limit should be a size such as 500MB or 2GiB, not "${text}"`,
    );
  });
});

describe("lists", () => {
  it("come with commas", () => {
    expect(components("msa, pairformer")).toEqual(["msa", "pairformer"]);
    expect(seqLens("16,64-128*2")).toEqual([16, 64, 128]);
    expect(engines("ligo,deepmind")).toEqual(["ligo", "deepmind"]);
    expect(() => components("msa,,pairformer")).toThrow(/--component should be names with commas/);
  });

  it("of counts are as those of lengths, from their own least on", () => {
    expect(wholeNumbers("--recycles", 0)("0,3-9+3")).toEqual([0, 3, 6, 9]);
    expect(wholeNumbers("--seeds", 0, true)("1,10-14")).toEqual([1, 10, 11, 12, 13, 14]);
    expect(() => wholeNumbers("--recycles", 0)("10-14")).toThrow('like 64,128 or 64-256+64 or 64-512*2, not "10-14"');
    expect(wholeNumbers("--steps", 1)("20-80*2")).toEqual([20, 40, 80]);
    expect(presets("tiny, block")).toEqual(["tiny", "block"]);
    for (const [text, words] of [
      ["0", "--steps should be at least 1, not 0"],
      ["1-2000+1", "more than 1000 numbers"],
      ["5,5", "--steps names 5 twice"],
      ["-1", '--steps should be like 64,128 or 64-256+64 or 64-512*2, not "-1"'],
      ["1-9007199254740993*2", "--steps should be like"],
    ])
      expect(() => wholeNumbers("--steps", 1)(text)).toThrow(words);
    expect(() => wholeNumbers("--recycles", 0)("0-8*2")).toThrow("--recycles should be like");
    expect(() => presets("tiny,tiny")).toThrow("--preset names tiny twice");
  });

  it("multiply: every preset with every length and count", async () => {
    const options = {
      engine: ["ligo"],
      preset: ["tiny", "block"],
      weights: "random",
      features: "synthetic",
      seed: 0,
    } as const;
    const made = await makeWorkloads({ ...options, full: true, seqLen: [4, 8], steps: [2, 3], samples: [1] });
    expect(made.map(({ preset, tokens, steps, samples }) => [preset, tokens, steps, samples])).toEqual(
      ["tiny", "block"].flatMap((preset) => [4, 8].flatMap((n) => [2, 3].map((steps) => [preset, n, steps, 1]))),
    );
  });

  it.each([
    [() => components("msa,pairformer,msa"), "--component names msa twice"],
    [() => seqLens("64,32-128*2"), "--seq-len names 64 twice"],
    [() => engines("ligo,ligo"), "--engine names ligo twice"],
    [() => backends("webgpu,onnx-cpu,webgpu"), "--backend names webgpu twice"],
    [() => backends("onnx-webgpu:plain,onnx-webgpu"), "--backend names onnx-webgpu:plain twice"],
  ])("name nothing twice: rows could not be told apart (%#)", (parse, words) => {
    expect(parse).toThrow(words);
  });

  it("know both, and name it where an engine is unknown", () => {
    expect(engines("both")).toEqual(["deepmind", "ligo", "protenix"]);
    expect(() => engines("boltz")).toThrow(/--engine should be deepmind, ligo, protenix or both, not "boltz"/);
  });
});

it("a device has a name", () => {
  expect(device("auto")).toBe("auto");
  expect(() => device(" ")).toThrow("--device is empty");
});

describe("an empty --out", () => {
  it.each([
    ["bench", "--mode", "toy"],
    ["run", "ligo-pairformer-odd"],
    ["run", "--mode", "toy"],
    ["features", "--synthetic", "--engine", "ligo", "--seq-len", "8"],
    ["export", "cases", "--engine", "ligo"],
    ["export", "onnx"],
    ["weights", "convert", "af3.bin"],
    ["weights", "random", "--engine", "ligo", "--component", "pairformer"],
  ])("is refused before anything else: %s %s", async (...args) => {
    for (const out of ["", " "])
      expect(await af3gpu([...args, "--out", out])).toEqual({
        code: 2,
        stdout: "",
        stderr: "af3-gpu: --out is empty; it should be a path\n",
      });
  });
});

it.each([
  [["--precision", "half"], '--precision should be f32 or mixed, not "half"'],
  [["copy", "--check", "--precision", "mixed"], "--precision mixed: there are no arrays in copy that may hold halves"],
  [["--suite", "all", "--precision", "mixed"], "--suite computes in float32: leave out --precision"],
])("kernels %j is refused", async (args, refusal) => {
  expect(await af3gpu(["kernels", ...args])).toEqual({ code: 2, stdout: "", stderr: `af3-gpu: ${refusal}\n` });
});

it.each([["doctor"], ["kernels", "--check"], ["verify"], ["run", "x"]])(
  "%s refuses an empty --device",
  async (...args) => {
    const { code, stderr } = await af3gpu([...args, "--device", ""]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^af3-gpu: --device is empty; .*\n$/)]);
  },
);
