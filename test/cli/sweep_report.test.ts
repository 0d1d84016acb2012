/** The table of a sweep: a line for every workload of a case. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { jsonLine } from "../../src/bench/core/row_text.ts";
import { type Summed, summaryOf } from "../../src/bench/core/summary.ts";
import { SweepFolder } from "../../src/bench/sweep/folder.ts";
import type { SweepCase } from "../../src/bench/sweep/grid.ts";
import { type CaseRecord, caseSchema } from "../../src/bench/sweep/record.ts";
import { SUMMARIES } from "../../src/cli/sweep/case_process.ts";
import { finishedText, sweepTable } from "../../src/cli/sweep/report.ts";
import { scratch } from "../support/binary.ts";
import { folderOf } from "../support/report_folders.ts";
import { rowOf } from "../support/sweeps.ts";

const one: SweepCase = { key: "both-0123456789ab", settings: new Map([["preset", "tiny,block"]]) };
const record: CaseRecord = {
  schema: caseSchema,
  key: one.key,
  options: { preset: "tiny,block" },
  outcome: "done",
  error: null,
  seconds: 2,
  peak_bytes: null,
  started: "2026-01-02T03:04:05.678Z",
  rows: 4,
  failed: 0,
  wrong: 0,
};

/** A case with both presets, 10 and 40 ms, and with two counts of steps of one of them. */
function finished(): SweepFolder {
  const root = scratch();
  const rows = [
    rowOf(one, { preset: "tiny", elapsed_ms: 10 }),
    rowOf(one, { preset: "block", elapsed_ms: 40 }),
    rowOf(one, { preset: "block", steps: 5, elapsed_ms: 50 }),
    rowOf(one, { preset: "block", steps: 9, elapsed_ms: 90 }),
  ];
  const summaries = rows.map((row) => {
    const { engine, component, preset, seq_len: tokens, weights, features, seed, backend, variant } = row;
    const counts = row.steps === null ? {} : { steps: row.steps };
    const workload = { engine, component, preset, tokens, weights, features, seed, mode: "trunk", ...counts } as const;
    return summaryOf({ rows: [row], outcome: "timed", workload, backend, variant } as Summed, undefined);
  });
  const folder = folderOf(path.join(root, one.key), { "ligo.jsonl": rows.map(jsonLine) });
  writeFileSync(path.join(folder, SUMMARIES), JSON.stringify(summaries));
  return new SweepFolder(root);
}

it("keeps presets and counts that one case holds apart", () => {
  const folder = finished();
  const lines = sweepTable([{ one, record }], [], folder).split("\n").slice(1);
  const cells = lines.map((line) => line.trim().split(/\s{2,}/));
  expect(cells.map(([, , preset]) => preset)).toEqual(["tiny", "block", "block", "block"]);
  expect(cells.map((row) => row[5])).toEqual(["10.0", "40.0", "50.0", "90.0"]);
  expect(finishedText(record, folder)).toContain("10.0 ms, 40.0 ms, 50.0 ms, 90.0 ms");
});
