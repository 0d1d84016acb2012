/** Figures and files of reports. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { looks } from "../../src/bench/report/figures/palette.ts";
import { dataOf, filesOf, writeReport } from "../../src/bench/report/files.ts";
import { gather } from "../../src/bench/report/gather.ts";
import { painter } from "../../src/bench/report/png.ts";
import { reportOf } from "../../src/bench/report/report.ts";
import { scratch } from "../support/binary.ts";
import { environmentText, folderOf, rowLines, sampleRun } from "../support/report_folders.ts";

const fresh = (): string => path.join(scratch(), String(Math.random()).slice(2));
const reportIn = async (...folders: readonly string[]) => reportOf(await gather(folders));
const text = async (format: "html" | "md", ...folders: readonly string[]): Promise<string> => {
  const { files } = await filesOf(await reportIn(...folders), [format]);
  return String(files.get(`report.${format}`));
};

describe("figures", () => {
  it("say on what their rows ran, one GPU once however backends spell its name", async () => {
    const one = sampleRun(fresh(), { device: "nvidia-h200" });
    const other = sampleRun(fresh(), { device: "NVIDIA H200", start_ts: new Date(Date.UTC(2026, 1)).toISOString() });
    const [figure] = (await reportIn(one, other)).parts[0].figures;
    expect(figure.draw("wide")).toContain(">On nvidia-h200<");
  });

  it("have log axes, whiskers, floors, and a remark on adapters in software", async () => {
    const report = await reportIn(sampleRun(fresh(), { software: true, device: "llvmpipe (software)" }));
    const names = report.parts.flatMap(({ figures }) => figures.map(({ name }) => name));
    expect(names).toEqual([
      "time-pairformer-tiny",
      "per-pair-pairformer-tiny",
      "compile-pairformer-tiny",
      "memory-pairformer-tiny",
      "ratios-pairformer-tiny",
      "sections-pairformer-tiny",
    ]);
    for (const { draw, alt } of report.parts.flatMap(({ figures }) => figures)) {
      expect(draw("wide")).toContain("Software adapter, a CPU in a GPU&#39;s place: llvmpipe (software)");
      expect(alt.length).toBeGreaterThan(40);
    }
    const [figure] = report.parts[0].figures;
    expect(figure.alt).toBe(
      "Time against N, pairformer tiny, both axes logarithmic. ligo webgpu: 10.5 ms at N = 32 to 168 ms at N = 128; ligo onnx-webgpu:plain: 21 ms at N = 32 to 336 ms at N = 128.",
    );
    // The same distance on paper for the same ratio of times, and of sizes.
    const points = [
      ...figure.draw("wide").matchAll(/translate\(([\d.]+),([\d.]+)\)" fill="([^"]+)" stroke="[^"]+"><title>/g),
    ];
    const own = points.filter(([, , , fill]) => fill === looks(0).colour).map(([, x, y]) => [Number(x), Number(y)]);
    expect(own).toHaveLength(3);
    expect(own[2][0] - own[1][0]).toBeCloseTo(own[1][0] - own[0][0], 0);
    expect(own[2][1] - own[1][1]).toBeCloseTo(own[1][1] - own[0][1], 0);
    expect(own[2][1]).toBeLessThan(own[1][1]);
  });

  it("have published points beside them where the work is the same", async () => {
    const of = (preset: string) =>
      folderOf(fresh(), {
        "ligo.jsonl": [256, 512].flatMap((seq_len) =>
          rowLines([1, 1, 1], { seq_len, mode: "full", component: "full", preset }),
        ),
      });
    const drawn = async (preset: string) => (await reportIn(of(preset))).parts[0].figures[0].draw("wide");
    expect(await drawn("paper")).toContain("published: AlphaFold 3, whole on H100 80 GB, N = 1024: 34 s");
    expect(await drawn("tiny")).not.toContain("published");
  });

  it("give a series the same looks wherever it is", async () => {
    const report = await reportIn(sampleRun(fresh()));
    for (const { draw } of report.parts.flatMap(({ id, figures }) => (id === "sections" ? [] : figures))) {
      const drawn = draw("narrow");
      for (const [, fill, title] of drawn.matchAll(/fill="(#[^"]+)" stroke="#[^"]+"><title>([^<]*)/g))
        if (title.startsWith("ligo webgpu")) expect(fill).toBe(looks(0).colour);
    }
    const all = Array.from({ length: 56 }, (_, index) => looks(index)).map(
      (one) => `${one.colour} ${one.dash} ${one.symbol.draw}`,
    );
    expect(new Set(all).size).toBe(56);
  });

  it("become PNG files of twice their size", async ({ skip }) => {
    const paint = await painter();
    if (typeof paint !== "function") return skip(paint.missing);
    const [figure] = (await reportIn(sampleRun(fresh()))).parts[0].figures;
    const svg = figure.draw("wide", figure.title);
    const png = Buffer.from(paint(svg));
    const height = Number(/ height="(\d+)"/.exec(svg)?.[1]);
    expect(png.subarray(0, 8)).toEqual(Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]));
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1440, 2 * height]);
    const data: Buffer[] = [];
    for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at))
      if (png.toString("latin1", at + 4, at + 8) === "IDAT")
        data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
    const pixels = inflateSync(Buffer.concat(data));
    expect(pixels.length).toBe(2 * height * (1440 * 4 + 1));
    expect(new Set(pixels).size).toBeGreaterThan(20);
  });
});

describe("foreign text", () => {
  const hostile = '=cmd|"/c" <script>alert(1)</script> [x](javascript:1) | `y` \u202e\n& <img src=x onerror=y>';

  it("is text in HTML, Markdown and CSV", async () => {
    const folder = folderOf(fresh(), {
      "ligo.jsonl": [
        ...rowLines([1, 1, 1], { notes: hostile, device: hostile, software: true }),
        ...rowLines([2, 2, 2], { notes: "-1+1", device: "@b" }),
        ...rowLines([], { component: hostile, error: hostile }),
      ],
      "environment.json": environmentText({ os: { [hostile]: hostile } }),
    });
    const { files } = await filesOf(await reportIn(folder), ["html", "md", "csv", "svg"]);
    const html = String(files.get("report.html"));
    expect(html).not.toMatch(/<script|<img|\u202e/);
    expect(html).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    const markdown = String(files.get("report.md"));
    expect(markdown).not.toMatch(/<|(?<!\\)\[x|[^\\]`y/);
    const widths = (table: string) =>
      new Set(
        table
          .trim()
          .split("\n")
          .map((line) => line.match(/(?<!\\)\|/g)?.length),
      );
    for (const table of markdown.split("\n\n").filter((block) => block.startsWith("| ")))
      expect([table, widths(table).size]).toEqual([table, 1]);
    for (const [name, content] of files)
      if (name.endsWith(".csv"))
        expect(String(content), name).not.toMatch(/(^|,)"?[=+@\t\r]|(^|,)"?-(?!\d+(\.\d+)?(,|$))/m);
    for (const name of files.keys()) expect(name).toMatch(/^[\w-]+(\/[\w-]+)?\.\w+$/);
  });

  it("has no page ask for anything", async () => {
    const html = await text("html", sampleRun(fresh()));
    expect(html).not.toMatch(/(?:src|href)="(?!#)|url\(|@import|<script|<link/);
    expect(html).toContain("default-src 'none'");
  });
});

describe("the folder of a report", () => {
  it("takes the place of an earlier one, and of nothing else", async () => {
    const [results, out] = [sampleRun(fresh()), fresh()];
    const report = await reportIn(results);
    const { names } = await writeReport(report, out, ["html", "md", "csv", "svg"]);
    expect(names).toContain("figures/time-pairformer-tiny.svg");
    expect(readFileSync(path.join(out, "report.md"), "utf8")).toContain("](figures/time-pairformer-tiny.svg)");
    await writeReport(report, out, ["md"]);
    expect(
      readdirSync(out, { recursive: true })
        .filter((name) => /\./.test(String(name)))
        .sort(),
    ).toEqual(["report.json", "report.md"]);
    mkdirSync(path.join(out, "other"));
    writeFileSync(path.join(out, "report.json"), '{"schema":"mine"}');
    await expect(writeReport(report, out, ["md"])).rejects.toThrow("holds something else than a report");
  });

  it("is made of ten thousand rows", { timeout: 60_000 }, async () => {
    const lines = Array.from({ length: 1000 }, (_, at) =>
      rowLines(Array<number>(10).fill(1 + at), {
        seq_len: 16 * (1 + (at % 100)),
        notes: `case ${Math.floor(at / 100)}`,
      }),
    );
    const report = await reportIn(folderOf(fresh(), { "ligo.jsonl": lines.flat() }));
    expect(dataOf(report).tables.times).toHaveLength(1000);
    const { files } = await filesOf(report, ["html", "md", "csv", "svg"]);
    expect(files.size).toBeGreaterThan(8);
  });
});
