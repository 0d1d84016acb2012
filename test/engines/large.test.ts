/** Whole networks at the published sizes whose pair representation is larger than a binding: plans alone, without a device. */
import { describe, expect, it } from "vitest";
import { engineNames, findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import { Plan } from "../../src/gpu/plan/plan.ts";
import type { Target } from "../../src/gpu/plan/target.ts";
import { target } from "../support/target.ts";

/** The limits of lavapipe, and of many GPUs: bindings of 128 MiB, and 16 of them. */
const on: Target = {
  ...target,
  limits: {
    ...target.limits,
    maxStorageBufferBindingSize: 2 ** 27,
    maxBufferSize: 2 ** 32 - 1,
    maxStorageBuffersPerShaderStage: 16,
  },
};

const recorded = (engine: (typeof engineNames)[number], name: string, tokens: number, device: Target): Plan => {
  const component = findComponent(findEngine(engine), name);
  const { config, widths } = findPreset(engine, component.name, "paper");
  const plan = new Plan(device);
  component.configure(config, { ...widths, tokens }, () => {}).record(plan);
  return plan;
};
const most = ({ steps }: Plan): number => Math.max(...steps.flatMap(({ parts }) => parts.map(({ length }) => length)));

const whole = engineNames.flatMap((engine) =>
  ["trunk", "full"]
    .filter((name) => findEngine(engine).components.some((component) => component.name === name))
    .map((name) => ({ engine, name })),
);

describe.each(whole)("$engine $name", ({ engine, name }) => {
  it.each([
    [512, 1],
    [640, 2],
    [1024, 4],
  ])("of %i tokens binds no array more often than the %i times that its pair takes", (tokens, parts) => {
    // What is one kernel on GPUs may be several on software adapters.
    for (const software of [false, true]) expect(most(recorded(engine, name, tokens, { ...on, software }))).toBe(parts);
  });

  it("is the same plan for any binding that holds all arrays", () => {
    const large = { ...on, limits: { ...on.limits, maxStorageBufferBindingSize: 2 ** 31 - 4 } };
    const facts = (device: Target) =>
      recorded(engine, name, 256, device).steps.map(({ label, dims, parts }) => ({ label, dims, parts }));
    expect(facts(on)).toEqual(facts(large));
  });
});
