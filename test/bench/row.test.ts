/** The one schema of rows: what follows from its table of fields. */
import { describe, expect, it } from "vitest";
import { blankRow, csvColumns, readRow, rowFields } from "../../src/bench/core/row.ts";
import { csvField, csvHeader, csvLine, jsonLine, readRows } from "../../src/bench/core/row_text.ts";

const row = blankRow({
  engine: "ligo",
  seq_len: 4,
  device: 'a "GPU", and more',
  notes: "",
  cpu_brand: "a CPU",
  backend: "webgpu",
  mode: "trunk",
  component: "trunk",
  preset: "tiny",
  precision: "f32",
  weights: "random",
  features: "synthetic",
  seed: 0,
  software: false,
  variant: "",
  versions: { driver: "1" },
});

describe("a blank row", () => {
  it("has every field, each of its kind", () => {
    expect(Object.keys(row)).toEqual(Object.keys(rowFields));
    expect(readRow(JSON.parse(JSON.stringify(row)), "row")).toEqual(row);
    expect(row).toMatchObject({ elapsed_ms: null, ok: true, warmup_ms: [], sections: [], schema: "af3-gpu-bench/4" });
    expect(row.commit).toMatch(/^[0-9a-f]{40}$/);
  });
});

describe("columns", () => {
  it("start with those that consumers rely on, and have everything but what is too deep", () => {
    expect(csvColumns.slice(0, 9).join(",")).toBe(
      "engine,pass_index,start_ts,elapsed_ms,device,seq_len,commit,notes,cpu_brand",
    );
    expect(Object.keys(rowFields).filter((name) => !csvColumns.includes(name as never))).toEqual(["sections"]);
  });

  it("are quoted as RFC 4180 asks", () => {
    const values = ['say "x"', "a,b", "a\nb", null, [1, 2], 0.5, { threads: 2, tf32: "off" }];
    const quoted = ['"say ""x"""', '"a,b"', '"a\nb"', "", "1 2", "0.5", "threads=2 tf32=off"];
    expect(values.map(csvField)).toEqual(quoted);
    expect(csvLine(row)).toContain(',"a ""GPU"", and more",4,');
    expect(csvHeader.split(",")).toHaveLength(csvColumns.length);
  });
});

describe("reading", () => {
  it("gives back what was written, without a last line that a killed process did not finish", () => {
    const second = { ...row, pass_index: 1, elapsed_ms: 2.5 };
    const text = jsonLine(row) + jsonLine(second);
    expect(readRows(text, "ligo.jsonl")).toEqual([row, second]);
    expect(readRows(text.slice(0, -20), "ligo.jsonl")).toEqual([row]);
    expect(readRows("", "ligo.jsonl")).toEqual([]);
  });

  it("takes fields that a later version may add", () => {
    expect(readRow({ ...row, colour: "blue" }, "row")).toMatchObject(row);
  });

  it.for([
    [{ ...row, elapsed_ms: "3" }, 'line 1, elapsed_ms should be a number, or null, not "3"'],
    [{ ...row, pass_index: -1 }, "pass_index should be a whole number, not -1"],
    [{ ...row, sections: [{ name: "", runs: 1 }] }, "sections should be a list of"],
    [{ ...row, settings: { threads: [2] } }, "settings should be an object of values by name"],
    [{ ...row, schema: "af3-gpu-bench/9" }, 'has the schema "af3-gpu-bench/9", not "af3-gpu-bench/4"'],
    [{ ...row, engine: undefined }, "has no engine"],
    [[], "holds no row"],
    ["half a row", "holds no row"],
  ])("refuses %#", ([value, words]) => {
    expect(() => readRows(`${JSON.stringify(value)}\n`, "x.jsonl")).toThrow((words as string).replace("line 1, ", ""));
  });

  it("reads rows of the versions before, whose new fields say nothing", () => {
    const { device_clock: _, ...third } = { ...row, schema: "af3-gpu-bench/3" };
    const { others_cpu: __, ...before } = { ...third, schema: "af3-gpu-bench/2" };
    for (const one of [third, before]) expect(readRows(`${JSON.stringify(one)}\n`, "x.jsonl")).toEqual([row]);
    expect(() => readRows(`${JSON.stringify({ ...before, engine: undefined })}\n`, "x.jsonl")).toThrow("has no engine");
  });

  it("names the file and the line that is no JSON", () => {
    expect(() => readRows(`${jsonLine(row)}{"engine": \n`, "x.jsonl")).toThrow("x.jsonl, line 2, is no JSON");
  });
});
