/** Two products in one by matrix units: the launch on an adapter, what it refuses, and which plans may take it. */
import { describe, expect, it } from "vitest";
import { allUnits } from "../../src/backends/matrix_units.ts";
import { type AnyKernel, completeDims, type Dtypes, halvesOf } from "../../src/gpu/plan/kernel.ts";
import type { Target } from "../../src/gpu/plan/target.ts";
import { chooseVariant, isProposed, refusal } from "../../src/gpu/plan/variant.ts";
import { chainMatrixVariant } from "../../src/kernels/families/chain_matrix.ts";
import { gatedResidual } from "../../src/kernels/gated_residual.ts";
import { transition } from "../../src/kernels/transition.ts";
import { cube, target as plain, withMatrices } from "../support/target.ts";

const [ofTransition, ofGates] = [chainMatrixVariant(2), chainMatrixVariant(4)];
const able = (...given: Parameters<typeof withMatrices>): Target => ({
  ...withMatrices(...given),
  tested: allUnits,
});
const ampere = able([cube(16)], [32, 32]);
const rdna = able([cube(16)], [32, 64], ["subgroup-size-control"]);
const metal = able([cube(8)], [32, 32]);
const lavapipe = able([cube(8)], [8, 8]);

const call = (C = 128, dtypes: Dtypes = halvesOf(transition)) => ({
  sizes: { rows: 300, C, COLUMNS: 8 * C },
  params: { CHANNELS: C },
  dtypes,
});
const gates = (C = 128) => ({
  sizes: { rows: 300, HIDDEN: C, C, all_rows: 300 },
  params: { CHANNELS: C },
  scalars: { n: 20, first_row: 0 },
  dtypes: halvesOf(gatedResidual),
});
const dimsOn = (target: Target, C = 128, own = {}) =>
  completeDims(
    transition,
    ofTransition,
    call(C).sizes,
    { ...ofTransition.adapts(target), ...call(C).params, ...own },
    {},
  );
const gatesOn = (target: Target) =>
  completeDims(gatedResidual, ofGates, gates().sizes, { ...ofGates.adapts(target), CHANNELS: 128 }, gates().scalars);

describe("the launch", () => {
  it.each([
    ["lavapipe", lavapipe, { ROW_FRAGMENTS: 2, SECOND_FRAGMENTS: 8, K_STEP: 4 }],
    ["32 lanes", ampere, { ROW_FRAGMENTS: 2, SECOND_FRAGMENTS: 4, K_STEP: 8, CHOOSES_SUBGROUP: 0 }],
    ["64 lanes at most", rdna, { ROW_FRAGMENTS: 2, SECOND_FRAGMENTS: 4, SUBGROUP: 64, CHOOSES_SUBGROUP: 1 }],
    ["small matrices", metal, { ROW_FRAGMENTS: 4, SECOND_FRAGMENTS: 8, K_STEP: 4 }],
  ])("fits the adapter: %s", (_, target, expected) => {
    expect(dimsOn(target)).toMatchObject(expected);
    expect(gatesOn(target).K_STEP).toBe(4);
    expect(refusal(ofTransition, target, dimsOn(target))).toBe(undefined);
    expect(refusal(ofGates, target, gatesOn(target))).toBe(undefined);
  });

  it("has 64 rows a workgroup, so that weights are read once for these, or one for each lane of few", () => {
    const workgroups = (target: Target) => ofTransition.workgroups(dimsOn(target), { rows: 300, flops: 1 });
    expect([ampere, rdna, metal, lavapipe].map(workgroups)).toEqual([5, 5, 5, 10]);
  });

  it.each([
    ["no matrices", able([], [32, 32]), dimsOn(ampere), /^needs products of matrices of halves/],
    ["subgroups that vary", able([cube(16)], [32, 64]), dimsOn(ampere), /^needs subgroups of a known size$/],
    ["another adapter's", ampere, dimsOn(rdna), /^needs SUBGROUP 32, not 64$/],
    ["rows that are wider", ampere, dimsOn(ampere, 384), /^keeps 128 columns, not 384$/],
    ["fragments that do not pair", ampere, dimsOn(ampere, 16, { SECOND_FRAGMENTS: 1 }), /^needs fragments/],
    ["little workgroup memory", { ...ampere, limits: plain.limits }, dimsOn(ampere), /^needs .* of workgroup memory$/],
  ])("is refused: %s", (_, target, dims, message) => {
    expect(refusal(ofTransition, target, dims)).toMatch(message);
  });
});

describe("a plan", () => {
  const chosen = (target: Target, kernel: AnyKernel = transition, given: object = call()) => {
    const { variant, dims } = chooseVariant(kernel, target, given as never);
    return [variant.name, dims.SECOND_FRAGMENTS];
  };

  it("takes it where weights are halves, with as many columns as there are", () => {
    expect([chosen(ampere), chosen(ampere, transition, call(64)), chosen(metal, transition, call(64))]).toEqual([
      ["matrix", 4],
      ["matrix", 2],
      ["matrix", 8],
    ]);
    expect(chosen(rdna, gatedResidual, gates())).toEqual(["matrix", 4]);
    expect(chosen(rdna, gatedResidual, gates(64))).toEqual(["matrix", 2]);
  });

  it("records both fused kernels then, and in float32 as ever", () => {
    const fused = (target: Target, given: object) => isProposed(transition, target, given as never);
    expect([call(), call(128, {})].map((given) => fused(ampere, given))).toEqual([true, true]);
    expect(chosen(ampere, transition, call(128, {}))[0]).toBe("workgroup");
  });

  it("has tiles do it where rows are wider", () => {
    expect(isProposed(transition, ampere, call(384))).toBe(false);
  });

  it("takes none untested, on a software adapter, or for weights that halves cannot hold", () => {
    for (const target of [{ ...ampere, tested: new Map() }, plain]) expect(chosen(target)[0]).toBe("workgroup");
    expect(chosen({ ...ampere, software: true })[0]).toBe("workgroup");
    expect(chosen(ampere, transition, call(128, { up_weights: "f16" }))[0]).toBe("workgroup");
  });
});
