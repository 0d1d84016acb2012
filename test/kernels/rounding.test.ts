/** What rounded operands cost the references: known of every shipped case, and sound. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { findComponent, findEngine } from "../../src/engines/index.ts";
import { roundingCosts } from "../../src/kernels/check/rounding.ts";
import { mixedAllowance, reducedPrecision } from "../../src/kernels/check/tolerance.ts";
import { shippedCases } from "../../src/platform/node/cases.ts";

const shipped = readdirSync(shippedCases())
  .map((name) => ({ name, file: path.join(shippedCases(), name, "case.json") }))
  .filter(({ file }) => existsSync(file));

/** With rounded operands a distance of theirs lies on a bin's edge: the exporter refuses the run. */
const unmeasured = ["deepmind-full-few-atoms", "deepmind-full-tiny"];

it("is not known of few cases", () => {
  expect(shipped.map(({ name }) => name).filter((name) => !roundingCosts(name))).toEqual(unmeasured);
});

it.each(shipped.filter(({ name }) => !unmeasured.includes(name)))(
  "$name has costs for all of its outputs, halves less than bfloat16",
  ({ name, file }) => {
    const { engine, component } = JSON.parse(readFileSync(file, "utf8"));
    const [halves, bfloat] = [roundingCosts(name), roundingCosts(name, "bf16")];
    const { outputs } = findComponent(findEngine(engine), component);
    expect(new Set(Object.keys(halves ?? {}))).toEqual(new Set(outputs.map((output) => output.name)));
    // One number for each sample is a mean, in which roundings cancel: a draw of one type may fall below the other's.
    for (const output of outputs.filter(({ shape }) => shape.length > 1))
      expect(halves?.[output.name]?.median).toBeLessThanOrEqual(bfloat?.[output.name]?.median ?? 0);
  },
);

it("no cost is known of a case that there is not", () => {
  expect(roundingCosts("nobody-measured-this")).toBeUndefined();
  expect(roundingCosts("toString")).toBeUndefined();
});

it("the largest of the reference's roundings is known wherever it may decide the bound, and is no less than their median", () => {
  const costs = shipped.flatMap(({ name }) =>
    Object.entries(roundingCosts(name) ?? {}).map(([output, cost]) => ({ where: `${name} ${output}`, ...cost })),
  );
  const decides = costs.filter(({ median }) => mixedAllowance({ it: { median } }).element("it") >= reducedPrecision);
  expect(decides.length).toBeGreaterThan(0);
  expect(decides.filter(({ largest }) => largest === undefined)).toEqual([]);
  expect(costs.filter(({ median, largest = median }) => largest < median)).toEqual([]);
});

describe("the bound of mixed precision", () => {
  const bound = (median: number, largest?: number): number => mixedAllowance({ it: { median, largest } }).element("it");
  const half = reducedPrecision / 2;

  it("is three times the cost, and two parts in a hundred at most", () => {
    expect([bound(half / 5), bound(half), mixedAllowance().element("it")]).toEqual([
      3 * (half / 5),
      reducedPrecision,
      reducedPrecision,
    ]);
  });

  it("is not moved by roundings of the reference that stay below two parts in a hundred", () => {
    expect([bound(half / 5, 1.9 * half), bound(half, 1.9 * half)]).toEqual([bound(half / 5), bound(half)]);
  });

  it("is the largest of them where that is beyond, and never more than three times their median", () => {
    expect([bound(half, 2.5 * half), bound(half, 9 * half), bound(half / 5, 9 * half)]).toEqual([
      2.5 * half,
      3 * half,
      3 * (half / 5),
    ]);
  });
});
