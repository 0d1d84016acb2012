/** Generated and quoted documentation is true. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { kernelTable } from "../../scripts/kernel_table.mjs";
import { depthFigure, depthTable, scaleTable } from "../../scripts/precision_report.mjs";
import { resultsPage } from "../../scripts/results_page.mjs";
import { rowTable } from "../../scripts/row_table.mjs";
import { profileFields } from "../../src/bench/core/profile.ts";
import { rowFields } from "../../src/bench/core/row.ts";
import { callOf } from "../../src/bench/kernel_inputs.ts";
import { asFile } from "../../src/bench/report/figures/svg.ts";
import { gather } from "../../src/bench/report/gather.ts";
import { markdownOf } from "../../src/bench/report/markdown.ts";
import { reportOf } from "../../src/bench/report/report.ts";
import { costOf } from "../../src/gpu/plan/kernel.ts";
import { anyDevice } from "../../src/gpu/plan/target.ts";
import { chooseVariant } from "../../src/gpu/plan/variant.ts";
import { boundOf } from "../../src/kernels/check/tolerance.ts";
import { kernels } from "../../src/kernels/index.ts";
import { tuning } from "../../src/kernels/tune/table.ts";

const root = path.resolve(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");
const documents = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...readdirSync(path.join(root, "docs"), { recursive: true })
    .map((name) => `docs/${String(name).replaceAll("\\", "/")}`)
    .filter((name) => name.endsWith(".md")),
  "export/README.md",
  "third_party/README.md",
];

it("docs/kernels.md is what the records say: npm run docs", () => {
  const table = kernelTable(
    kernels,
    (kernel, testCase) => {
      const { variant, dims } = chooseVariant(kernel, anyDevice(tuning), callOf(testCase));
      return { ...costOf(kernel, variant, dims), bound: boundOf(kernel, variant, dims) };
    },
    tuning,
    JSON.parse(read("test/errors.json")),
  );
  expect(read("docs/kernels.md")).toBe(table);
});

it("docs/benchmarking.md has the table of a row's fields: npm run docs", () => {
  expect(read("docs/benchmarking.md")).toContain(`\n${rowTable(rowFields)}\n`);
});

it("docs/profile.md has the table of a profile's fields: npm run docs", () => {
  expect(read("docs/profile.md")).toContain(`\n${rowTable(profileFields)}\n`);
});

it("docs/precision.md shows what docs/precision.json holds: npm run docs", () => {
  const { rows } = JSON.parse(read("docs/precision.json"));
  const document = read("docs/precision.md");
  expect(document).toContain(`\n${depthTable(rows)}\n`);
  expect(document).toContain(`\n${scaleTable(rows)}\n`);
  expect(read("docs/images/precision-depth.svg")).toBe(depthFigure(rows));
});

it("docs/results.md is what a report makes of docs/measured: npm run docs", async () => {
  const report = reportOf(await gather([path.join(root, "docs/measured")]), "Results");
  expect(report.notes).toEqual([]);
  const files = resultsPage(report, markdownOf, asFile);
  for (const [name, content] of files) expect(read(name), name).toBe(content);
  const pictures = readdirSync(path.join(root, "docs/images")).filter((name) => name.startsWith("results-"));
  expect(pictures.map((name) => `docs/images/${name}`).filter((name) => !files.has(name))).toEqual([]);
});

describe.for(documents)("%s", (document) => {
  it("links to files that exist", () => {
    const links = [...read(document).matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, to]) => to);
    expect(links.filter((to) => !existsSync(path.join(root, path.dirname(document), to)))).toEqual([]);
  });

  it("names only commands that exist", () => {
    const { scripts } = JSON.parse(read("package.json"));
    const named = [...read(document).matchAll(/\bnpm run (\w[\w:-]*)/g)].map(([, name]) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

it("decisions are numbered without gaps", () => {
  const numbers = readdirSync(path.join(root, "docs/decisions")).map((name) => Number(name.slice(0, 4)));
  expect(numbers.sort((a, b) => a - b)).toEqual(numbers.map((_, index) => index + 1));
});
