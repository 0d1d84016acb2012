/** Sizes of kernels: solved from shapes, completed, frozen. */
import { describe, expect, it } from "vitest";
import { completeDims, frozenParams, sizesOf, solveDims } from "../../src/gpu/plan/kernel.ts";
import { attention } from "../../src/kernels/attention.ts";
import { triangleProject } from "../../src/kernels/triangle_project.ts";

describe("solveDims", () => {
  const shapes = { x: ["rows", "C"], scale: ["C"], pair: [2, "C"] };

  it("finds every name", () => {
    expect(solveDims("k", shapes, { x: [5, 8], scale: [8], pair: [2, 8] })).toEqual({ rows: 5, C: 8 });
  });

  it.each([
    ["two arrays disagree", { x: [5, 8], scale: [9], pair: [2, 8] }, "C is 8 in x but 9 in scale"],
    ["a rank is wrong", { x: [5], scale: [8], pair: [2, 8] }, "x should be [rows, C] but is [5]"],
    ["a fixed axis is wrong", { x: [5, 8], scale: [8], pair: [3, 8] }, "axis 0 of pair should be 2 but is 3"],
    ["an array is missing", { x: [5, 8], scale: [8] }, "pair should be [2, C] but is [missing]"],
  ])("says so when %s", (_, actual, message) => {
    expect(() => solveDims("k", shapes, actual as Record<string, number[]>)).toThrow(message);
  });
});

describe("completeDims", () => {
  const [variant] = triangleProject.variants;
  const solved = { n: 5, C: 8, COLUMNS: 16, pitch: 8 };

  it("derives sizes, and turns flags into numbers", () => {
    const dims = completeDims(triangleProject, variant, solved, { TRANSPOSED: true }, {});
    expect(dims).toMatchObject({ HIDDEN: 4, pitch: 8, TRANSPOSED: 1, CHANNELS: 128 });
    expect(frozenParams(dims)).not.toHaveProperty("pitch");
  });

  it("refuses a derived size that the arrays contradict", () => {
    expect(() => completeDims(triangleProject, variant, { ...solved, pitch: 12 }, {}, {})).toThrow(
      "pitch should be 8 but is 12",
    );
  });

  it("refuses unknown parameters and missing scalars", () => {
    expect(() => completeDims(triangleProject, variant, solved, { SPEED: 1 }, {})).toThrow("no parameter SPEED");
    const sizes = { batch: 1, n: 4, HEADS: 1, D: 4, mask_rows: 1 };
    expect(() => completeDims(attention, attention.variants[0], sizes, {}, { first_batch: 0 })).toThrow(
      "uniform penalty",
    );
  });

  it("knows when a size is not known", () => {
    expect(() => sizesOf(["n", "missing"], { n: 1 })).toThrow("size missing is not known");
  });
});
