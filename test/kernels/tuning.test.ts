/** The tuning table: no row about nothing, a row for everything, and one function that finds it. */
import { existsSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { Plan } from "../../src/gpu/plan/plan.ts";
import type { Target, TuningRow } from "../../src/gpu/plan/target.ts";
import { chooseVariant, proposals, tunedVariant } from "../../src/gpu/plan/variant.ts";
import { attention } from "../../src/kernels/attention.ts";
import { kernels } from "../../src/kernels/index.ts";
import { matmul } from "../../src/kernels/matmul.ts";
import { transition } from "../../src/kernels/transition.ts";
import { problemsOf } from "../../src/kernels/tune/problems.ts";
import { tuning } from "../../src/kernels/tune/table.ts";
import { target } from "../support/target.ts";

const origin = { kind: "judgement", because: "a test" } as const;
const call = { sizes: { rows: 100, K: 8, COLUMNS: 12 } };

describe("the reviewed table", () => {
  it("has no row about nothing, and a row for every kernel that always holds", () => {
    expect(problemsOf(tuning, kernels)).toEqual([]);
  });

  it("names documents that are there for what was measured", () => {
    const documents = tuning.flatMap(({ origin }) => (origin.kind === "measured" ? [origin.see] : []));
    expect(documents.length).toBeGreaterThan(0);
    expect(documents.filter((document) => !existsSync(path.resolve(import.meta.dirname, "../..", document)))).toEqual(
      [],
    );
  });

  it.each([
    [{ kernel: "matmull", variant: "shuffle", origin }, "row 1: no matmull has a variant shuffle"],
    [{ kernel: "matmul", variant: "fast", origin }, "row 1: no matmul has a variant fast"],
    [{ family: "keys", variant: "lanes", origin }, "row 1: no kernel of the family keys has a variant lanes"],
    [{ kernel: "matmul", variant: "shuffle", params: { K_STEP: 8 }, origin }, "row 1: shuffle has no parameter K_STEP"],
    [
      { kernel: "matmul", variant: "shuffle", sizes: { n: [1, 2] }, origin },
      "row 1: there is no size n; there are rows, K, COLUMNS, TANH",
    ],
    [
      { family: "tile", variant: "shuffle", sizes: { K: [1, 2] }, origin },
      "row 1: there is no size K; there are batch, rows, columns",
    ],
    [{ kernel: "matmul", variant: "shuffle", sizes: { rows: [3, 2] }, origin }, "row 1: no rows lies between 3 and 2"],
  ] as const)("is refused with the row %j", (row, problem) => {
    expect(problemsOf([row as TuningRow, ...tuning], kernels)).toEqual([problem]);
  });

  it("is refused without the rows that always hold", () => {
    const some = tuning.filter(({ family, adapter }) => family !== "keys" || adapter !== undefined);
    expect(problemsOf(some, kernels)).toEqual(["no row says which variant of attention runs where nothing else holds"]);
  });
});

describe("a kernel that fuses others", () => {
  const sizes = { rows: 100, C: 128, COLUMNS: 1024 };
  const named = { kernel: "transition", variant: "workgroup", origin } as const;
  const plan = (rows: readonly TuningRow[], change: Partial<Target> = {}) =>
    new Plan({ ...target, tuning: rows, ...change }).fuses(transition, sizes);

  it("is recorded where a row names it, and it can run", () => {
    expect(plan([named])).toBe(true);
    expect(plan([named], { limits: { ...target.limits, maxComputeWorkgroupStorageSize: 8192 } })).toBe(false);
    expect(plan([{ ...named, sizes: { rows: [101, 1000] } }])).toBe(false);
    expect(new Plan({ ...target, tuning: [named] }).fuses(transition, { ...sizes, C: 132 })).toBe(false);
  });

  it("is not because a row of its family says how it would run", () => {
    expect(plan([{ family: "chain", variant: "workgroup", origin }])).toBe(false);
    expect(plan([])).toBe(false);
  });

  it("is recorded by the reviewed table on GPUs, not on software adapters", () => {
    expect(plan(tuning)).toBe(true);
    expect(plan(tuning, { software: true })).toBe(false);
  });
});

describe("a row", () => {
  const chosen = (rows: readonly TuningRow[], change: Partial<Target> = {}) =>
    chooseVariant(matmul, { ...target, tuning: [...rows, ...tuning], ...change }, call);
  const small = { variant: "workgroup", params: { K_STEP: 1 }, origin } as const;

  it("decides before those behind it", () => {
    const row = { kernel: "matmul", ...small } as const;
    expect(chosen([row])).toMatchObject({ row, dims: { K_STEP: 1, ROW_LANES: 16 } });
    expect(chosen([{ family: "tile", ...small }]).dims.K_STEP).toBe(1);
    expect(chosen([{ kernel: "swiglu", ...small }]).dims.K_STEP).toBe(4);
    expect(chosen([{ family: "keys", ...small }]).dims.K_STEP).toBe(4);
  });

  it("is about adapters whose names contain its words", () => {
    const amd = { adapter: { vendor: "amd", architecture: "rdna-3", device: "Radeon RX 7900" } };
    const on = (adapter: TuningRow["adapter"]) =>
      chosen([{ kernel: "matmul", ...small, adapter: adapter ?? {} }], amd).dims.K_STEP;
    expect(on({ vendor: "AMD" })).toBe(1);
    expect(on({ architecture: "rdna" })).toBe(1);
    expect(on({ vendor: "amd", device: "7900" })).toBe(1);
    expect(on({ vendor: "amd", architecture: "rdna-2" })).toBe(4);
    expect(on({ vendor: "nvidia" })).toBe(4);
    expect(on({ software: true })).toBe(4);
    expect(on({ subgroupSize: 32 })).toBe(4);
    expect(chosen([{ kernel: "matmul", ...small, adapter: { vendor: "amd" } }]).dims.K_STEP).toBe(4);
  });

  it("is about sizes between its bounds: of the kernel, or of the work where it is about a family", () => {
    const within = (row: TuningRow) => chosen([row]).dims.K_STEP === 1;
    expect(within({ kernel: "matmul", ...small, sizes: { K: [8, 8], rows: [100, Number.POSITIVE_INFINITY] } })).toBe(
      true,
    );
    expect(within({ kernel: "matmul", ...small, sizes: { K: [9, 64] } })).toBe(false);
    expect(within({ family: "tile", ...small, sizes: { rows: [1, 99] } })).toBe(false);
    expect(within({ family: "tile", ...small, sizes: { batch: [1, 1], columns: [12, 12] } })).toBe(true);
  });

  it("whose variant cannot run leaves the choice to the next", () => {
    const wide = { kernel: "matmul", variant: "workgroup", params: { ROW_LANES: 999 }, origin } as const;
    expect(chosen([{ kernel: "matmul", variant: "shuffle", origin }, wide])).toMatchObject({
      variant: { name: "workgroup" },
      dims: { ROW_LANES: 16 },
    });
  });

  it("gives a named variant its parameters, too", () => {
    const software: Target = { ...target, software: true, subgroupSize: 4 };
    const sizes = { batch: 1, n: 4, HEADS: 1, D: 4, mask_rows: 1 };
    const scalars = { first_batch: 0, penalty: 1 };
    const sizesOf = attention.variants.map((variant) => {
      const { ROW_LANES, GROUP, SUBGROUP } = tunedVariant(attention, variant, software, { sizes, scalars }).dims;
      return ROW_LANES ?? GROUP ?? SUBGROUP;
    });
    expect(sizesOf).toEqual([4, 16, 4, 8]);
    expect(
      [...proposals(attention, software, { sizes, scalars })].map(({ variant, row }) => [variant.name, !!row]),
    ).toEqual([
      ["shuffle", true],
      ["tile", true],
      ["workgroup", true],
      ["tile", true],
      ["workgroup", true],
      ["tile", false],
      ["workgroup", false],
      ["shuffle", false],
      ["matrix", false],
    ]);
  });
});
