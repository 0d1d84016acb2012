/** Mixed precision as recorded: which arrays of whole networks are halves, and what that saves. */
import { describe, expect, it } from "vitest";
import { allUnits } from "../../src/backends/matrix_units.ts";
import { withPrecision } from "../../src/backends/precision.ts";
import { describePlan } from "../../src/bench/core/plan_report.ts";
import { engineNames, findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import { Plan, type Section } from "../../src/gpu/plan/plan.ts";
import type { Target } from "../../src/gpu/plan/target.ts";
import { cube, target, withMatrices } from "../support/target.ts";

const mixed = withPrecision(target, { precision: "mixed" });
const software = { ...target, software: true, subgroupSize: 8, features: new Set(["subgroups"]) };

function recorded(engine: string, component: string, on: Target, preset: "tiny" | "block" = "tiny", tokens = 24) {
  const { config, widths } = findPreset(engine, component, preset);
  const plan = new Plan(on);
  const configured = findComponent(findEngine(engine), component).configure(config, { ...widths, tokens }, () => {});
  configured.record(plan);
  return { plan, configured };
}

const halvesOf = (plan: Plan, { first, end }: Pick<Section, "first" | "end">): string[] =>
  plan.steps
    .slice(first, end)
    .flatMap(({ label, tensors }) => (tensors.some(({ dtype }) => dtype === "f16") ? [label] : []));

const networks = engineNames.flatMap((engine) =>
  Object.keys(findEngine(engine).presets.tiny ?? {}).flatMap((component) => {
    const known = findEngine(engine).components.find(({ name }) => name === component);
    return known ? [{ engine, component }] : [];
  }),
);

describe.each(networks)("$engine $component", ({ engine, component }) => {
  const { plan } = recorded(engine, component, mixed);
  const diffusion = component.startsWith("diffusion");

  it("takes and gives float32", () => {
    for (const { inputs, outputs } of plan.sections)
      for (const { name, dtype } of [...inputs.values(), ...outputs.values()])
        expect([name, dtype]).not.toContain("f16");
  });

  it("keeps the diffusion module in float32, unless it is asked for", () => {
    const whole = diffusion ? plan.sections : plan.sections.filter(({ name }) => /denoising|diffusion/.test(name));
    expect(whole.flatMap((section) => halvesOf(plan, section))).toEqual([]);
    if (!diffusion && whole.length === 0) return;
    const asked = recorded(
      engine,
      component,
      withPrecision(target, { precision: "mixed", diffusionPrecision: "mixed" }),
    );
    const sections = diffusion
      ? asked.plan.sections
      : asked.plan.sections.filter(({ name }) => /denoising|diffusion/.test(name));
    for (const section of sections) expect(halvesOf(asked.plan, section).length).toBeGreaterThan(0);
  });

  it("takes the same steps as in float32 but for chunks, on GPUs and on CPUs", () => {
    for (const on of [target, software]) {
      const kernels = (one: Target) => recorded(engine, component, one).plan.steps.map(({ label }) => label);
      expect(kernels(withPrecision(on, { precision: "mixed" }))).toEqual(kernels(on));
    }
  });
});

describe.each(networks.filter(({ component }) => !component.startsWith("diffusion")))(
  "$engine $component beside its diffusion",
  ({ engine, component }) => {
    it("multiplies by weights in halves, with sums and biases in float32", () => {
      const { plan } = recorded(engine, component, mixed);
      const own = plan.constants
        .map(({ tensor }) => tensor)
        .filter(({ name, bytes }) => bytes > 0 && !/denoising|diffusion conditioning/.test(name));
      // Rows that are looked up, not multiplied by, have names of their own.
      const weights = own.filter(({ name }) => name.endsWith(" weights") && !name.endsWith("pair weights"));
      expect(weights.length).toBeGreaterThan(0);
      expect(weights.filter(({ dtype }) => dtype !== "f16").map(({ name }) => name)).toEqual([]);
      expect(own.filter(({ name, dtype }) => name.endsWith(" terms") && dtype !== "f32")).toEqual([]);
    });
  },
);

describe.each(engineNames)("%s's block at published widths and N = 256 in mixed precision", (engine) => {
  const figures = (on: Target) => {
    const { plan, configured } = recorded(engine, "pairformer", on, "block", 256);
    return describePlan(plan, configured);
  };
  // What such GPUs have; with WebGPU's defaults of half of it, and on others, the end of the pair's half of a block is three steps.
  const room = { ...target.limits, maxComputeWorkgroupStorageSize: 32768 };
  const roomy = { ...target, adapter: { ...target.adapter, vendor: "amd" }, limits: room };
  const [own, float32] = [figures(withPrecision(roomy, { precision: "mixed" })), figures(roomy)];

  it("holds its weights in little more than half the bytes", () => {
    expect(own.weights_bytes / float32.weights_bytes).toBeLessThan(0.53);
  });

  it("moves less than in float32", () => {
    expect(own.traffic_bytes / (own.pair_bytes ?? 0)).toBeLessThanOrEqual(26.8);
    expect(own.traffic_bytes / float32.traffic_bytes).toBeLessThan(0.61);
  });

  it("takes 17 dispatches, 19 elsewhere, and does at most 1.05 times the work that is needed", () => {
    expect(own.dispatches_per_block).toBe(17);
    expect(figures(mixed).dispatches_per_block).toBe(19);
    expect(own.flops_done_ratio).toBeLessThanOrEqual(1.05);
  });

  it("moves 23.8 pair tensors on matrix units, in 14 dispatches, where nothing is undone that is fused", () => {
    const units = { ...withMatrices([cube(16)], [32, 32]), limits: room, tested: allUnits };
    const there = figures(withPrecision(units, { precision: "mixed" }));
    expect(there.traffic_bytes / (there.pair_bytes ?? 0)).toBeLessThanOrEqual(23.8);
    expect(there.dispatches_per_block).toBe(14);
    expect(there.flops_done_ratio).toBeLessThanOrEqual(1.05);
    expect(there.activation_bytes).toBeLessThanOrEqual(float32.activation_bytes);
    expect(there.steps.filter(({ variant }) => variant !== "matrix").map(({ label }) => label)).toEqual([]);
  });

  it("needs no more memory than in float32", () => {
    expect(own.activation_bytes).toBeLessThanOrEqual(float32.activation_bytes);
  });
});

describe.each(engineNames)("the triangles' products of %s", (engine) => {
  const scales = (on: Target, tokens: number) => {
    const steps = recorded(engine, "pairformer", on, "tiny", tokens).plan.steps;
    const of = (kernel: string, name: string) =>
      steps.filter((step) => step.kernel.name === kernel).map(({ dims }) => dims[name]);
    return { scale: of("triangle_combine", "scale"), unscale: of("triangle_output", "unscale") };
  };

  it.each([
    { tokens: 1, root: 1 },
    { tokens: 24, root: 4 },
    { tokens: 256, root: 16 },
  ])("over $tokens tokens are halves of a $root-th, exactly undone before the norm", ({ tokens, root }) => {
    const { scale, unscale } = scales(mixed, tokens);
    expect(new Set(scale)).toEqual(new Set([1 / root]));
    expect(new Set(unscale)).toEqual(new Set([root]));
    expect(scale.length).toBe(unscale.length);
  });

  it("are as they are in float32", () => {
    const { scale, unscale } = scales(target, 256);
    expect(new Set([...scale, ...unscale])).toEqual(new Set([1]));
  });
});
