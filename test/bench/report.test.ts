/** Reports of result folders whose answers are known. */
import path from "node:path";
import { describe, expect, it } from "vitest";
import { dataOf, filesOf } from "../../src/bench/report/files.ts";
import { gather } from "../../src/bench/report/gather.ts";
import { reportOf } from "../../src/bench/report/report.ts";
import { scratch } from "../support/binary.ts";
import { csvText, environmentText, folderOf, kernelLine, rowLines, sampleRun } from "../support/report_folders.ts";

const fresh = (): string => path.join(scratch(), String(Math.random()).slice(2));
const reportIn = async (...folders: readonly string[]) => reportOf(await gather(folders));
const tablesIn = async (...folders: readonly string[]) => dataOf(await reportIn(...folders)).tables;
const text = async (format: "html" | "md", ...folders: readonly string[]): Promise<string> => {
  const { files } = await filesOf(await reportIn(...folders), [format]);
  return String(files.get(`report.${format}`));
};

describe("tables", () => {
  it("have medians, intervals, floors and ratios of every size", async () => {
    const { times, memory, ratios, failed, errors, sections } = await tablesIn(sampleRun(fresh()));
    expect(times.map((row) => [row.series, row.seq_len, row.passes, row.median_ms])).toEqual([
      ["ligo webgpu", 32, 6, 10.5],
      ["ligo onnx-webgpu:plain", 32, 6, 21],
      ["ligo webgpu", 64, 6, 42],
      ["ligo onnx-webgpu:plain", 64, 6, 84],
      ["ligo webgpu", 128, 6, 168],
      ["ligo onnx-webgpu:plain", 128, 6, 336],
    ]);
    expect(new Set(times.map(({ doubts }) => doubts))).toEqual(new Set([""]));
    // 1e9 FLOP at 1e12 a second; the median execution of N = 32 is 5.25 ms.
    expect(memory[0]).toMatchObject({ floor_ms: 1, device_peak_bytes: 2 ** 21, planned_bytes: 2 ** 21 });
    expect(memory[0].roofline_share).toBeCloseTo(1 / 5.25, 12);
    expect(ratios).toHaveLength(3);
    for (const one of ratios)
      expect([one.series, one.beside, one.turns, Number(one.ratio).toFixed(6), one.interval]).toEqual([
        "ligo onnx-webgpu:plain",
        "ligo webgpu",
        6,
        "2.000000",
        "2.00 – 2.00",
      ]);
    expect(failed).toMatchObject([{ series: "ligo onnx-cuda:plain", outcome: "failed", error: "out of memory" }]);
    expect(errors).toHaveLength(6);
    expect(sections.filter(({ seq_len }) => seq_len === 32).map(({ section, share }) => [section, share])).toEqual([
      ["cycle", 0.75],
      ["head", 0.25],
    ]);
  });

  it("tell series apart by what differs, and by nothing else", async () => {
    const root = fresh();
    for (const [name, change] of [
      ["a", {}],
      ["b", { precision: "mixed" }],
      ["c", { precision: "mixed", notes: "own tuning" }],
      ["d", { device: "another GPU" }],
    ] as const)
      folderOf(path.join(root, name), { "ligo.jsonl": rowLines([1, 1, 1], change) });
    expect((await tablesIn(root)).times.map(({ series }) => series)).toEqual([
      "ligo webgpu f32 a GPU",
      "ligo webgpu mixed",
      "ligo webgpu mixed own tuning",
      "ligo webgpu f32 another GPU",
    ]);
  });

  it("have each row of a sweep once, though its table repeats them, and those of the table alone", async () => {
    const root = fresh();
    const cases = [32, 64].map((seq_len) => rowLines([1, 2, 3], { seq_len, memory_limit: 2 ** 21 }));
    const gone = rowLines([4, 4, 4], { seq_len: 128, precision: "mixed" });
    folderOf(root, { "summary.csv": csvText([...cases.flat(), ...gone]) });
    for (const [at, lines] of cases.entries())
      folderOf(path.join(root, `case-${at}`), {
        "ligo.jsonl": lines,
        "environment.json": environmentText({ tuning: { kind: "reviewed" } }),
      });
    expect((await tablesIn(root)).times.map(({ series, seq_len, passes }) => [series, seq_len, passes])).toEqual([
      ["ligo webgpu mixed", 128, 3],
      ["ligo webgpu f32", 32, 3],
      ["ligo webgpu f32", 64, 3],
    ]);
  });

  it("have a folder once that is named twice, and say so", async () => {
    const root = fresh();
    folderOf(path.join(root, "run"), { "ligo.jsonl": rowLines([1, 1, 1]) });
    const { runs, notes } = await gather([root, path.join(root, "run")]);
    expect([runs.length, notes]).toEqual([1, [`${path.join(root, "run")} is in a folder named before`]]);
  });

  it("take cases of two engines on one machine for one machine, and another device for another", async () => {
    const root = fresh();
    const backend = (engine: string, name: string) => environmentText({ backends: { [`${engine} webgpu`]: { name } } });
    const lines = rowLines([1, 1, 1]);
    for (const engine of ["deepmind", "ligo"])
      folderOf(path.join(root, engine), { "ligo.jsonl": lines, "environment.json": backend(engine, "a GPU") });
    const columns = async () => Object.keys((await tablesIn(root)).environment[0]);
    expect(await columns()).toEqual(["fact", "deepmind and 1 more"]);
    folderOf(path.join(root, "other"), { "ligo.jsonl": lines, "environment.json": backend("ligo", "another GPU") });
    expect(await columns()).toEqual(["fact", "A: deepmind and 1 more", "B: other"]);
    expect((await tablesIn(root)).environment.map(({ fact }) => fact).filter((fact) => /≠/.test(String(fact)))).toEqual(
      ["backends.ligo webgpu.name ≠"],
    );
  });

  it("say a memory limit as a size", async () => {
    const lines = [{}, { memory_limit: 2 ** 21 }].flatMap((change) => rowLines([1, 1], change));
    expect((await tablesIn(folderOf(fresh(), { "ligo.jsonl": lines }))).times.map(({ series }) => series)).toEqual([
      "ligo webgpu",
      "ligo webgpu limit 2 MiB",
    ]);
  });

  it("tell series apart within a workload, not across", async () => {
    const folder = folderOf(fresh(), {
      "ligo.jsonl": [...rowLines([1, 1], { notes: "a" }), ...rowLines([1, 1], { notes: "b", component: "trunk" })],
    });
    expect((await tablesIn(folder)).times.map(({ series }) => series)).toEqual(["ligo webgpu", "ligo webgpu"]);
  });

  it("pool runs of one workload, without the warm-up of each", async () => {
    const root = fresh();
    folderOf(path.join(root, "1"), { "ligo.jsonl": rowLines([90, 10, 10, 10, 10, 10]) });
    folderOf(path.join(root, "2"), { "ligo.jsonl": rowLines([80, 12, 12, 12, 12, 12]) });
    expect((await tablesIn(root)).times).toMatchObject([{ passes: 10, median_ms: 11, doubts: "warm-up" }]);
  });

  it("compare named folders with the first by what compare says", async () => {
    const [a, b] = [fresh(), fresh()];
    const times = [10, 10.1, 10, 10.1, 10, 10.1];
    folderOf(a, { "ligo.jsonl": rowLines(times) });
    folderOf(b, { "ligo.jsonl": rowLines(times.map((ms) => 2 * ms)) });
    const report = await reportIn(a, b);
    expect(dataOf(report).tables["compare-1"]).toMatchObject([
      { row: "ligo pairformer webgpu tiny N=64", first_ms: 10.05, second_ms: 20.1, change: "SLOWER", turns: 0 },
    ]);
    expect((await tablesIn(a))["compare-1"]).toBeUndefined();
  });

  it("have kernels beside their roofline", async () => {
    const folder = folderOf(fresh(), {
      "kernels.jsonl": [kernelLine(), kernelLine({ case: "tall", others_cpu: 0.5 })],
    });
    expect((await tablesIn(folder)).kernels).toMatchObject([
      { kernel: "matmul", case: "square", batched_ms: 2, cold_ms: 4, floor_ms: 1, roofline_share: 0.5, doubts: "" },
      { case: "tall", doubts: "busy" },
    ]);
  });

  it("have the GPU's time by layer and kernel, of bench --profile", async () => {
    const group = {
      calls: 2,
      flops: 1e9,
      bytes: 1e6,
      flops_per_second: 1e12,
      bytes_per_second: 1e9,
      roofline_share: 0.5,
    };
    const named = {
      name: "ligo pairformer webgpu tiny N=64",
      engine: "ligo",
      component: "pairformer",
      backend: "webgpu",
    };
    const profile = {
      ...{ ...named, variant: "", mode: "component", preset: "tiny", precision: "f32", seq_len: 64, device: "a GPU" },
      ...{ software: false, start_ts: "2026-01-02T00:00:00.000Z", profiled_runs: 3, total_ms: 4, passes_gpu_ms: 3 },
      ...{ timer_step_ms: 0, roofline_flops: null, roofline_bytes: null, sections: [], dispatches: [] },
      layers: [
        { layer: "block/triangle", ms: 3, share: 0.75, ...group },
        { layer: "block/transition", ms: 1, share: 0.25, ...group },
      ],
      kernels: [{ kernel: "matmul", variant: "workgroup", ms: 4, share: 1, ...group }],
      ...{ af3_gpu_version: "0.1.0", af3_gpu_commit: null, schema: "af3-gpu-profile/1" },
    };
    const folder = folderOf(fresh(), { "ligo.jsonl": rowLines([1, 1, 1]) });
    folderOf(path.join(folder, "profile"), { "x.json": JSON.stringify(profile), "x.trace.json": "[]", "y.json": "{" });
    const report = await reportIn(folder);
    const { tables } = dataOf(report);
    expect(tables["gpu-time-by-layer"].map(({ layer, gpu_ms, share }) => [layer, gpu_ms, share])).toEqual([
      ["block/triangle", 3, 0.75],
      ["block/transition", 1, 0.25],
    ]);
    expect(tables["gpu-time-by-kernel"]).toMatchObject([{ kernel: "matmul (workgroup)", gpu_ms: 4, calls: 2 }]);
    expect(report.notes).toEqual([`left out: ${path.join(folder, "profile", "y.json")} is no JSON`]);
    const figure = report.parts.flatMap(({ figures }) => figures).find(({ name }) => name === "gpu-time-by-layer");
    expect(figure?.alt).toContain("block/triangle 75 %, block/transition 25 %");
  });

  it("set machines side by side, what differs first and marked", async () => {
    const root = fresh();
    const rows = rowLines([1, 1, 1]);
    const threads = { cpu: { brand: "a CPU", threads: 4 }, roofline: null };
    folderOf(path.join(root, "a"), { "ligo.jsonl": rows, "environment.json": environmentText() });
    folderOf(path.join(root, "b"), { "ligo.jsonl": rows, "environment.json": environmentText(threads) });
    folderOf(path.join(root, "c"), { "ligo.jsonl": rows, "environment.json": environmentText() });
    const { environment } = await tablesIn(root);
    expect(environment).toEqual([
      { fact: "cpu.threads ≠", "A: a and 1 more": "2", "B: b": "4" },
      { fact: "os.platform", "A: a and 1 more": "linux", "B: b": "linux" },
      { fact: "cpu.brand", "A: a and 1 more": "a CPU", "B: b": "a CPU" },
    ]);
    expect(await text("html", root)).toContain('<td class="differs">4</td>');
  });
});

