/** `af3-gpu compare` on result folders that the test writes. */
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { kernelRow } from "../../src/bench/kernel_row.ts";
import { measuredIn } from "../../src/bench/result_files.ts";
import { kernelFiles, ResultFolder } from "../../src/bench/results.ts";
import { type Ended, scratch } from "../support/binary.ts";
import { af3gpu } from "../support/inside.ts";
import { benchRun, times } from "../support/result_folders.ts";

/** On a terminal that has room for every column. */
const verb = (...args: readonly string[]): Promise<Ended> => af3gpu(args, { env: { COLUMNS: "120" } });

/** Results of nine runs each, in turns. */
function inTurns(slowdown: number): [string, string] {
  const [a, b] = [scratch(), scratch()];
  for (let turn = 0; turn < 9; turn++) {
    benchRun(a, 2 * turn, times(1, turn / 10));
    benchRun(b, 2 * turn + 1, times(slowdown, turn / 10));
  }
  return [a, b];
}

describe("compare", () => {
  it("finds the runs in two folders, and compares them turn by turn", async () => {
    const { stdout, code } = await verb("compare", ...inTurns(1.3));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^row +first ms +second ms +ratio +95 % +turns +change\n/);
    expect(stdout).toMatch(/ligo trunk webgpu tiny N=64 +[\d.]+ +[\d.]+ +1\.\d+ +1\.\d+–1\.\d+ +9 +SLOWER\n/);
    expect(stdout).toContain("geometric mean of 1 ratio: 1.");
  });

  it("exits with 1 if a row is slower and that was asked for", async () => {
    expect((await verb("compare", ...inTurns(1.3), "--fail-on", "slower")).code).toBe(1);
    expect((await verb("compare", ...inTurns(1), "--fail-on", "slower")).code).toBe(0);
    expect((await verb("compare", ...inTurns(1.3), "--fail-on", "slower", "--threshold", "50%")).code).toBe(0);
  });

  it("fails a row that has lost its time, too, if that was asked for", async () => {
    const [a, b] = [scratch(), scratch()];
    benchRun(a, 0, times(1));
    benchRun(b, 1, [1], { ok: false, error: "wrong: z is off", elapsed_ms: null });
    expect((await verb("compare", a, b)).code).toBe(0);
    expect((await verb("compare", a, b, "--fail-on", "slower")).code).toBe(1);
    expect((await verb("compare", b, a, "--fail-on", "slower")).code).toBe(0);
  });

  it("prints JSON, and a table for Markdown", async () => {
    const { ratio, rows } = JSON.parse((await verb("compare", ...inTurns(0.5), "--json")).stdout);
    expect(ratio).toBeCloseTo(0.5, 1);
    expect(rows).toEqual([
      expect.objectContaining({ name: "ligo trunk webgpu tiny N=64", change: "FASTER", turns: 9 }),
    ]);
    const { stdout } = await verb("compare", ...inTurns(1), "--markdown");
    expect(stdout).toMatch(
      /^\| row \| first ms \| second ms \| ratio \| 95 % \| turns \| change \|\n\| --- \| ---: \|/,
    );
    expect(stdout).toMatch(/\| SAME \|\n/);
  });

  it("compares single result folders by any of the clocks", async () => {
    const [a, b] = [benchRun(scratch(), 0, times(1)), benchRun(scratch(), 9, times(2))];
    expect((await verb("compare", a, b)).stdout).toMatch(/ 100 +200 .* SLOWER/);
    expect((await verb("compare", a, b, "--clock", "exec")).stdout).toMatch(/ 50\.0 +100 .* SLOWER/);
    expect((await verb("compare", a, b, "--clock", "gpu")).stdout).toContain(
      "N=64: UNSURE, one has no time: no gpu times\n",
    );
  });

  it("knows rows of kernels", async () => {
    const sampling = (ms: number) => ({ samples: times(ms / 100), stopped: "noise" as const, noise: 0 });
    const kernelRun = (ms: number): string => {
      const results = new ResultFolder(scratch(), kernelFiles);
      const timing = {
        ...{ kernel: "matmul", variant: "shuffle", case: "1024 × 1024 × 1024", cost: { flops: 1, bytes: 1 } },
        ...{ batched: { ...sampling(ms), repeats: 3 }, cold: { ...sampling(ms), copies: 2 } },
      };
      const told = { precision: "f32", start_ts: new Date().toISOString(), device: "a GPU", software: false };
      const machine = { others_cpu: null, cpu_brand: "a CPU", notes: "", af3_gpu_commit: null };
      results.add(kernelRow(timing, { flops: 1, bytes: 1 }, { ...told, ...machine }));
      return results.folder;
    };
    const gpu = await verb("compare", kernelRun(100), kernelRun(200), "--clock", "gpu");
    expect([gpu.code, gpu.stderr]).toEqual([2, expect.stringContaining("rows of kernels have one clock")]);
    const { stdout } = await verb("compare", kernelRun(100), kernelRun(200));
    expect(stdout).toMatch(/matmul \(shuffle\) 1024 × 1024 × 1024 +100 +200 .* SLOWER/);
  });

  it("tells runs of one workload with other options apart, and says what only one has", async () => {
    const [a, b] = [scratch(), scratch()];
    benchRun(a, 0, times(1));
    benchRun(a, 1, times(3), { recycles: 2 });
    benchRun(b, 2, times(1));
    benchRun(b, 3, times(1), { precision: "mixed" });
    const { stdout, stderr } = await verb("compare", a, b);
    expect(stdout.match(/^ligo trunk [^:]*$/gm)).toHaveLength(1);
    expect(stderr).toContain(`only in ${a}: ligo trunk webgpu tiny N=64 recycles 2\n`);
    expect(stderr).toContain(`only in ${b}: ligo trunk webgpu tiny N=64 mixed\n`);
  });

  it("says of rows that failed why they have no time", async () => {
    const failed = benchRun(scratch(), 0, [1], { ok: false, error: "wrong: s is off", elapsed_ms: null });
    const { stdout } = await verb("compare", failed, benchRun(scratch(), 1, times(1)));
    expect(stdout).toContain("N=64: UNSURE, one has no time: wrong: s is off\n");
  });

  it("says which results in folders beside a result's own rows it leaves alone", async () => {
    const [a, b] = inTurns(1);
    const outer = benchRun(scratch(), 0, times(1));
    benchRun(path.join(outer, "older"), 1, times(1));
    mkdirSync(path.join(outer, "profile"));
    const { stderr } = await verb("compare", outer, b);
    expect(stderr).toContain(
      `note: ${path.join(outer, "older")} holds results, too, which are not among those of ${outer}`,
    );
    expect(stderr).not.toContain("profile");
    expect((await verb("compare", a, b)).stderr).toBe("");
  });

  it("prints in every format, one at a time", async () => {
    const folders = inTurns(1.3);
    expect((await verb("compare", ...folders, "--format", "md")).stdout).toBe(
      (await verb("compare", ...folders, "--markdown")).stdout,
    );
    const { stdout } = await verb("compare", ...folders, "--format", "csv");
    expect(stdout).toMatch(
      /^row,first_ms,second_ms,ratio,interval,turns,change\nligo trunk webgpu tiny N=64,.*,9,SLOWER\n$/,
    );
    const twice = await verb("compare", ...folders, "--format", "csv", "--json");
    expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining("one of them")]);
  });

  it("refuses different devices unless that is asked for", async () => {
    const [a, b] = [benchRun(scratch(), 0, times(1)), benchRun(scratch(), 1, times(2), { device: "another" })];
    expect(await verb("compare", a, b)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        "ran on a GPU and another: af3-gpu compare --cross-device compares them all the same",
      ),
    });
    expect((await verb("compare", a, b, "--cross-device")).code).toBe(0);
  });

  it("refuses what holds no results with one sentence", async () => {
    const [empty, good] = [scratch(), benchRun(scratch(), 0, times(1))];
    const other = benchRun(scratch(), 0, times(1), { seq_len: 32 });
    const broken = scratch();
    writeFileSync(path.join(broken, "ligo.jsonl"), "{\n");
    const pipe = scratch();
    spawnSync("mkfifo", [path.join(pipe, "x.jsonl")]);
    const looping = scratch();
    symlinkSync(path.join(looping, "x.jsonl"), path.join(looping, "x.jsonl"));
    const link = path.join(scratch(), "link");
    symlinkSync(good, link);
    const deep = scratch();
    mkdirSync(path.join(deep, "a/b/c/d"), { recursive: true });
    for (const [args, words] of [
      [[empty, good], "holds no results of bench or kernels (*.jsonl)"],
      [[path.join(empty, "none"), good], "cannot read results in"],
      [[broken, good], "ligo.jsonl, line 1, is no JSON"],
      [[good, good], "are the same: a run is not compared with itself"],
      [[good, link], "are the same: a run"],
      [[path.dirname(good), good], "are one in the other"],
      [
        [benchRun(scratch(), 0, [1, 0]), good],
        "ligo.jsonl: ligo trunk webgpu tiny N=64 has times that are not above 0",
      ],
      [[benchRun(scratch(), 0, [1], { others_cpu: 7 }), good], "has an others_cpu that is not from 0 to 1"],
      [[benchRun(scratch(), 0, [1], { start_ts: "yesterday" }), good], "has a start_ts that is no date"],
      [[looping, good], "its symbolic links lead in a circle"],
      [[pipe, good], "x.jsonl: it is a pipe, expected a file"],
      [["", good], "<first> is empty"],
      [[deep, good], "holds no results"],
      [[good, other], "have no row in common: ligo trunk webgpu tiny N=64 there, ligo trunk webgpu tiny N=32 here"],
      [[good, other, "--threshold", "-1"], '--threshold should be a share such as 3% or 0.03, not "-1"'],
      [[good, other, "--json", "--markdown"], "one of them"],
      [[good, other, "--fail-on", "faster"], "--fail-on should be slower"],
    ] as const) {
      const { code, stderr, stdout } = await verb("compare", ...args);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr.trim().split("\n")).toEqual([expect.stringContaining(words)]);
    }
  });

  it("leaves out a last line that a killed process did not finish", async () => {
    const folder = benchRun(scratch(), 0, times(1));
    writeFileSync(path.join(folder, "ligo.jsonl"), '{"engine":"li', { flag: "a" });
    expect((await measuredIn(folder))[0].samples).toHaveLength(6);
  });
});
