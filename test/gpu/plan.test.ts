/** Recording plans: labels, lifetimes, limits, variants. */
import { describe, expect, it } from "vitest";
import { UnavailableError } from "../../src/errors.ts";
import { Plan, reshape, slice } from "../../src/gpu/plan/plan.ts";
import { defaultLimits, type Target } from "../../src/gpu/plan/target.ts";
import { chooseVariant } from "../../src/gpu/plan/variant.ts";
import { grid } from "../../src/gpu/run/resources.ts";
import { matmul } from "../../src/kernels/matmul.ts";
import { projectResidual } from "../../src/kernels/project_residual.ts";
import { target } from "../support/target.ts";

const zeros = (length: number) => () => new Float32Array(length);

function twoSteps() {
  const plan = new Plan(target);
  const x = plan.input("x", [5, 8]);
  const { y } = plan.scope("block 0", () =>
    plan.scope("first", () =>
      plan.dispatch(matmul, { x, weights: plan.constant("w", [12, 8], zeros(96)) }, { scalars: {} }),
    ),
  );
  const residual = plan.input("residual", [5, 4]);
  const none = plan.constant("none", [0], zeros(0));
  const empty = plan.constant("none", [0, 4], zeros(0));
  const weights = plan.constant("w", [4, 12], zeros(48));
  const arrays = { x: y, weights, terms: empty, mask: none, gate: empty, residual };
  plan.dispatch(projectResidual, arrays, { scalars: { n: 1, first_row: 0 } });
  plan.output("residual", residual);
  return { plan, x, y, residual };
}

describe("a plan", () => {
  it("names steps by their scopes", () => {
    const { plan } = twoSteps();
    expect(plan.steps.map(({ label }) => label)).toEqual(["block 0/first/matmul", "project_residual"]);
    expect(plan.constants[0].tensor.name).toBe("block 0/first/w");
  });

  it("knows how long tensors live: inputs from before the start, outputs past the end, empty ones not at all", () => {
    const { plan, x, y, residual } = twoSteps();
    const { tensors, lifetimes } = plan.lifetimes();
    const life = (id: number) => lifetimes[tensors.findIndex((tensor) => tensor.id === id)];
    expect(life(x.id)).toMatchObject({ first: -1, last: 0 });
    expect(life(y.id)).toMatchObject({ first: 0, last: 1 });
    expect(life(residual.id)).toMatchObject({ first: -1, last: 2 });
    expect(tensors).toHaveLength(3);
  });

  it("sums the work of its steps", () => {
    expect(twoSteps().plan.cost().flops).toBe(2 * 5 * 8 * 12 + 2 * 5 * 12 * 4);
  });

  it("refuses shapes that contradict each other", () => {
    const plan = new Plan(target);
    const [x, weights] = [plan.input("x", [5, 8]), plan.input("w", [12, 4])];
    expect(() => plan.dispatch(matmul, { x, weights }, { scalars: {} })).toThrow("K is 8 in x but 4 in weights");
  });

  it("refuses arrays of another element type", () => {
    const plan = new Plan(target);
    const [x, weights] = [plan.input("x", [5, 8]), plan.input("w", [12, 8], "i32")];
    expect(() => plan.dispatch(matmul, { x, weights }, { scalars: {} })).toThrow(
      "matmul: weights should hold f32 or f16 but w holds i32",
    );
    const y = plan.empty("y", [5, 12], "u32");
    const good = plan.input("v", [12, 8]);
    expect(() => plan.dispatch(matmul, { x, weights: good }, { scalars: {}, into: { y } })).toThrow(
      "matmul: y should hold f32 or f16 but y holds u32",
    );
  });

  it("counts bytes by element type", () => {
    const plan = new Plan(target);
    expect(plan.input("x", [3, 5]).bytes).toBe(60);
    expect(plan.input("x", [3, 5], "f16").bytes).toBe(30);
    expect(slice(plan.empty("z", [64, 4], "f16"), 32, 32)).toMatchObject({ dtype: "f16", bytes: 256, offset: 256 });
  });

  it("reshapes without changing the number of elements", () => {
    const { x } = twoSteps();
    expect(reshape(x, [40]).id).toBe(x.id);
    expect(() => reshape(x, [41])).toThrow("cannot become [41]");
  });
});

