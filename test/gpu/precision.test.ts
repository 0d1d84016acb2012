/** Which precision a plan records in, and which weights halves can hold. */
import { describe, expect, it } from "vitest";
import { fromHalf, toHalf } from "../../src/formats/half.ts";
import { RandomStream } from "../../src/formats/random.ts";
import { Plan } from "../../src/gpu/plan/plan.ts";
import { roundedToHalf } from "../../src/gpu/plan/precision.ts";
import { target } from "../support/target.ts";

const normal = (length: number, scale: number): Float32Array => new RandomStream(3, "weights").normal(length, scale);

describe("the range probe", () => {
  it("rounds weights to the nearest halves", () => {
    const weights = normal(64, 0.1);
    const { values, problem } = roundedToHalf(weights, 16);
    expect(values).toEqual(fromHalf(toHalf(weights)));
    expect(problem).toBeUndefined();
  });

  it("takes the largest half and refuses what is larger", () => {
    expect(roundedToHalf(Float32Array.of(1, 65504), 2).problem).toBeUndefined();
    expect(roundedToHalf(Float32Array.of(1, -65519), 2).problem).toMatch(/holds 6.55e\+4, the largest half is 65504/);
    expect(roundedToHalf(Float32Array.of(1, 1e6), 2).problem).toMatch(/holds 1.00e\+6/);
  });

  it("refuses columns of which halves would lose the digits, alone or beside others", () => {
    const small = normal(16, 2 ** -20);
    expect(roundedToHalf(small, 16).problem).toMatch(/so small that halves keep them to \de-\d only/);
    expect(roundedToHalf(Float32Array.of(...small, ...normal(16, 1)), 16).problem).toBeDefined();
  });

  it("forgives small values beside large ones of a column, and columns of zeros", () => {
    expect(roundedToHalf(Float32Array.of(...normal(15, 1), 2 ** -30), 16).problem).toBeUndefined();
    expect(roundedToHalf(new Float32Array(16), 4).problem).toBeUndefined();
  });
});

describe("a plan", () => {
  const mixed = { ...target, precision: { mode: "mixed" } } as const;

  it("stores operands as halves in mixed precision alone", () => {
    expect([new Plan(target).operand, new Plan(mixed).operand]).toEqual(["f32", "f16"]);
  });

  it("keeps parts of a network in float32 unless the target names them, also where recording one fails", () => {
    const plan = new Plan({ ...target, precision: { mode: "mixed", parts: { named: "mixed" } } });
    expect([plan.part("other", () => plan.precision), plan.part("named", () => plan.precision)]).toEqual([
      "f32",
      "mixed",
    ]);
    const fails = () =>
      plan.part("other", () => {
        throw new Error("no");
      });
    expect(fails).toThrow("no");
    expect(plan.precision).toBe("mixed");
    const only = new Plan({ ...target, precision: { mode: "f32", parts: { named: "mixed" } } });
    expect([only.precision, only.part("named", () => only.operand)]).toEqual(["f32", "f16"]);
  });

  it("keeps weights in float32 that the target knows to be beyond halves, by their whole name", () => {
    const plan = new Plan({ ...target, precision: { mode: "mixed", float32: new Set(["block 1/up weights"]) } });
    const typeIn = (block: string) => plan.scope(block, () => plan.weightType("up weights"));
    expect([typeIn("block 0"), typeIn("block 1")]).toEqual(["f16", "f32"]);
  });
});
