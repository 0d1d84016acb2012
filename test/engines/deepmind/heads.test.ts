/** deepmind's template embedder and heads as plans: figures that do not depend on the machine, and what is refused. */
import { describe, expect, it } from "vitest";
import { findComponent, findEngine, findPreset, type PresetName } from "../../../src/engines/index.ts";
import { planMemory } from "../../../src/gpu/plan/memory.ts";
import { Plan } from "../../../src/gpu/plan/plan.ts";
import { deviceInputs } from "../../support/single_pass.ts";
import { target } from "../../support/target.ts";

const engine = findEngine("deepmind");
const PARTS = ["template_embedding", "confidence_head", "distogram_head"] as const;

function configured(part: string, preset: PresetName, sizes: Readonly<Record<string, number>>) {
  const { config, widths } = findPreset("deepmind", part, preset);
  return findComponent(engine, part).configure(config, { ...widths, ...sizes }, () => {});
}

function planOf(part: string, preset: PresetName, sizes: Readonly<Record<string, number>>): Plan {
  const plan = new Plan(target);
  configured(part, preset, sizes).record(plan);
  return plan;
}

/** Bytes of all buffers of activations in units of one pair tensor. */
function pairTensors(plan: Plan, tokens: number): number {
  const { buffers } = planMemory(plan.lifetimes().lifetimes);
  return buffers.reduce((sum, bytes) => sum + bytes, 0) / (4 * 128 * tokens ** 2);
}

describe.each(PARTS)("%s", (part) => {
  it.each(Object.keys(findEngine("deepmind").presets))(
    "can be recorded at the preset %s, and has weights by seed",
    (preset) => {
      const component = configured(part, preset, { tokens: 7 });
      component.record(new Plan(target));
      for (const [name, shape] of component.weights) expect(() => engine.randomWeight(name, shape, 0)).not.toThrow();
    },
  );

  it("makes inputs that it takes", () => {
    const component = configured(part, "tiny", { tokens: 7 });
    const given = component.randomInputs(3);
    expect([...given.keys()]).toEqual(component.component.inputs.map(({ name }) => name));
    const device = deviceInputs(component, given);
    const plan = planOf(part, "tiny", { tokens: 7 });
    const wanted = plan.sections.flatMap(({ inputs }) => [...inputs]);
    for (const [name, { bytes }] of wanted) expect(device.get(name)?.byteLength, name).toBe(bytes);
  });
});

describe("templates", () => {
  it("need no more memory for being many", () => {
    const [few, many] = [3, 20].map((templates) =>
      pairTensors(planOf("template_embedding", "paper", { tokens: 256, templates }), 256),
    );
    expect(many - few).toBeLessThan(0.05);
    expect(many).toBeLessThan(6);
  });

  it("are refused without a slot", () => {
    expect(() => configured("template_embedding", "tiny", { tokens: 7, templates: 0 })).toThrow(/no template slot/);
  });
});

describe("the confidence head", () => {
  it("holds at most 6 pair tensors beside the weights", () => {
    expect(pairTensors(planOf("confidence_head", "paper", { tokens: 256 }), 256)).toBeLessThan(6);
  });

  it.each([
    [{ num_bins: 2 }, /num_bins should be at least 3/],
    [{ pae: { num_bins: 2 } }, /pae\.num_bins should be at least 3/],
    [{ c_target: 5 }, /c_target is 5, but the inputs have 9/],
  ])("refuses %j", (config, message) => {
    const component = findComponent(engine, "confidence_head");
    const sizes = { tokens: 7, c_s: 16, c_z: 16, c_target: 9 };
    expect(() => component.configure(config, sizes, () => {})).toThrow(message);
  });
});
