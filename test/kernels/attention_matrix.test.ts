/** Attention by matrix units: its launch on an adapter, what it refuses, and which plans may take it. */
import { describe, expect, it } from "vitest";
import { allUnits } from "../../src/backends/matrix_units.ts";
import { type AnyKernel, completeDims, type Dtypes, halvesOf } from "../../src/gpu/plan/kernel.ts";
import type { Target } from "../../src/gpu/plan/target.ts";
import { chooseVariant, refusal } from "../../src/gpu/plan/variant.ts";
import { attention } from "../../src/kernels/attention.ts";
import { keysMatrixVariant } from "../../src/kernels/families/keys_matrix.ts";
import { candidatesOf, isTried, keyOf, paramsOf } from "../../src/kernels/tune/candidates.ts";
import { tuning } from "../../src/kernels/tune/table.ts";
import { windowAttention } from "../../src/kernels/window_attention.ts";
import { cube, target as plain, withMatrices } from "../support/target.ts";

const able = (...given: Parameters<typeof withMatrices>): Target => ({
  ...withMatrices(...given),
  tested: allUnits,
});
const ampere = able([cube(16)], [32, 32]);
const rdna4 = able([cube(16)], [32, 64], ["subgroup-size-control"]);
const rdna3: Target = { ...rdna4, adapter: { ...rdna4.adapter, vendor: "amd", architecture: "rdna-3" } };

const sizes = (D: number) => ({ batch: 4, n: 100, HEADS: 2, D, mask_rows: 4, gate_batch: 4, pitch: 100 });
const call = (D: number, dtypes: Dtypes = halvesOf(attention)) => ({
  sizes: sizes(D),
  scalars: { first_batch: 0, penalty: 1 },
  dtypes,
});
const windows = {
  sizes: { rows: 64, HEADS: 2, D: 32, n: 128, windows: 2, lines: 64 },
  scalars: { penalty: 1 },
  dtypes: halvesOf(windowAttention),
};

const dimsOn = (target: Target, D = 32, own = {}) =>
  completeDims(
    attention,
    keysMatrixVariant,
    sizes(D),
    { ...keysMatrixVariant.adapts(target), ...own },
    call(D).scalars,
  );

describe("the launch", () => {
  it.each([
    ["lavapipe", able([cube(8)], [8, 8]), { SUBGROUPS: 2, ROW_FRAGMENTS: 2, KEY_FRAGMENTS: 2, SUBGROUP: 8 }],
    ["32 lanes", ampere, { SUBGROUPS: 2, ROW_FRAGMENTS: 2, KEY_FRAGMENTS: 2, SUBGROUP: 32, FRAGMENT_ROWS: 16 }],
    ["64 lanes at most", rdna4, { ROW_FRAGMENTS: 2, SUBGROUP: 64, CHOOSES_SUBGROUP: 1 }],
    ["small matrices", able([cube(8)], [32, 32]), { ROW_FRAGMENTS: 4, KEY_FRAGMENTS: 4, SUBGROUP: 32 }],
  ])("fits the adapter: %s", (_, target, expected) => {
    expect(dimsOn(target)).toMatchObject(expected);
    expect(refusal(keysMatrixVariant, target, dimsOn(target))).toBe(undefined);
  });

  it.each([
    ["no matrices", able([], [32, 32]), dimsOn(ampere), /^needs products of matrices of halves/],
    ["subgroups that vary", able([cube(16)], [32, 64]), dimsOn(ampere), /^needs subgroups of a known size$/],
    ["another adapter's", ampere, dimsOn(rdna4), /^needs SUBGROUP 32, not 64$/],
    ["wide heads", ampere, dimsOn(ampere, 128), /^needs .* of workgroup memory$/],
    ["lanes that no rows are for", ampere, dimsOn(ampere, 32, { SUBGROUPS: 1, KEY_FRAGMENTS: 3 }), /^needs fragments/],
  ])("is refused: %s", (_, target, dims, message) => {
    expect(refusal(keysMatrixVariant, target, dims)).toMatch(message);
  });
});

describe("a plan", () => {
  const chosen = (target: Target, kernel: AnyKernel = attention, given = call(32)) => {
    const { variant, dims } = chooseVariant(kernel, target, given);
    return [variant.name, dims.SUBGROUPS, dims.ROW_FRAGMENTS];
  };

  it("takes it where queries, keys and values are stored as halves", () => {
    expect(chosen(ampere)).toEqual(["matrix", 2, 2]);
    expect(chosen(ampere, windowAttention, windows as never)).toEqual(["matrix", 1, 2]);
  });

  it("gives more rows to subgroups that read every fragment twice, unless their channels are many", () => {
    const on = (target: Target, D: number) => chosen(target, attention, call(D));
    expect([on(rdna3, 32), on(rdna3, 48), on(rdna4, 32)]).toEqual([
      ["matrix", 1, 4],
      ["matrix", 2, 2],
      ["matrix", 2, 2],
    ]);
  });

  it("is tuned in what the adapter does not decide: each launch once, those that do not fit left out", () => {
    const { incumbent, others } = candidatesOf(windowAttention, ampere, windows as never);
    expect(paramsOf(incumbent)).toEqual({ SUBGROUPS: 1, ROW_FRAGMENTS: 2, KEY_FRAGMENTS: 2 });
    const all = [incumbent, ...others].filter(({ variant }) => variant === keysMatrixVariant);
    expect(all.length).toBeGreaterThan(3);
    expect(new Set(all.map(keyOf)).size).toBe(all.length);
    for (const { dims } of all)
      expect([dims.SUBGROUP, refusal(keysMatrixVariant, ampere, dims)]).toEqual([32, undefined]);
    const tried = all.map((one) => isTried(windowAttention, keysMatrixVariant, paramsOf(one), tuning));
    expect(tried).toEqual(all.map(() => true));
    for (const params of [{}, { SUBGROUPS: 3, ROW_FRAGMENTS: 2, KEY_FRAGMENTS: 2 }, incumbent.dims])
      expect(isTried(windowAttention, keysMatrixVariant, params, tuning)).toBe(false);
  });

  it("takes none in float32, untested, or without such units: what it ran before", () => {
    const inFloats = { ...windows, dtypes: {} };
    for (const target of [ampere, rdna3]) {
      expect(chosen(target, attention, call(32, {}))[0]).toBe("tile");
      expect(chosen(target, windowAttention, inFloats as never)[0]).toBe("tile");
    }
    const without = { ...plain, limits: ampere.limits };
    const wrong = { ...ampere, tested: new Map([...allUnits, ["keys", "attention is off"] as const]) };
    for (const target of [{ ...ampere, tested: new Map() }, wrong, { ...ampere, software: true }, without])
      expect(chosen(target)[0]).toBe("tile");
  });
});
