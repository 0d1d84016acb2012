/** The variant that multiplies by matrix units: its launch on an adapter, what it refuses, and which plans may take it. */
import { describe, expect, it } from "vitest";
import { allUnits } from "../../src/backends/matrix_units.ts";
import { shaders } from "../../src/generated/shaders.ts";
import { type AnyKernel, completeDims, type Dtypes, frozenParams, halvesOf } from "../../src/gpu/plan/kernel.ts";
import type { Target } from "../../src/gpu/plan/target.ts";
import { chooseVariant, isProposed, refusal } from "../../src/gpu/plan/variant.ts";
import { compose } from "../../src/gpu/shader/compose.ts";
import { matrixVariant } from "../../src/kernels/families/matrix.ts";
import { gatedResidual } from "../../src/kernels/gated_residual.ts";
import { matmul } from "../../src/kernels/matmul.ts";
import { projectResidual } from "../../src/kernels/project_residual.ts";
import { swiglu } from "../../src/kernels/swiglu.ts";
import { triangleOutput } from "../../src/kernels/triangle_output.ts";
import { candidatesOf, isTried, paramsOf } from "../../src/kernels/tune/candidates.ts";
import { tuning } from "../../src/kernels/tune/table.ts";
import { cube, target as plain, withMatrices } from "../support/target.ts";

const able = (...given: Parameters<typeof withMatrices>): Target => ({
  ...withMatrices(...given),
  tested: allUnits,
});
const ampere = able([cube(16, "f16"), cube(16)], [32, 32]);
const rdna = able([cube(16)], [32, 64], ["subgroup-size-control"]);

const dimsOn = (target: Target) =>
  completeDims(matmul, matrixVariant, { rows: 5, K: 8, COLUMNS: 12 }, matrixVariant.adapts(target) ?? {}, {});

