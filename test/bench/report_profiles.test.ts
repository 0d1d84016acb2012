/** Profiles in reports: those of GPU timestamps and those of ONNX Runtime's nodes apart, of both versions of the schema. */
import path from "node:path";
import { expect, it } from "vitest";
import { profileOf } from "../../src/bench/core/profile.ts";
import { dataOf, filesOf } from "../../src/bench/report/files.ts";
import { gather } from "../../src/bench/report/gather.ts";
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
  expect(parts[1].figures[0].alt).toBe(
    `ONNX Runtime's time by node type. ${ofNodes.name}: MatMul (CPU) 90 %, Add (CPU) 10 %.`,
  );
  const { files } = await filesOf(report, ["md", "csv"]);
  expect(String(files.get("report.md"))).toMatch(/^\| in nodes \| /m);
  expect(String(files.get("tables/onnx-time-by-node-type.csv"))).toMatch(
    /^row,node_type,calls,node_ms,share,device\r?\n/,
  );
});
