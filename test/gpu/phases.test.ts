/** What is on the device together, with offload and without. */
import { describe, expect, it } from "vitest";
import { type MemoryPhase, phasesOf } from "../../src/gpu/plan/phases.ts";
import { Plan, type Tensor } from "../../src/gpu/plan/plan.ts";
import { memoryOf, totalOf } from "../../src/gpu/run/resources.ts";
import { matmul } from "../../src/kernels/matmul.ts";
import { target } from "../support/target.ts";

const SIZE = 64;
const BYTES = 4 * SIZE ** 2;

/** The first section makes two tensors; the second reads one of them, the third the other one and what the second has made. */
function gap(offload: boolean) {
  const plan = new Plan({ ...target, offload });
  const multiply = (x: Tensor, name: string): Tensor => {
    const weights = plan.constant(name, [SIZE, SIZE], () => new Float32Array(SIZE ** 2));
    return plan.dispatch(matmul, { x, weights }, { scalars: {} }).y;
  };
  const { near, far } = plan.section("first", () => {
    const x = plan.input("x", [SIZE, SIZE]);
    return { near: multiply(x, "one"), far: multiply(x, "two") };
  });
  const made = plan.section("second", () => multiply(multiply(near, "three"), "four"));
  plan.section("third", () => {
    plan.output("far", far);
    plan.output("y", multiply(made, "five"));
  });
  return { plan, near, far, made };
}

const idsOf = (tensors: readonly Tensor[]): number[] => tensors.map(({ id }) => id).sort((a, b) => a - b);

describe("without offload", () => {
  it("everything stays from the beginning to the end", () => {
    const { plan } = gap(false);
    const [phase, ...others] = phasesOf(plan);
    expect(others).toEqual([]);
    expect(phase.sections).toBe(plan.sections);
    expect(phase.constants).toHaveLength(5);
    expect([phase.restored, phase.saved]).toEqual([[], []]);
    expect({ tensors: phase.tensors, lifetimes: phase.lifetimes }).toEqual(plan.lifetimes());
  });

  it("a plan of one section has nothing to offload", () => {
    const plan = new Plan({ ...target, offload: true });
    plan.output("x", plan.input("x", [4]));
    expect(phasesOf(plan)).toHaveLength(1);
  });
});

describe("with offload", () => {
  const { plan, near, far, made } = gap(true);
  const phases = phasesOf(plan);
  const life = (phase: MemoryPhase, tensor: Tensor) =>
    phase.lifetimes[phase.tensors.findIndex(({ id }) => id === tensor.id)];

  it("each section has its own constants and its own steps", () => {
    expect(phases.map(({ sections: [{ name }] }) => name)).toEqual(["first", "second", "third"]);
    expect(phases.map(({ first, end }) => [first, end])).toEqual([
      [0, 2],
      [2, 4],
      [4, 5],
    ]);
    const constants = phases.map(({ constants }) => constants.map(({ tensor }) => tensor.name));
    expect(constants).toEqual([["first/one", "first/two"], ["second/three", "second/four"], ["third/five"]]);
  });

  it("what a later section needs is saved by those that touch it, and restored by those alone", () => {
    expect(phases.map(({ saved }) => idsOf(saved))).toEqual([idsOf([near, far]), idsOf([made]), []]);
    expect(phases.map(({ restored }) => idsOf(restored))).toEqual([[], idsOf([near]), idsOf([far, made])]);
    expect(life(phases[1], far)).toBeUndefined();
  });

  it("what a section finds it keeps, since it may run again, and what it leaves it keeps from then on", () => {
    expect(life(phases[1], near)).toEqual({ bytes: BYTES, first: 1, last: 4 });
    expect(life(phases[1], made)).toEqual({ bytes: BYTES, first: 3, last: 4 });
    expect(life(phases[0], near)).toEqual({ bytes: BYTES, first: 0, last: 2 });
  });

  it("needs the memory of the section that needs most", () => {
    const whole = memoryOf(gap(false).plan);
    // While the second section runs, what the third one will read is there too.
    expect([whole.constants, whole.transients]).toEqual([5 * BYTES, 4 * BYTES]);
    const memory = memoryOf(plan);
    expect([memory.constants, memory.transients]).toEqual([2 * BYTES, 3 * BYTES]);
    expect(totalOf(memory)).toBeLessThan(totalOf(whole));
  });
});

it("with offload, sections without steps stay with the one before them, which may run again", () => {
  const plan = new Plan({ ...target, offload: true });
  const y = plan.section("first", () => {
    const x = plan.input("x", [SIZE, SIZE]);
    const weights = plan.constant("one", [SIZE, SIZE], () => new Float32Array(SIZE ** 2));
    return plan.dispatch(matmul, { x, weights }, { scalars: {} }).y;
  });
  plan.section("read", () => plan.output("y", y));
  plan.section("last", () => plan.output("z", plan.dispatch(matmul, { x: y, weights: y }, { scalars: {} }).y));
  const phases = phasesOf(plan);
  expect(phases.map(({ sections }) => sections.map(({ name }) => name))).toEqual([["first", "read"], ["last"]]);
  expect(phases.map(({ saved }) => idsOf(saved))).toEqual([[y.id], []]);
});
