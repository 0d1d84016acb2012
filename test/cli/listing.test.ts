/** Tables at any width, and in the other formats. */
import { describe, expect, it } from "vitest";
import type { BenchResult } from "../../src/bench/core/bench.ts";
import { benchColumns } from "../../src/cli/bench_columns.ts";
import { benchListing, benchReport } from "../../src/cli/bench_report.ts";
import { type Column, columnsText, csv, fitted, listing, markdown, wrapped } from "../../src/cli/listing.ts";
import { shortened } from "../../src/words.ts";
import { benchRow, workload } from "../support/public_values.ts";

interface Row {
  readonly name: string;
  readonly ms: number;
  readonly note: string | null;
}

const columns: readonly Column<Row>[] = [
  { key: "name", head: "name", rank: 0, shrinks: 24, value: ({ name }) => name, about: "what it is" },
  {
    key: "ms",
    head: "ms",
    right: true,
    rank: 0,
    value: ({ ms }) => ms,
    text: ({ ms }) => ms.toFixed(1),
    about: "milliseconds",
  },
  { key: "note", head: "note", rank: 2, value: ({ note }) => note, about: "what else" },
  { key: "twice", head: "twice", right: true, rank: 1, value: ({ ms }) => 2 * ms, about: "twice as much" },
];
const rows: readonly Row[] = [
  { name: "a | b", ms: 1.25, note: 'said "so", twice' },
  { name: "x".repeat(30), ms: 1000, note: null },
];

const widest = (text: string): number => Math.max(...text.split("\n").map((line) => [...line].length));

describe("a table", () => {
  it("has all columns where there is room", () => {
    const { text, left } = fitted(columns, rows, 120);
    expect(left).toEqual([]);
    expect(text.split("\n")[0]).toMatch(/^name +ms +note +twice$/);
  });

  it("leaves columns out by their ranks, the highest first, and says so", () => {
    expect(fitted(columns, rows, 52).left).toEqual(["note"]);
    expect(fitted(columns, rows, 38).left).toEqual(["note", "twice"]);
    expect(listing(columns, rows, "table", 38)).toMatch(/\(no room for note, twice: .*--format md has\s+them\)$/s);
  });

  it("shortens names, and at last puts rows on lines of their own", () => {
    const narrow = fitted(columns, rows, 20).text;
    expect(narrow).toMatch(/^xxxxxx…xxxxx +1000\.0$/m);
    expect(fitted(columns, rows, 12).text).toContain("\n  ms 1.3");
    for (const width of [16, 20, 40, 52, 80, 160])
      expect(widest(fitted(columns, rows, width).text)).toBeLessThanOrEqual(width);
  });

  it("says nothing of columns without a value", () => {
    expect(fitted(columns, [{ name: "a", ms: 1, note: null }], 80).text).not.toContain("note");
  });

  it("is Markdown and CSV with all columns, escaped", () => {
    expect(markdown(columns, rows).split("\n")[0]).toBe("| name | ms | note | twice |");
    expect(markdown(columns, rows)).toContain('| a \\| b | 1.3 | said "so", twice | 2.5 |');
    expect(csv(columns, rows).split("\n").slice(0, 2)).toEqual([
      "name,ms,note,twice",
      'a | b,1.25,"said ""so"", twice",2.5',
    ]);
  });

  it("is explained in columns of its own", () => {
    expect(columnsText(columns).split("\n")[1]).toBe("  ms     milliseconds");
    expect(widest(columnsText(benchColumns))).toBeLessThanOrEqual(80);
    for (const { about } of benchColumns) expect(about).toMatch(/\w/);
  });
});

it("names keep both ends, and lines break between words", () => {
  expect([shortened("triangle", 8), shortened("triangle", 5), shortened("triangle", 0)]).toEqual([
    "triangle",
    "tr…le",
    "…",
  ]);
  expect(wrapped("one two three", 8, "  ", "")).toBe("one two\n  three");
  expect(wrapped("one-word-that-is-longer", 8)).toBe("one-word-that-is-longer");
});

describe("the benchmark's report", () => {
  const passes = [100, 101, 102, 103, 104, 105].map((elapsed_ms, pass_index) => {
    const took = { elapsed_ms, pass_index, exec_ms: elapsed_ms, compile_ms: 1, flops: 1e9, traffic_bytes: 1e6 };
    const said = { device: "a GPU of a long name", settings: { threads: 4, graph: "opset 20, 1000 nodes, any size" } };
    return { ...benchRow, ...took, ...said, worst_error: 0.001, weights_bytes: 1e6, others_cpu: 0.5 };
  });
  const result = (backend: string, more: object = {}) =>
    ({
      ...{ workload: { ...workload, component: "diffusion_transformer" }, backend, variant: "mha", rows: passes },
      ...{ outcome: "timed", cause: undefined, stopped: "noise", discarded: 0, spent: 1, ...more },
    }) as BenchResult;
  const failed = { ...benchRow, ok: false, error: "out of memory: ".padEnd(200, "so many bytes ") };
  const results = [result("webgpu"), result("onnx-webgpu"), result("native", { rows: [failed], outcome: "failed" })];

  it("is no wider than the terminal, from 40 columns on", () => {
    for (const width of [40, 80, 160]) {
      process.env.COLUMNS = String(width);
      try {
        const text = benchReport(results, { flops: 1e12, bytes: 1e11 });
        expect(widest(text)).toBeLessThanOrEqual(width);
        for (const word of ["median", "103", "failed", "busy", "out of"]) expect(text).toContain(word);
      } finally {
        delete process.env.COLUMNS;
      }
    }
  });

  it("has every column as Markdown and CSV, counts of its own among them", () => {
    const counted = { ...workload, steps: 20, recycles: 0 };
    const text = benchListing([result("webgpu", { workload: counted })], undefined, "csv");
    const [head, line] = text.split("\n").map((one) => one.split(","));
    expect(head).toEqual(benchColumns.map(({ key }) => key));
    expect([line[head.indexOf("steps")], line[head.indexOf("recycles")], line[head.indexOf("samples")]]).toEqual([
      "20",
      "0",
      "",
    ]);
    expect(Number(line[head.indexOf("median_ms")])).toBe(102.5);
    expect(benchListing(results, undefined, "md")).toMatch(
      /\n\n\* ligo diffusion_transformer webgpu:mha N=4: others had 50 %/,
    );
  });

  it("compares with the first backend's of the same counts only", () => {
    const at = (steps: number, factor: number) =>
      result(factor === 1 ? "webgpu" : "native", {
        workload: { ...workload, steps },
        rows: passes.map((row) => ({ ...row, elapsed_ms: steps * factor * row.elapsed_ms })),
      });
    const text = benchListing([at(1, 1), at(1, 2), at(7, 1), at(7, 3)], undefined, "csv");
    expect(
      text
        .split("\n")
        .slice(1)
        .map((line) => Number(line.split(",").at(-1))),
    ).toEqual([1, 2, 1, 3]);
  });
});
