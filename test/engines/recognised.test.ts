/** Which model a file of weights is, by its names and shapes alone. */
import { describe, expect, it } from "vitest";
import type { Component } from "../../src/engines/core/component.ts";
import { componentOf } from "../../src/engines/core/names.ts";
import { findEngine } from "../../src/engines/index.ts";
import { configuredAt, differenceText, fitTexts, modelText, recognise } from "../../src/engines/recognised.ts";
import { sizeOf } from "../../src/formats/tensor.ts";

const file = (shapes: ReadonlyMap<string, readonly number[]>, dtype = "F32") => ({
  names: [...shapes.keys()],
  describe: (name: string) => (shapes.has(name) ? { dtype, shape: shapes.get(name) ?? [] } : undefined),
});

const configured = (engine: string, component: string, preset: string) =>
  configuredAt(componentOf(findEngine(engine), component) as Component, preset);

/** As files of the publisher have them: counted by instantiating the pinned package's models. */
describe.each<[preset: string, tensors: number, parameters: number, fits: string]>([
  ["protenix-tiny", 1156, 109_500_223, "the preset protenix-tiny"],
  ["protenix-mini", 1612, 134_067_007, "the preset protenix-mini"],
  ["protenix-base", 4092, 368_088_191, "the presets paper and protenix-base"],
  ["protenix-v1", 4174, 368_484_735, "the preset protenix-v1"],
  ["protenix-v2", 4174, 464_442_431, "the preset protenix-v2"],
])("%s", (preset, tensors, parameters, fits) => {
  const { weights, unread = new Map() } = configured("protenix", "full", preset);
  const published = new Map([...weights, ...unread]);

  it("has as many tensors and parameters as the published file", () => {
    const count = [...published.values()].reduce((sum, shape) => sum + sizeOf(shape), 0);
    expect([published.size, count]).toEqual([tensors, parameters]);
  });

  it("is recognised, in float32 and in halves", () => {
    for (const dtype of ["F32", "F16", "BF16"]) {
      const found = recognise(file(published, dtype));
      expect(fitTexts(found.fits)).toEqual([`fits protenix full at ${fits}`]);
      expect(found.fits[0].unread).toEqual([...unread.keys()]);
    }
  });
});

describe("a file that is not quite a model", () => {
  const { weights } = configured("ligo", "pairformer", "tiny");
  const [first, second] = weights.keys();

  it.each<[string, (shapes: Map<string, readonly number[]>) => void, string]>([
    ["lacks a tensor", (shapes) => shapes.delete(first), `1 missing (${first})`],
    ["has one too many", (shapes) => shapes.set("x", [1]), "1 too many (x)"],
    [
      "has one of another shape, and lacks another",
      (shapes) => {
        shapes.set(first, [7]);
        shapes.delete(second);
      },
      `1 missing (${second}), 1 of another shape (${first} is [7], the config asks for [${weights.get(first)?.join(", ")}])`,
    ],
    [
      "lacks many",
      (shapes) => {
        for (const name of [...shapes.keys()].slice(0, 5)) shapes.delete(name);
      },
      `5 missing (${[...weights.keys()].slice(0, 3).join(", ")}, …)`,
    ],
  ])("as it %s is told by the nearest", (_, change, text) => {
    const shapes = new Map(weights);
    change(shapes);
    const { fits, nearest } = recognise(file(shapes));
    expect(fits).toEqual([]);
    expect(nearest && modelText(nearest)).toBe("ligo pairformer at the preset tiny");
    expect(nearest && differenceText(nearest.differences)).toBe(text);
  });

  it("as it has no name of any, has no nearest", () => {
    expect(recognise(file(new Map([["x", [1]]])))).toEqual({ fits: [], nearest: undefined });
  });

  it("as its never-read tensors have another shape, does not fit", () => {
    const { weights: read, unread = new Map() } = configured("protenix", "full", "protenix-tiny");
    const [name] = unread.keys();
    const { fits, nearest } = recognise(file(new Map([...read, [name, [3]]])), { engine: "protenix" });
    expect([fits, nearest?.differences.extra]).toEqual([[], [name]]);
  });

  it("is compared with what is asked for alone", () => {
    expect(recognise(file(weights), { engine: "protenix" }).fits).toEqual([]);
    expect(recognise(file(weights), { engine: "ligo", component: "pairformer", preset: "paper" }).fits).toEqual([]);
    expect(recognise(file(weights), { engine: "ligo", component: "pairformer", preset: "tiny" }).fits).toHaveLength(1);
    expect(() => recognise(file(weights), { engine: "none" })).toThrow("there is no engine none");
  });
});
