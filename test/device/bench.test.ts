/** `af3-gpu bench`, as users call it. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { csvColumns } from "../../src/bench/core/row.ts";
import { readRows } from "../../src/bench/core/row_text.ts";
import { scratch, start } from "../support/binary.ts";
import { testDevice } from "../support/device.ts";
import { af3gpu } from "../support/inside.ts";

const device = ["--device", testDevice];

describe("bench", () => {
  it("without options times all engines' trunks, section by section", async () => {
    const { code, stdout } = await af3gpu(["bench", "--passes", "1", "--seq-len", "16", "--json", ...device]);
    expect(code).toBe(0);
    const summaries = JSON.parse(stdout);
    expect(summaries).toMatchObject([
      { engine: "deepmind", component: "trunk", preset: "tiny", check: "cases", outcome: "timed" },
      { engine: "ligo", component: "trunk", preset: "tiny", check: "cases", outcome: "timed" },
      { engine: "protenix", component: "trunk", preset: "tiny", check: "cases", outcome: "timed" },
    ]);
    for (const { sections, exec_ms, elapsed, device_peak_bytes, memory_bytes } of summaries) {
      expect(sections.length).toBeGreaterThan(1);
      expect(elapsed.median).toBeGreaterThan(exec_ms);
      expect(device_peak_bytes).toBeGreaterThanOrEqual(memory_bytes);
    }
  });

  it("overrides the counts of whole networks and gives missing components a row", async () => {
    const whole = ["bench", "--engine", "deepmind", "--full", "--recycles", "1", "--steps", "3", "--samples", "2"];
    const short = ["--seq-len", "8", "--passes", "1", "--warmup", "1", "--json", ...device];
    const [full] = JSON.parse((await af3gpu([...whole, ...short])).stdout);
    expect(full).toMatchObject({ component: "full", check: "cases", outcome: "timed" });
    const runs = new Map(full.sections.map(({ name, runs }: { name: string; runs: number }) => [name, runs]));
    expect([runs.get("trunk cycle"), runs.get("denoising"), runs.get("confidence")]).toEqual([2, 3, 2]);
    const parts = await af3gpu(["bench", "--component", "distogram,diffusion_transformer", ...short]);
    expect(parts.code).toBe(0);
    expect(JSON.parse(parts.stdout)).toMatchObject([
      { engine: "deepmind", component: "distogram_head", outcome: "timed" },
      { engine: "deepmind", component: "diffusion_transformer", outcome: "timed" },
      { engine: "ligo", component: "distogram_head", outcome: "timed" },
      {
        engine: "ligo",
        component: "diffusion_transformer",
        outcome: "failed",
        error: "ligo has no component diffusion_transformer",
      },
      { engine: "protenix", component: "distogram_head", outcome: "timed" },
      { engine: "protenix", component: "diffusion_transformer", outcome: "failed" },
    ]);
  });

  it("leaves a result folder", async () => {
    const cwd = scratch();
    const { code, stdout } = await af3gpu(["bench", "--component", "pairformer", "--passes", "2", ...device], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^deepmind +pairformer +webgpu +64 /m);
    expect(stdout).toMatch(/^ligo +pairformer +webgpu +64 /m);
    expect(stdout).toContain("check=case:ligo-pairformer-tiny-64");
    const [folder] = readdirSync(path.join(cwd, "results"));
    const read = (name: string) => readFileSync(path.join(cwd, "results", folder, name), "utf8");
    expect(readdirSync(path.join(cwd, "results", folder)).sort()).toEqual([
      "deepmind.jsonl",
      "environment.json",
      "ligo.jsonl",
      "protenix.jsonl",
      "summary.csv",
    ]);
    expect(read("summary.csv").trimEnd().split("\n")).toHaveLength(7);
    expect(read("summary.csv").split("\n")[0]).toBe(csvColumns.join(","));
    const row = JSON.parse(read("ligo.jsonl").split("\n")[1]);
    expect(row).toMatchObject({
      engine: "ligo",
      pass_index: 1,
      seq_len: 64,
      ok: true,
      component: "pairformer",
      check: "case:ligo-pairformer-tiny-64",
    });
    expect(row.elapsed_ms).toBeGreaterThanOrEqual(row.exec_ms);
    expect(JSON.parse(read("environment.json"))).toMatchObject({
      schema: "af3-gpu-environment/1",
      adapter: { software: row.software },
      installed: { "onnxruntime-node": "1.30.0" },
      conditions: { processors: os.cpus().length },
    });
  });

  it("says what has changed since a baseline, and has to find it before it runs", async () => {
    const cwd = scratch();
    const toy = ["bench", "--engine", "ligo", "--mode", "toy", "--passes", "6", ...device];
    expect((await af3gpu([...toy, "--out", "before"], { cwd })).code).toBe(0);
    const { code, stdout } = await af3gpu([...toy, "--baseline", "before"], { cwd });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^ligo toy webgpu N=64 .* (FASTER|SLOWER|SAME|UNSURE)/m)]);
    expect(stdout).toMatch(/median=[\d.]+–[\d.]+ ms \(95 %\)/);
    const other = await af3gpu([...toy, "--seq-len", "8", "--baseline", "before"], { cwd });
    expect([other.code, other.stderr]).toEqual([0, expect.stringContaining("have no row in common")]);
    const none = await af3gpu([...toy, "--baseline", "none", "--out", "never"], { cwd });
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("cannot read results in none")]);
    expect(existsSync(path.join(cwd, "never"))).toBe(false);
  });

  it("judges a workload that is no golden case by the shipped ones", async () => {
    const { code, stdout } = await af3gpu([
      "bench",
      "--engine",
      "ligo",
      "--component",
      "pairformer",
      "--seq-len",
      "5,6",
      "--seed",
      "9",
      "--passes",
      "1",
      "--warmup",
      "1",
      "--json",
      ...device,
    ]);
    expect(code).toBe(0);
    const summaries = JSON.parse(stdout);
    expect(summaries.map(({ seq_len, check }: { seq_len: number; check: string }) => [seq_len, check])).toEqual([
      [5, "cases"],
      [6, "cases"],
    ]);
  });

  it("does the same in the words of the original tool", async () => {
    const cwd = scratch();
    const line = "run --engine both --mode toy --device cpu --passes 2 --seq-len 16 --notes x --out r";
    const { code, stdout, stderr } = await af3gpu(line.split(" "), { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ligo +toy +webgpu +16 /m);
    const [folder] = readdirSync(path.join(cwd, "r"));
    expect(stderr).toContain(`results: ${path.join("r", folder)}`);
    const rows = readRows(readFileSync(path.join(cwd, "r", folder, "deepmind.jsonl"), "utf8"), "deepmind.jsonl");
    expect(rows.map(({ engine, pass_index, seq_len, notes, ok }) => [engine, pass_index, seq_len, notes, ok])).toEqual([
      ["deepmind", 0, 16, "x", true],
      ["deepmind", 1, 16, "x", true],
    ]);
  });

  it("exits with 2 if no row could run because of its options, with rows that say so", async () => {
    const much = ["--component", "pairformer", "--preset", "paper", "--seq-len", "60000", "--passes", "1"];
    const { code, stdout } = await af3gpu(["bench", "--engine", "ligo", ...much, "--json", ...device]);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject([{ outcome: "failed", error: expect.stringMatching(/fit/) }]);
  });

  it("ends with one sentence and whole rows when the disk is full", async ({ skip }) => {
    const cwd = scratch();
    if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=48k", "none", cwd]).status !== 0)
      return skip("to mount a small disk one must be root, on Linux");
    try {
      const toy = ["bench", "--engine", "ligo", "--mode", "toy", "--passes", "100"];
      const { code, stdout, stderr } = await af3gpu([...toy, ...device], { cwd });
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/^af3-gpu: cannot write results to .*: .*full.*\n/m);
      expect(stderr).not.toMatch(/^ +at /m);
      const [folder] = readdirSync(path.join(cwd, "results"));
      const read = (name: string) => readFileSync(path.join(cwd, "results", folder, name), "utf8");
      expect(read("ligo.jsonl").endsWith("\n")).toBe(true);
      const rows = readRows(read("ligo.jsonl"), "ligo.jsonl");
      expect(rows.length).toBeGreaterThan(1);
      expect(read("summary.csv").trimEnd().split("\n")).toHaveLength(rows.length + 1);
    } finally {
      spawnSync("umount", [cwd]);
    }
  });

  it("measures the overhead in the mode toy", async () => {
    const what = ["--mode", "toy", "--passes", "1", "--fail-on-error"];
    const { code, stdout } = await af3gpu(["bench", ...what, ...device]);
    expect([code, stdout.match(/check=reference/g)?.length]).toEqual([0, 3]);
  });

  it("lists what is ready, and plans without running", async () => {
    const list = await af3gpu(["bench", "--list", "--backend", "webgpu", "--json", ...device]);
    expect(
      JSON.parse(list.stdout).map(({ engine, ready }: { engine: string; ready: boolean }) => [engine, ready]),
    ).toEqual([
      ["deepmind", true],
      ["ligo", true],
      ["protenix", true],
    ]);
    const cwd = scratch();
    const what = ["--component", "pairformer", "--preset", "block", "--seq-len", "64-128*2"];
    const planned = await af3gpu(["bench", "--dry-run", ...what, ...device], { cwd });
    expect(planned.stdout.match(/pairformer +block/g)).toHaveLength(6);
    expect(existsSync(path.join(cwd, "results"))).toBe(false);
  });

  it("stopped by Ctrl-C keeps every finished row whole and exits with 130", async () => {
    const cwd = scratch();
    const running = start(["bench", "--engine", "ligo", "--component", "pairformer", "--passes", "500", ...device], {
      cwd,
    });
    const rows = (): number =>
      readdirSync(cwd, { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith("ligo.jsonl"))
        .reduce((sum, name) => sum + readFileSync(path.join(cwd, name), "utf8").split("\n").length - 1, 0);
    await expect.poll(rows, { timeout: 120_000 }).toBeGreaterThanOrEqual(2);
    running.interrupt();
    const { code, stderr } = await running.ended;
    expect(code).toBe(130);
    expect(stderr).toContain("stopped; what was finished is kept");
    expect(stderr).not.toMatch(/^ +at /m);
    const [folder] = readdirSync(path.join(cwd, "results"));
    const lines = readFileSync(path.join(cwd, "results", folder, "ligo.jsonl"), "utf8")
      .trimEnd()
      .split("\n");
    expect(lines.length).toBeGreaterThanOrEqual(2);
    expect(lines.length).toBeLessThan(500);
    for (const line of lines) expect(JSON.parse(line).ok).toBe(true);
  });
});
