/** First run against warm, in reports of results that have cold passes. */
import path from "node:path";
import { describe, expect, it } from "vitest";
import { dataOf, filesOf } from "../../src/bench/report/files.ts";
import { gather } from "../../src/bench/report/gather.ts";
import { reportOf } from "../../src/bench/report/report.ts";
import { scratch } from "../support/binary.ts";
import { coldLines, csvText, folderOf, rowLines, sampleRun } from "../support/report_folders.ts";

const fresh = (): string => path.join(scratch(), String(Math.random()).slice(2));
const reportIn = async (...folders: readonly string[]) => reportOf(await gather(folders));
const firstRunsIn = async (...folders: readonly string[]) => dataOf(await reportIn(...folders)).tables["first-runs"];

/** The first pass is the slowest, as where a driver's own cache helps the others. It counts as well. */
const cold = [
  [900, 90],
  [300, 50],
  [310, 52],
  [290, 48],
  [305, 49],
] as const;
const warm = [10, 11, 10, 11, 10, 11];

describe("first run against warm", () => {
  it("has medians of loading, of the first run and of both, their ratios to the warm median, and an interval", async () => {
    const root = fresh();
    folderOf(path.join(root, "cold"), { "ligo.jsonl": coldLines(cold) });
    folderOf(path.join(root, "warm"), { "ligo.jsonl": rowLines(warm) });
    const [row, ...more] = await firstRunsIn(root);
    expect(more).toEqual([]);
    expect(row).toMatchObject({
      ...{ workload: "pairformer tiny", series: "ligo webgpu cold", seq_len: 64, device: "a GPU", cold_passes: 5 },
      ...{ load_ms: 305, first_run_ms: 50, first_result_ms: 354, warm_ms: 10.5 },
    });
    expect(row.first_over_warm).toBeCloseTo(50 / 10.5, 12);
    expect(row.start_over_warm).toBeCloseTo(354 / 10.5, 12);
    const [low, high] = String(row.interval).split(" – ").map(Number);
    expect([low >= 338 / 11 - 0.05, low < 354 / 10.5, high > 354 / 10.5, high <= 990 / 10 + 0.05]).toEqual(
      Array(4).fill(true),
    );
  });

  it("has a row for each engine, backend and N, beside the warm passes of the same", async () => {
    const root = fresh();
    const lines = (of: (change: object, times: number) => readonly string[]) =>
      ["ligo", "deepmind"].flatMap((engine) =>
        ["webgpu", "onnx-cpu"].flatMap((backend, at) =>
          [32, 64].flatMap((seq_len) => of({ engine, backend, seq_len }, (at + 1) * seq_len)),
        ),
      );
    const starts = lines((change, time) => coldLines([[10 * time, 3 * time]], change));
    const passes = lines((change, time) => rowLines([time, time, time], change));
    folderOf(path.join(root, "cold"), { "all.jsonl": starts });
    folderOf(path.join(root, "warm"), { "all.jsonl": passes });
    const rows = await firstRunsIn(root);
    expect(rows.map(({ series, seq_len, warm_ms }) => [series, seq_len, warm_ms])).toEqual(
      ["ligo", "deepmind"].flatMap((engine) =>
        ["webgpu", "onnx-cpu"].flatMap((backend, at) =>
          [32, 64].map((seq_len) => [`${engine} ${backend} cold`, seq_len, (at + 1) * seq_len]),
        ),
      ),
    );
    for (const { first_over_warm, start_over_warm, interval } of rows)
      expect([first_over_warm, start_over_warm, interval]).toEqual([3, 13, ""]);
    const figures = (await reportIn(root)).parts.flatMap((part) => (part.id === "first-runs" ? part.figures : []));
    expect(figures.map(({ name }) => name)).toEqual(["first-runs-pairformer-tiny"]);
    expect(figures[0].alt).toContain("deepmind onnx-cpu cold, N = 64: first result after 1.66 s, warm 128 ms");
    for (const layout of ["wide", "narrow"] as const) {
      const marks = figures[0].draw(layout).match(/<title>[^<]*first result after/g);
      expect(marks).toHaveLength(2 * 8);
    }
  });

  it("takes warm passes of other folders and notes, but of nothing else, and none where there are several", async () => {
    const [a, b] = [fresh(), fresh()];
    const start = (change: object) => coldLines([[100, 20]], change);
    folderOf(a, { "ligo.jsonl": start({ notes: "cold" }) });
    folderOf(b, { "ligo.jsonl": rowLines([10, 10], { notes: "warm" }) });
    expect(await firstRunsIn(a, b)).toMatchObject([{ warm_ms: 10, start_over_warm: 12 }]);
    for (const change of [
      { precision: "mixed" },
      { device: "another GPU" },
      { recycles: 2 },
      { seq_len: 32 },
      { af3_gpu_commit: "another" },
      { preset: "block" },
    ]) {
      folderOf(b, { "ligo.jsonl": rowLines([10, 10], change) });
      expect(await firstRunsIn(a, b), JSON.stringify(change)).toMatchObject([{ warm_ms: null, start_over_warm: null }]);
    }
    const two = ["x", "y"].flatMap((notes, at) => rowLines([10 + at, 10 + at], { notes }));
    folderOf(b, { "ligo.jsonl": two });
    expect(await firstRunsIn(a, b)).toMatchObject([{ warm_ms: null }]);
    folderOf(b, { "ligo.jsonl": [...two, ...start({ notes: "y" })] });
    expect(await firstRunsIn(b)).toMatchObject([{ warm_ms: 11 }]);
  });

  it("is in the page, in Markdown and in a table of its own, and says how to get what is missing", async () => {
    const folder = folderOf(fresh(), { "ligo.jsonl": coldLines(cold) });
    const { files } = await filesOf(await reportIn(folder), ["html", "md", "csv", "svg"]);
    expect(String(files.get("report.md"))).toContain(
      "| pairformer tiny | ligo webgpu cold | 64 | 5 | 305 ms | 50.0 ms |",
    );
    expect(String(files.get("report.md"))).toContain("no passes of the same workload from a call without --cold");
    expect(String(files.get("report.md"))).toMatch(/^\| first result \| /m);
    expect(String(files.get("report.html"))).toContain('id="first-runs"');
    expect(String(files.get("tables/first-runs.csv")).split("\n")[1]).toBe(
      "pairformer tiny,ligo webgpu cold,64,5,305,50,354,,,,,a GPU",
    );
    expect(files.has("figures/first-runs-pairformer-tiny.svg")).toBe(true);
  });

  it("is read from summary.csv as well, and is not there where nothing is cold", async () => {
    expect(await firstRunsIn(folderOf(fresh(), { "summary.csv": csvText(coldLines(cold)) }))).toMatchObject([
      { cold_passes: 5, load_ms: 305 },
    ]);
    const { files } = await filesOf(await reportIn(sampleRun(fresh())), ["html", "md", "csv", "svg"]);
    expect([...files.keys()].filter((name) => name.includes("first-runs"))).toEqual([]);
    expect(String(files.get("report.md"))).not.toContain("First run against warm");
  });
});
