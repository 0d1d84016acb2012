/** What rounded operands cost the references: known of every shipped case, and sound. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
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
      expect(halves?.[output.name]).toBeLessThanOrEqual(bfloat?.[output.name] ?? 0);
  },
);

it("no cost is known of a case that there is not", () => {
  expect(roundingCosts("nobody-measured-this")).toBeUndefined();
  expect(roundingCosts("toString")).toBeUndefined();
});

it("allows three times the cost, and two parts in a hundred at most", () => {
  const cost = reducedPrecision / 10;
  const { element } = mixedAllowance({ small: cost, large: reducedPrecision });
  expect([element("small"), element("large"), element("unknown")]).toEqual([
    3 * cost,
    reducedPrecision,
    reducedPrecision,
  ]);
});
