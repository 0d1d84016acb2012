/** Profiles in reports: those of GPU timestamps and those of ONNX Runtime's nodes apart, of both versions of the schema. */
import path from "node:path";
import { expect, it } from "vitest";
import { profileOf } from "../../src/bench/core/profile.ts";
import { dataOf, filesOf } from "../../src/bench/report/files.ts";
import { gather } from "../../src/bench/report/gather.ts";
import { stacksOf } from "../../src/bench/report/parts/where.ts";
import { reportOf } from "../../src/bench/report/report.ts";
import { scratch } from "../support/binary.ts";
import { step } from "../support/profiled.ts";
import { benchRow, profile } from "../support/public_values.ts";
import { folderOf, rowLines } from "../support/report_folders.ts";

const node = (label: string, kernel: string, ms: number) =>
  step(label, [ms], { kernel, variant: "CPU", flops: 0, bytes: 0 });
const ofNodes = profileOf({
  ...{ passesMs: null, executeMs: 12, clock: "ONNX Runtime", timerStepMs: 0.001, roofline: undefined },
  ...{ row: { ...benchRow, backend: "onnx-cpu", variant: "plain" }, startTs: benchRow.start_ts },
  runs: [[node("node_a", "MatMul", 6), node("node_b", "Add", 1), node("node_c", "MatMul", 3)]],
});

it("have a part for each clock, and work and roofline where they are known", async () => {
  const { clock: _, passes_exec_ms: __, ...first } = profile;
  const folder = folderOf(path.join(scratch(), "run"), { "ligo.jsonl": rowLines([1, 1, 1]) });
  folderOf(path.join(folder, "profile"), {
    "a.json": JSON.stringify({ ...first, schema: "af3-gpu-profile/1" }),
    "b.json": JSON.stringify(ofNodes),
    "b.onnxruntime.trace.json": "[]",
  });
  const report = reportOf(await gather([folder]));
  expect(report.notes).toEqual([]);
  const { tables } = dataOf(report);
  expect(tables["onnx-time-by-node-type"]).toEqual([
    { row: ofNodes.name, node_type: "MatMul (CPU)", calls: 2, node_ms: 9, share: 0.9, device: benchRow.device },
    { row: ofNodes.name, node_type: "Add (CPU)", calls: 1, node_ms: 1, share: 0.1, device: benchRow.device },
  ]);
  expect(tables["gpu-time-by-kernel"]).toMatchObject([{ row: profile.name, gpu_ms: 1, flops_per_second: 1e6 }]);
  const parts = report.parts.filter(({ id }) => id.startsWith("profile"));
  expect(parts.map(({ id, figures }) => [id, figures.map(({ name }) => name)])).toEqual([
    ["profile", ["gpu-time-by-layer", "gpu-time-by-kernel"]],
    ["profile-onnx", ["onnx-time-by-node-type"]],
  ]);
  expect(parts[1].figures[0].alt).toBe(`ONNX Runtime's time by node type. ${ofNodes.name}: MatMul 90 %, Add 10 %.`);
  const { files } = await filesOf(report, ["md", "csv"]);
  expect(String(files.get("report.md"))).toMatch(/^\| in nodes \| /m);
  expect(String(files.get("tables/onnx-time-by-node-type.csv"))).toMatch(
    /^row,node_type,calls,node_ms,share,device\r?\n/,
  );
});

it("have bars whose parts have a colour each: the largest over all bars, in one order, and the rest", () => {
  const bar = (label: string, times: Readonly<Record<string, number>>) => ({
    label,
    parts: Object.entries(times).map(([name, ms]) => ({ name, ms })),
  });
  const stacks = stacksOf([
    bar("one", { a: 10, b: 20, c: 30, d: 40, e: 50, f: 60, g: 70, h: 8 }),
    bar("two", { h: 1, i: 2, a: 300, j: 100, b: 597 }),
  ]);
  expect(stacks.map(({ parts }) => parts.map(({ name }) => name))).toEqual([
    ["b", "a", "g", "f", "e", "d", "c", "the rest"],
    ["b", "a", "the rest"],
  ]);
  for (const { parts } of stacks) expect(parts.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
  expect(stacks[1].parts[0]).toEqual({ name: "b", share: 0.597, text: "b: 597 ms, 60 %" });
});
