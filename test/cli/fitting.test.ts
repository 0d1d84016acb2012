/** Tables of verbs that have no other form but JSON, in terminals of several widths. */
import { expect, it } from "vitest";
import { fittingTable, type Plain } from "../../src/cli/fitting.ts";

const columns: readonly Plain[] = [
  ["", 0],
  ["case", 0, 16],
  [">error", 0],
  [">entries", 2],
  ["worst at", 1, 20],
];
const rows = [
  ["ok", "deepmind-template-embedding-of-two-chains", "0.0012", 12_345, "[1, 2, 3] 0.123456 for 0.123457"],
  ["FAILED", "ligo-pairformer", "0.3400", 7, ""],
];
const widest = (text: string): number => Math.max(...text.split("\n").map((line) => line.length));

it("are no wider than the terminal, and say what is missing and where it stands", () => {
  for (const width of [40, 80, 160]) {
    const text = fittingTable(columns, rows, "--json", width);
    expect(widest(text)).toBeLessThanOrEqual(width);
    expect(text).toMatch(/FAILED +ligo-pairformer/);
    expect(text.includes("no room for")).toBe(width === 40);
  }
  expect(fittingTable(columns, rows, "--json", 40).replaceAll(/\s+/g, " ")).toContain(
    "(no room for entries, worst at: a wider terminal or --json has them)",
  );
});

it("leave out columns that have nothing in any row, and those only", () => {
  const counts: readonly Plain[] = [
    ["engine", 0],
    [">recycles", 1],
    [">steps", 1],
  ];
  const text = fittingTable(counts, [["ligo", "", 20]], "--json", 160);
  expect(text.split("\n").map((line) => line.trim().split(/ +/))).toEqual([
    ["engine", "steps"],
    ["ligo", "20"],
  ]);
});
