/** The lab's own files and options: what it refuses, records, the comparison. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { compare, worse } from "../../../scripts/compilers/against.mjs";
import { chosen } from "../../../scripts/compilers/choice.mjs";
import { gpus, usual } from "../../../scripts/compilers/gpus.mjs";
import { keptOf, matricesOf, matricesWorsened, upstream, worsened } from "../../../scripts/compilers/kept.mjs";
import type { Row } from "../../../scripts/compilers/lab.mjs";
import { pipelinesOf } from "../../../scripts/compilers/pipelines.mjs";
import { readRecords } from "../../../scripts/compilers/records.mjs";
import { anyDevice, type Target } from "../../../src/gpu/plan/target.ts";
import { tuning } from "../../../src/kernels/tune/table.ts";
import { scratch } from "../../support/binary.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const run = (...args: string[]) =>
  spawnSync(process.execPath, ["scripts/compilers.mjs", ...args], { cwd: root, encoding: "utf8" });

describe("npm run compilers", () => {
  const folder = scratch();
  const noJson = path.join(folder, "no.json");
  const noTable = path.join(folder, "table.json");
  writeFileSync(noJson, "{");
  writeFileSync(noTable, '[{"gpu": "m1"}]');

  it.each([
    [["--gpu", "navi13"], /^--gpu should be of vega10, .*, not "navi13"\. Did you mean navi31\?$/],
    [["--gpu", "m1,m1"], /^--gpu names m1 twice$/],
    [["--engine", "deepmid"], /^--engine should be .*, not "deepmid"\. Did you mean deepmind\?$/],
    [["--preset", "papr"], /^--preset should be .*, not "papr"\. Did you mean paper\?$/],
    [["--seq-len", "many"], /^--seq-len should be like 64,128 .*, not "many"$/],
    [["--seq-len", "64,128"], /^--seq-len should be one number, not "64,128"$/],
    [["--only", "atention"], /^there is no kernel atention\. Did you mean attention\?$/],
    [["--gpus", "m1"], /^Unknown option '--gpus'$/],
    [["--renew", "--gpu", "m1"], /^--renew decides itself about --gpu$/],
    [["--variant", "matrx"], /^--variant should be of .*, not "matrx"\. Did you mean matrix\?$/],
    [["--docs", "--variant", "matrix"], /^--docs shows what runs: leave out --variant$/],
    [["--docs", "--only", "swiglu"], /^--docs shows all kernels: leave out --only$/],
    [["--against", path.join(folder, "none")], /^.*none cannot be read: ENOENT: no such file or directory$/],
    [["--against", noJson], /^.*no\.json is no JSON$/],
    [["--against", noTable], /^.*table\.json is no table that npm run compilers -- --json wrote$/],
  ])("refuses %j in a sentence", (args, message) => {
    const { status, stdout, stderr } = run(...args);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^compilers: [^\n]*\n$/);
    expect(stderr.slice("compilers: ".length, -1)).toMatch(message);
  });

  it("says what is missing where there is no Mesa", () => {
    const { status, stderr } = run("--mesa", folder);
    if (process.platform === "linux" && process.arch === "x64")
      expect(stderr).toBe(`compilers: there is no Mesa in ${folder}; name a folder of npm run setup:compilers\n`);
    expect(status).toBe(3);
  });

  it("names every GPU in its help", () => {
    const { status, stdout } = run("--help");
    expect(status).toBe(0);
    for (const name of Object.keys(gpus)) expect(stdout).toContain(name);
  });
});

it("asks the six GPUs unless others are named", () => {
  expect(usual).toEqual(["vega10", "navi31", "gfx1201", "ga102", "m1", "a740"]);
});

describe("records of the layer", () => {
  const record = "pipeline\t64\nnumber\tVGPRs\t216\nnumber\tShare\t0.5\ntext\tAssembly\t9\nBB0:\n\ts_x\nend\n";

  it("are read back, texts by their length", () => {
    expect(readRecords(Buffer.from(record + record.replace("64", "32")))).toEqual([
      {
        subgroup: 64,
        numbers: new Map([
          ["VGPRs", 216],
          ["Share", 0.5],
        ]),
        texts: new Map([["Assembly", "BB0:\n\ts_x"]]),
      },
      expect.objectContaining({ subgroup: 32 }),
    ]);
  });

  it.each([
    [record.slice(0, -4), /cut off/],
    [record.slice(0, -1), /cut off/],
    ["who\n", /that nobody knows: who/],
  ])("are refused if they are something else: %j", (text, message) => {
    expect(() => readRecords(Buffer.from(text))).toThrow(message);
  });
});

describe("the pipelines", () => {
  const all = pipelinesOf(anyDevice(tuning), "deepmind", "tiny", 24);

  it("are all of the full network, those that do most first, each once", () => {
    const full = all.filter(({ plan }) => plan === "full");
    expect(full.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
    expect(all.map(({ flops }) => flops)).toEqual(all.map(({ flops }) => flops).sort((a, b) => b - a));
    expect(new Set(all.map(({ source }) => source)).size).toBe(all.length);
    expect(new Set(all.map(({ kernel }) => kernel))).toContain("window_attention");
    for (const { source } of all) expect(source).toMatch(/@compute/);
  });

  it("are the same steps in mixed precision, with halves in those that multiply matrices of the trunk", () => {
    const halved = pipelinesOf({ ...anyDevice(tuning), precision: { mode: "mixed" } }, "deepmind", "tiny", 24);
    const steps = (pipelines: typeof all) => new Set(pipelines.map(({ kernel }) => kernel));
    expect(steps(halved)).toEqual(steps(all));
    const packed = (pipelines: typeof all) =>
      new Set(pipelines.filter(({ source }) => source.includes("= vec2u;")).map(({ kernel }) => kernel));
    expect(packed(all)).toEqual(new Set());
    for (const kernel of [
      "attention",
      "attention_project",
      "project",
      "swiglu",
      "triangle_combine",
      "triangle_project",
    ])
      expect(packed(halved)).toContain(kernel);
    expect(packed(halved)).not.toContain("adaptive_norm");
  });

  it("are those of one variant wherever it can run, without kernels that fuse others", () => {
    const matrix = { component: "f16", result: "f32", M: 16, N: 16, K: 16 };
    const features = new Set(["subgroups", "shader-f16", "chromium-experimental-subgroup-matrix"]);
    const limits = { ...anyDevice(tuning).limits, maxComputeWorkgroupStorageSize: 32768 };
    const able = { ...anyDevice(tuning), features, limits, subgroupSize: 32, subgroupMatrices: [matrix] };
    const forced = (on: Target) => pipelinesOf(on, "deepmind", "tiny", 24, "matrix");
    const tiled = new Set(all.filter(({ source }) => source.includes("fn accumulate(")).map(({ kernel }) => kernel));
    const attentions = ["attention", "window_attention"];
    for (const { kernel, variant } of forced(able)) {
      expect(variant === "matrix", kernel).toBe(tiled.has(kernel) || ["swiglu", ...attentions].includes(kernel));
      expect(["transition", "gated_residual"]).not.toContain(kernel);
      expect(kernel).not.toMatch(/^(attention|triangle)_(to_|transition)/);
    }
    expect(forced(anyDevice(tuning)).every(({ variant }) => variant !== "matrix")).toBe(true);
  });

  it("are chosen by kernel, or by what they do", () => {
    expect(new Set(chosen(all, { only: "swiglu" }).map(({ kernel }) => kernel))).toEqual(new Set(["swiglu"]));
    const heaviest = chosen(all, { heaviest: true });
    expect(new Set(heaviest.map(({ kernel }) => kernel))).toEqual(new Set(all.map(({ kernel }) => kernel)));
    expect(heaviest.length).toBeLessThan(all.length);
    expect(heaviest).toEqual(expect.arrayContaining(all.filter(({ share }) => share >= 0.01)));
  });
});

it("the kept table is of a version of Mesa, whoever packaged it", () => {
  expect(["25.0.7-2~bpo12+1", "25.0.7-2", "1:25.0.7-0ubuntu0.24.04.2", "25.0.7"].map(upstream)).toEqual(
    Array(4).fill("25.0.7"),
  );
  expect(keptOf([], "26.1.6-1").mesa).toBe("26.1.6");
});

describe("two runs compared", () => {
  const row = (change: { spills?: number; share?: number; label?: string; registers?: number } = {}): Row => ({
    gpu: "navi31",
    engine: "deepmind",
    plan: "full",
    kernel: "swiglu",
    variant: "workgroup",
    label: change.label ?? "block 0/swiglu",
    flops: 1,
    dispatches: 1,
    share: 1,
    registers: change.registers ?? 100,
    spills: change.spills ?? 0,
    waves: 8,
    workgroup_bytes: 1024,
    hot: {
      instructions: 100,
      fma: 80,
      mma: 0,
      fma_share: change.share ?? 0.8,
      workgroup_bytes_per_fma: 1,
      workgroup_loads_per_product: null,
      widest_load: 128,
    },
  });

  it.each([
    ["the same", {}, undefined],
    ["a little worse", { share: 0.751 }, undefined],
    ["worse", { share: 0.74 }, "multiply-adds fall from 80.0 to 74.0 % of the hottest block"],
    ["spilling", { spills: 3 }, "starts to spill (3)"],
  ])("%s", (_, change, wanted) => {
    const least = ({ spills, hot }: Row) => ({ spills, fma_share: hot?.fma_share ?? null });
    expect(worse(least(row()), least(row(change)))).toBe(wanted);
    const { text, worse: count } = compare([row()], [row(change)]);
    expect(count).toBe(wanted === undefined ? 0 : 1);
    expect(text.includes("WORSE")).toBe(wanted !== undefined);
    expect(worsened(keptOf([row()], "1"), keptOf([row(change)], "1"))).toEqual(
      wanted === undefined ? [] : [`navi31: deepmind full swiglu block 0/swiglu: ${wanted}`],
    );
  });

  it("on matrix units spills, lost products and further loads are told, in mixed precision", () => {
    const units = (spills: number, mma: number, loads: number): Row => {
      const one = row({ spills });
      return { ...one, variant: "matrix", hot: one.hot && { ...one.hot, mma, workgroup_loads_per_product: loads } };
    };
    const kept = matricesOf([units(0, 16, 3), row()]);
    expect(kept).toEqual({ navi31: { "deepmind full swiglu block 0/swiglu": [0, 16, 3] } });
    const told = (now: Row) => matricesWorsened(kept, matricesOf([now])).map((line) => line.split(": ").at(-1));
    expect(told(units(0, 32, 2))).toEqual([]);
    expect(told(units(4, 16, 3))).toEqual(["starts to spill (4)"]);
    expect(told(units(0, 0, 3))).toEqual(["no products of matrices in its hottest block, where 16 were"]);
    expect(told(units(0, 16, 4))).toEqual(["4 loads for each product of matrices in place of 3"]);
  });

  it("who spilled may go on, and what is not told is not worse", () => {
    expect(worse({ spills: 9, fma_share: 0.5 }, { spills: 12, fma_share: null })).toBe(undefined);
    expect(worse({ spills: null, fma_share: null }, { spills: null, fma_share: 0.1 })).toBe(undefined);
  });

  it("pipelines of one label are told apart by their order, new and old ones are counted", () => {
    const before = [row(), row({ registers: 50 }), row({ label: "old" })];
    const { text } = compare(before, [row(), row({ registers: 60 }), row({ label: "new" })]);
    expect(text).toContain("registers 50 → 60");
    expect(text).toContain("1 the same, 1 changed, 0 worse, 1 new, 1 no more");
  });
});
