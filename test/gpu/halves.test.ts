/** Recording calls whose arrays hold halves: types follow tensors and what the caller asks for, and bytes follow types. */
import { describe, expect, it } from "vitest";
import { shaders } from "../../src/generated/shaders.ts";
import { type AnyKernel, costOf, halvesOf, type Variant } from "../../src/gpu/plan/kernel.ts";
import { Plan, slice } from "../../src/gpu/plan/plan.ts";
import { chooseVariant } from "../../src/gpu/plan/variant.ts";
import { compose, formOf } from "../../src/gpu/shader/compose.ts";
import { attention } from "../../src/kernels/attention.ts";
import { boundOf, reduction } from "../../src/kernels/check/tolerance.ts";
import { matmul } from "../../src/kernels/matmul.ts";
import { triangleProject } from "../../src/kernels/triangle_project.ts";
import { target } from "../support/target.ts";

const sizes = { rows: 5, K: 8, COLUMNS: 12 };
const scalars = {};

function halfProduct() {
  const plan = new Plan(target);
  const [x, weights] = [plan.input("x", [5, 8]), plan.input("w", [12, 8], "f16")];
  return { plan, x, weights };
}

describe("a call with halves", () => {
  it("takes the types of its tensors, and leaves what it writes as float32", () => {
    const { plan, x, weights } = halfProduct();
    const { y } = plan.dispatch(matmul, { x, weights }, { scalars });
    expect([y.dtype, y.bytes]).toEqual(["f32", 4 * 5 * 12]);
    expect(plan.steps[0].dtypes).toEqual({ x: "f32", weights: "f16", y: "f32" });
    expect(plan.steps[0].cost.bytes).toBe(4 * 5 * 8 + 2 * 12 * 8 + 4 * 5 * 12);
  });

  it("stores outputs as the caller asks, in new tensors or in its own", () => {
    const { plan, x, weights } = halfProduct();
    const { y } = plan.dispatch(matmul, { x, weights }, { scalars, store: { y: "f16" } });
    expect([y.dtype, y.bytes]).toEqual(["f16", 2 * 5 * 12]);
    const whole = plan.empty("y", [64 * 5, 12], "f16");
    const into = { y: slice(whole, 5 * 32, 5) };
    const { y: own } = plan.dispatch(matmul, { x, weights }, { scalars, into });
    expect([own.id, own.dtype]).toEqual([whole.id, "f16"]);
    expect(() => plan.dispatch(matmul, { x, weights }, { scalars, into, store: { y: "f32" } })).toThrow(
      "matmul: y is to be stored as f32, but y holds f16",
    );
  });

  it("has a shader of its own", () => {
    const { plan, x, weights } = halfProduct();
    plan.dispatch(matmul, { x, weights }, { scalars });
    plan.dispatch(matmul, { x, weights: plan.input("v", [12, 8]) }, { scalars });
    const [halves, floats] = plan.steps.map((step) =>
      compose(
        shaders,
        step.kernel,
        step.variant,
        { K: 8, COLUMNS: 12, TANH: 0, ...step.variant.params },
        formOf(step, target),
      ),
    );
    expect(halves).not.toBe(floats);
    expect(halves).toContain("alias Weight = vec2u;");
    expect(halves).toContain("alias Operand = vec4f;");
    expect(floats).not.toContain("vec2u;");
  });

  it("refuses halves in arrays that cannot hold them, and arrays of one alias that differ", () => {
    const plan = new Plan(target);
    const arrays = (pair: "f32" | "f16") => ({
      pair: plan.input(`pair ${pair}`, [3, 3, 4], pair),
      mask: plan.input(`mask ${pair}`, [3, 4]),
      weights: plan.input(`w ${pair}`, [16, 4]),
      terms: plan.input(`terms ${pair}`, [2, 16]),
    });
    expect(() => plan.dispatch(triangleProject, arrays("f16"), { scalars })).toThrow(
      "triangle_project: pair should hold f32 but pair f16 holds f16",
    );
    expect(() => plan.dispatch(triangleProject, arrays("f32"), { scalars, store: { a: "f16" } })).toThrow(
      "triangle_project: a, b are stored alike, but a holds f16 and b f32",
    );
  });

  it("does not ask what an array without elements would hold", () => {
    const plan = new Plan(target);
    const heads = (name: string) => plan.input(name, [1, 4, 1, 4], "f16");
    const arrays = { k: heads("k"), v: heads("v"), q: heads("q"), g: plan.input("g", [0, 4, 1, 4]) };
    const all = { ...arrays, bias: plan.input("bias", [1, 4, 4]), mask: plan.input("mask", [1, 4]) };
    plan.dispatch(attention, all, { params: { GATED: false }, scalars: { first_batch: 0, penalty: 1 } });
    expect(plan.steps[0].dtypes).toMatchObject({ g: "f16", q: "f16", bias: "f32" });
  });

  it("is refused by a variant that wants other types", () => {
    const [first] = matmul.variants;
    const demanding: Variant = { ...first, name: "demanding", dtypes: { weights: "f16" } };
    const kernel: AnyKernel = { ...matmul, variants: [demanding, first] };
    const choose = (dtypes?: { weights: "f16" | "f32" }) =>
      chooseVariant(kernel, { ...target, tuning: [] }, { sizes, ...(dtypes && { dtypes }) }).variant.name;
    expect(choose({ weights: "f16" })).toBe("demanding");
    expect([choose({ weights: "f32" }), choose()]).toEqual([first.name, first.name]);
  });
});

it("halves cost half the bytes, and one rounding where they are written", () => {
  const dims = { ...sizes, TANH: 0, ...matmul.variants[0].params };
  const all = { dtypes: halvesOf(matmul) };
  const read = { dtypes: { ...all.dtypes, y: "f32" as const } };
  expect(all.dtypes).toEqual({ x: "f16", weights: "f16", y: "f16" });
  expect(costOf(matmul, all, dims).bytes).toBe(costOf(matmul, {}, dims).bytes / 2);
  expect([{}, read, all].map((typed) => boundOf(matmul, typed, dims))).toEqual([
    reduction(8),
    reduction(8),
    reduction(8) + 2 ** -11,
  ]);
});