describe("the launch", () => {
  it.each([
    [
      "lavapipe",
      able([cube(8)], [8, 8]),
      { ROW_LANES: 4, COLUMN_LANES: 8, ROW_BLOCKS: 2, SUBGROUP: 8, FRAGMENT_ROWS: 8 },
    ],
    ["32 lanes", ampere, { ROW_LANES: 8, COLUMN_LANES: 16, ROW_BLOCKS: 2, SUBGROUP: 32, FRAGMENT_ROWS: 16 }],
    ["64 lanes at most", rdna, { ROW_LANES: 16, COLUMN_LANES: 16, ROW_BLOCKS: 1, SUBGROUP: 64, CHOOSES_SUBGROUP: 1 }],
    ["small matrices", able([cube(8)], [32, 32]), { ROW_LANES: 16, COLUMN_LANES: 8, ROW_BLOCKS: 1, SUBGROUP: 32 }],
    ["the largest of several", able([cube(8), cube(16)], [32, 32]), { FRAGMENT_ROWS: 16, FRAGMENT_DEPTH: 16 }],
  ])("fits the adapter: %s", (_, target, expected) => {
    expect(dimsOn(target)).toMatchObject({ COLUMN_BLOCKS: 2, ...expected });
    expect(refusal(matrixVariant, target, dimsOn(target))).toBe(undefined);
  });

  it.each([
    ["no matrices", able([], [32, 32]), /^needs products of matrices of halves/],
    ["sums in halves alone", able([cube(16, "f16")], [32, 32]), /^needs products of matrices of halves/],
    ["subgroups that vary", able([cube(16)], [32, 64]), /^needs subgroups of a known size$/],
    ["little workgroup memory", { ...ampere, limits: plain.limits }, /^needs .* of workgroup memory$/],
    [
      "no feature",
      { ...ampere, features: new Set(["subgroups"]) },
      /^needs chromium-experimental-subgroup-matrix, shader-f16$/,
    ],
  ])("is refused: %s", (_, target, message) => {
    expect(refusal(matrixVariant, target, dimsOn(target))).toMatch(message);
  });

  it("of another adapter is refused", () => {
    expect(refusal(matrixVariant, ampere, dimsOn(rdna))).toMatch(/^needs ROW_LANES 8, not 16$/);
  });

  it("is in the shader: what it enables, and the size of subgroups where it varies", () => {
    const text = (target: Target) => compose(shaders, matmul, matrixVariant, frozenParams(dimsOn(target)));
    expect(text(ampere)).toMatch(
      /^enable chromium_experimental_subgroup_matrix;\nenable f16;\nenable subgroups;\ndiagnostic\(/,
    );
    expect(text(ampere)).toContain("@compute @workgroup_size(LANES)\nfn main");
    expect(text(rdna)).toContain("enable subgroup_size_control;\n");
    expect(text(rdna)).toContain("@compute @workgroup_size(LANES) @subgroup_size(SUBGROUP)\nfn main");
  });
});

describe("a plan", () => {
  const halves: Dtypes = { x: "f16", weights: "f16" };
  const sizes = { rows: 512, K: 128, COLUMNS: 128 };
  const chosen = (target: Target, dtypes: Dtypes, kernel: AnyKernel = matmul, call = {}) =>
    chooseVariant(kernel, target, { sizes, dtypes, ...call }).variant.name;

  it("takes it where everything that is multiplied is stored as halves", () => {
    expect([ampere, rdna].map((target) => chosen(target, halves))).toEqual(["matrix", "matrix"]);
    expect(chooseVariant(matmul, rdna, { sizes, dtypes: halves }).dims.SUBGROUP).toBe(64);
  });

  it("never takes it in float32, nor for a factor that halves cannot hold", () => {
    for (const dtypes of [{}, { x: "f16" }, { weights: "f16" }] as const)
      expect(chosen(ampere, dtypes)).toBe("workgroup");
    const { incumbent, others } = candidatesOf(matmul, ampere, { sizes });
    expect([incumbent, ...others].map(({ variant }) => variant.name)).not.toContain("matrix");
  });

  it("has it in a user's tuning without parameters, which follow from the adapter", () => {
    const { incumbent, others } = candidatesOf(matmul, ampere, { sizes, dtypes: halves });
    expect([incumbent, ...others].filter(({ variant }) => variant === matrixVariant)).toEqual([incumbent]);
    expect(paramsOf(incumbent)).toEqual({});
    expect([{}, dimsOn(ampere)].map((params) => isTried(matmul, matrixVariant, params, tuning))).toEqual([true, false]);
  });

  it("never takes it before it was right on the device, nor on a software adapter", () => {
    expect(chosen({ ...ampere, tested: new Map() }, halves)).toBe("workgroup");
    expect(chosen({ ...ampere, software: true }, halves)).toBe("workgroup");
  });

  it("takes it for rows of float32 that are normalised first, and for no others", () => {
    const call = (NORMALISE: boolean) => ({
      sizes: { source_rows: 64, C: 128, COLUMNS: 256 },
      params: { CHANNELS: 128, NORMALISE },
      scalars: { first_row: 0, rows: 64 },
    });
    const dtypes: Dtypes = { weights: "f16" };
    expect([true, false].map((own) => chosen(ampere, dtypes, swiglu, call(own)))).toEqual(["matrix", "workgroup"]);
  });

  it("takes it for a product of float32 that is normalised first", () => {
    const params = { CHANNELS: 128, HIDDEN_CHANNELS: 128 };
    const call = { sizes: { n: 64, C: 128, HIDDEN: 128 }, params, scalars: { unscale: 1 } };
    const dtypes: Dtypes = { output_weights: "f16", gate_weights: "f16" };
    expect(chosen(ampere, dtypes, triangleOutput, call)).toBe("matrix");
    expect(chosen(ampere, { output_weights: "f16" }, triangleOutput, call)).toBe("workgroup");
  });

  it("takes it whatever its gates are stored as", () => {
    const own = { rows: 64, K: 128, C: 128, TERMS: 0, mask_rows: 0, gate_rows: 64, all_rows: 64 };
    const call = { sizes: own, params: { CHANNELS: 128, GATED: true }, scalars: { n: 8, first_row: 0 } };
    expect(chosen(ampere, halves, projectResidual, call)).toBe("matrix");
  });

  it("has kernels that multiply twice in float32 make way for it where they store halves and have no such variant", () => {
    const deep = able([{ ...cube(16), K: 32 }], [32, 32]);
    const own = { rows: 512, HIDDEN: 128, C: 128, all_rows: 512 };
    const call = { sizes: own, params: { CHANNELS: 128 }, scalars: { n: 1, first_row: 0 } };
    const isFused = (target: Target, dtypes: Dtypes) => isProposed(gatedResidual, target, { ...call, dtypes });
    expect([isFused(plain, {}), isFused(deep, {})]).toEqual([true, true]);
    expect([isFused(plain, halvesOf(gatedResidual)), isFused(deep, halvesOf(gatedResidual))]).toEqual([true, false]);
  });
});