describe("sections", () => {
  const weights = (plan: Plan) => plan.constant("w", [4, 4], zeros(16));
  /** A state that the first section gives to the second, which runs often; the third reads its result. */
  function threeSections() {
    const plan = new Plan(target);
    const state = plan.section("start", () => plan.input("state", [4, 4]));
    const { own, result } = plan.section("often", () => {
      const { y: own } = plan.dispatch(matmul, { x: state, weights: weights(plan) }, { scalars: {} });
      const { y: result } = plan.dispatch(matmul, { x: own, weights: weights(plan) }, { scalars: {} });
      return { own, result };
    });
    plan.section("end", () => {
      const { y } = plan.dispatch(matmul, { x: result, weights: weights(plan) }, { scalars: {} });
      plan.output("y", y);
    });
    return { plan, state, own, result };
  }

  it("know their steps, inputs and outputs", () => {
    const { plan } = threeSections();
    expect(plan.sections.map(({ name, first, end }) => [name, first, end])).toEqual([
      ["start", 0, 0],
      ["often", 0, 2],
      ["end", 2, 3],
    ]);
    expect([...plan.sections[0].inputs.keys(), ...plan.sections[2].outputs.keys()]).toEqual(["state", "y"]);
    expect(plan.steps.map(({ label }) => label)).toEqual(["often/matmul", "often/matmul", "end/matmul"]);
  });

  it("keep what a section finds until it has run for the last time, and give the rest back", () => {
    const { plan, state, own, result } = threeSections();
    const { tensors, lifetimes } = plan.lifetimes();
    const life = (id: number) => lifetimes[tensors.findIndex((tensor) => tensor.id === id)];
    expect(life(state.id)).toMatchObject({ first: -1, last: 2 });
    expect(life(own.id)).toMatchObject({ first: 0, last: 1 });
    expect(life(result.id)).toMatchObject({ first: 1, last: 3 });
  });

  it("have names of their own, and leave no step outside", () => {
    const { plan } = threeSections();
    expect(() => plan.section("often", () => {})).toThrow("there is a section often already");
    expect(() => twoSteps().plan.section("late", () => {})).toThrow("what stands before has no section");
  });
});

describe("slices", () => {
  it("are rows of a tensor that begin where a binding can", () => {
    const plan = new Plan(target);
    const whole = plan.empty("whole", [64, 4]);
    expect(slice(whole, 16, 32)).toMatchObject({ id: whole.id, shape: [32, 4], bytes: 512, offset: 256 });
    expect(slice(slice(whole, 16, 48), 16, 4).offset).toBe(512);
    expect(() => slice(whole, 1, 4)).toThrow("row 1 of whole begins at byte 16");
  });

  it("take outputs of their size only", () => {
    const plan = new Plan(target);
    const [x, w] = [plan.input("x", [16, 4]), plan.constant("w", [4, 4], zeros(16))];
    const whole = plan.empty("whole", [64, 4]);
    const into = (rows: number) =>
      plan.dispatch(matmul, { x, weights: w }, { scalars: {}, into: { y: slice(whole, 16, rows) } });
    expect(into(16).y.id).toBe(whole.id);
    expect(() => into(32)).toThrow("does not hold y [16, 4]");
  });
});

describe("variants", () => {
  const dims = { rows: 5, K: 8, COLUMNS: 12 };
  const choose = (given: Partial<Target>) => chooseVariant(matmul, { ...target, ...given }, { sizes: dims });
  const subgroups = new Set(["subgroups"]);

  it("are chosen by the tuning table", () => {
    expect(choose({}).variant.name).toBe("workgroup");
    expect(choose({ software: true, features: subgroups, subgroupSize: 8 }).variant.name).toBe("shuffle");
    const small = choose({ software: true, features: subgroups, subgroupSize: 4 });
    expect([small.variant.name, small.dims.GROUP]).toEqual(["shuffle", 4]);
  });

  it("fall back when the device lacks a feature or has subgroups of unknown size", () => {
    expect(choose({ software: true, subgroupSize: 8 }).variant.name).toBe("workgroup");
    expect(choose({ software: true, features: subgroups }).variant.name).toBe("workgroup");
  });

  it("say why when none can run", () => {
    const limits = { ...defaultLimits, maxComputeWorkgroupStorageSize: 16 };
    expect(() => choose({ limits })).toThrow(UnavailableError);
    expect(() => choose({ limits })).toThrow(/workgroup needs [\d.]+ KiB of workgroup memory; shuffle needs subgroups/);
  });
});

describe("grids", () => {
  it("folds more than 65,535 workgroups into two dimensions", () => {
    expect(grid(65535, 65535)).toEqual([65535, 1]);
    const [x, y] = grid(65536, 65535);
    expect(x * y).toBeGreaterThanOrEqual(65536);
    expect(Math.max(x, y)).toBeLessThanOrEqual(65535);
    expect(() => grid(65535 ** 2 + 1, 65535)).toThrow("pass the device's limit");
  });
});