describe("reading", () => {
  it("leaves out what is broken, and says where", async () => {
    const [good] = rowLines([5]);
    const folder = folderOf(fresh(), {
      "ligo.jsonl": [good, "nonsense\n", good.replace('"ligo"', "7"), good.replace(":5,", ":-5,"), '{"engine":"li'],
      "environment.json": "{",
    });
    const { notes } = await gather([folder]);
    const file = path.join(folder, "ligo.jsonl");
    expect(notes).toEqual([
      `left out: ${file}, line 2, is no JSON`,
      `left out: ${file}, line 3: engine should be text, not 7`,
      `left out: ${file}, line 4, has a elapsed_ms of -5`,
      `left out: ${file}, line 5, was not finished`,
      `left out: ${path.join(folder, "environment.json")} is no JSON of an environment`,
    ]);
    expect(await text("md", folder)).toContain("## What could not be read");
  });

  it("reads rows of all versions, and of summary.csv where there is nothing else", async () => {
    const [line] = rowLines([7], { settings: { threads: 2 }, warmup_ms: [9, 8], notes: 'a "b", c' });
    const { variant: _, versions: __, others_cpu: ___, device_clock: ____, ...first } = JSON.parse(line);
    const versions = [1, 2, 3].map(
      (version) =>
        `${JSON.stringify({
          ...first,
          schema: `af3-gpu-bench/${version}`,
          ...(version > 1 && { variant: "", versions: {} }),
          ...(version > 2 && { others_cpu: null }),
        })}\n`,
    );
    const mixed = folderOf(fresh(), { "ligo.jsonl": [...versions, line], "summary.csv": csvText([line]) });
    const { runs, notes } = await gather([mixed]);
    expect([runs[0].rows.length, notes]).toEqual([4, []]);
    expect(new Set(runs[0].rows.map(({ schema }) => schema))).toEqual(new Set(["af3-gpu-bench/4"]));
    const table = await gather([folderOf(fresh(), { "summary.csv": csvText([line]) })]);
    expect(table.runs[0].rows).toEqual([{ ...JSON.parse(line), settings: { threads: "2" } }]);
  });

  it("finds results in sweeps and days, each folder once, and takes no harm from links in a circle", async () => {
    const root = fresh();
    for (const at of ["sweep/case-1/2026-01-02", "sweep/case-2/2026-01-02", "bench/2026-01-03"])
      folderOf(path.join(root, at), { "ligo.jsonl": rowLines([1]) });
    folderOf(root, { "gpu-day.json": "{}", "summary.md": "# A day" });
    const { runs } = await gather([root, path.join(root, "sweep")]);
    expect(runs.map(({ name }) => name)).toEqual([
      "bench/2026-01-03",
      "sweep/case-1/2026-01-02",
      "sweep/case-2/2026-01-02",
    ]);
  });

  it("says in one sentence that there is nothing", async () => {
    const empty = folderOf(fresh(), { "ligo.jsonl": "x\n" });
    await expect(gather([empty])).rejects.toThrow(
      /^[^\n]*: no row of bench or kernels can be read there[^\n]*line 1[^\n]*$/,
    );
    await expect(gather([path.join(empty, "none")])).rejects.toThrow(/^cannot read results in [^\n]*$/);
  });
});
