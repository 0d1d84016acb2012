/** Result folders, on disks with and without room. */
import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type BenchRow, blankRow } from "../../src/bench/core/row.ts";
import { csvHeader, csvLine, jsonLine, readRows } from "../../src/bench/core/row_text.ts";
import { type Append, benchFiles, ResultFolder } from "../../src/bench/results.ts";
import { BadInputError } from "../../src/errors.ts";

const scratch = (): string => mkdtempSync(path.join(os.tmpdir(), "af3-gpu-test-"));

const rowOf = (engine: "ligo" | "deepmind", pass: number): BenchRow =>
  blankRow({
    ...{ engine, seq_len: 4, device: "a GPU", notes: "", cpu_brand: "a CPU", backend: "webgpu", mode: "trunk" },
    ...{ component: "trunk", preset: "tiny", precision: "f32", weights: "random", features: "synthetic", seed: 0 },
    ...{ software: false, variant: "", versions: {}, pass_index: pass },
  });

/** What the files of a folder hold. */
const contentOf = (folder: string): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name), "utf8")]));

describe("a result folder", () => {
  it("is a new one each time, with one line per row, on disk at once", () => {
    const root = scratch();
    const now = new Date("2026-01-02T03:04:05.678Z");
    const [results] = [new ResultFolder(root, benchFiles, now), new ResultFolder(root, benchFiles, now)];
    expect(readdirSync(root)).toEqual(["2026-01-02T03-04-05-678Z", "2026-01-02T03-04-05-678Z-2"]);
    const rows = [rowOf("ligo", 0), rowOf("deepmind", 0), rowOf("ligo", 1)];
    for (const row of rows) {
      results.add(row);
      expect(contentOf(results.folder)["summary.csv"]).toContain(csvLine(row));
    }
    expect(contentOf(results.folder)).toEqual({
      "deepmind.jsonl": jsonLine(rows[1]),
      "ligo.jsonl": jsonLine(rows[0]) + jsonLine(rows[2]),
      "summary.csv": csvHeader + rows.map(csvLine).join(""),
    });
  });

  it("cannot be made below a file, nor where nothing can be written, and leaves nothing there", () => {
    const file = path.join(scratch(), "file");
    writeFileSync(file, "");
    expect(() => new ResultFolder(path.join(file, "results"), benchFiles)).toThrow(
      /cannot write results to .*: .* is a file, not a folder/,
    );
    const root = scratch();
    const full = (): never => {
      throw Object.assign(new Error("no space"), { code: "ENOSPC" });
    };
    expect(() => new ResultFolder(root, benchFiles, new Date(), full)).toThrow(
      `cannot write results to ${root}: the disk is full`,
    );
    expect(readdirSync(root)).toEqual([]);
  });
});

/** Writes like a disk that has so many bytes left, the last of which it takes before it refuses. */
function diskOf(bytes: number): Append {
  let left = bytes;
  return (file, text) => {
    appendFileSync(file, text.slice(0, left));
    left -= text.length;
    if (left < 0) throw Object.assign(new Error("no space"), { code: "ENOSPC" });
  };
}

describe("a full disk", () => {
  const first = rowOf("ligo", 0);
  const each = jsonLine(first).length + csvLine(first).length;

  it.for([
    ["in the middle of a row's JSON", jsonLine(first).length / 2],
    ["in the middle of its line in the CSV, which takes back the JSON", jsonLine(first).length + 20],
    ["before anything of it", 0],
  ] as const)("%s leaves whole rows, the same in both files", ([, into]) => {
    const results = new ResultFolder(
      scratch(),
      benchFiles,
      new Date(),
      diskOf(csvHeader.length + each + Math.floor(into)),
    );
    results.add(first);
    expect(() => results.add(rowOf("ligo", 1))).toThrow(BadInputError);
    expect(() => results.add(rowOf("ligo", 1))).toThrow(/: the disk is full$/);
    expect(contentOf(results.folder)).toEqual({
      "ligo.jsonl": jsonLine(first),
      "summary.csv": csvHeader + csvLine(first),
    });
  });

  it("at an engine's first row leaves no empty file", () => {
    const results = new ResultFolder(scratch(), benchFiles, new Date(), diskOf(csvHeader.length + 10));
    expect(() => results.add(first)).toThrow("the disk is full");
    expect(contentOf(results.folder)).toEqual({ "summary.csv": csvHeader });
  });

  describe("that is a real one", () => {
    const root = scratch();
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=16k", "none", root]).status === 0;
    afterEach(() => {
      if (mounted) spawnSync("umount", [root]);
    });

    it("leaves whole rows too", ({ skip }) => {
      if (!mounted) skip("to mount a small disk one must be root, on Linux");
      const results = new ResultFolder(root, benchFiles);
      let kept = 0;
      const fill = (): void => {
        for (; ; kept++) results.add(rowOf("ligo", kept));
      };
      expect(fill).toThrow("the disk is full");
      const { "ligo.jsonl": json, "summary.csv": csv } = contentOf(results.folder);
      expect(kept).toBeGreaterThan(1);
      expect(readRows(json, "ligo.jsonl").map(({ pass_index }) => pass_index)).toEqual([...Array(kept).keys()]);
      expect(json.endsWith("\n")).toBe(true);
      expect(csv.trimEnd().split("\n")).toHaveLength(kept + 1);
      expect(existsSync(results.folder)).toBe(true);
    });
  });
});
