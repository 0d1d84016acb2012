/** What rounded operands cost the references: known of every shipped case, and sound. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { median } from "../../src/bench/core/stats.ts";
import { findComponent, findEngine } from "../../src/engines/index.ts";
import { measuredCosts, roundingCosts } from "../../src/kernels/check/rounding.ts";
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
    const [halves, bfloat] = [measuredCosts(name, "f16"), measuredCosts(name, "bf16")];
    const outputs = findComponent(findEngine(engine), component).outputs.map((output) => output.name);
    expect(new Set(Object.keys(halves ?? {}))).toEqual(new Set(outputs));
    for (const output of outputs) expect(halves?.[output]).toBeLessThanOrEqual(bfloat?.[output] ?? 0);
  },
);

it("a lucky draw with halves is no cost: an eighth of bfloat16's, where that is more", () => {
  const name = "ligo-pairformer-one-token";
  const [halves, bfloat] = [measuredCosts(name, "f16"), measuredCosts(name, "bf16")];
  expect(roundingCosts(name)).toEqual({ s: (bfloat?.s ?? 0) / 8, z: halves?.z });
  expect(halves?.s).toBeLessThan((bfloat?.s ?? 0) / 16);
  const ratios = shipped
    .filter((one) => !unmeasured.includes(one.name))
    .flatMap((one) => {
      const [own, other] = [measuredCosts(one.name, "f16") ?? {}, measuredCosts(one.name, "bf16") ?? {}];
      return Object.keys(own).flatMap((output) => (own[output] > 0 ? [other[output] / 8 / own[output]] : []));
    });
  // Both are draws of one thing: as often one is more as the other.
  expect(Math.abs(Math.log2(median(ratios)))).toBeLessThan(1 / 4);
});

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
