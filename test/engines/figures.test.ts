/** Figures of the Pairformer that do not depend on the machine: the bounds of docs/performance.md. */
import { describe, expect, it } from "vitest";
import { largestTokens } from "../../src/backends/fit.ts";
import { describePlan } from "../../src/bench/core/plan_report.ts";
import { engineNames, findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import { Plan } from "../../src/gpu/plan/plan.ts";
import { target } from "../support/target.ts";

function blockAt(engine: (typeof engineNames)[number], tokens: number, on = target) {
  const component = findComponent(findEngine(engine), "pairformer");
  const { config, widths } = findPreset(engine, "pairformer", "block");
  const plan = new Plan(on);
  const configured = component.configure(config, { ...widths, tokens }, () => {});
  configured.record(plan);
  const description = describePlan(plan, configured);
  return { plan, description: { ...description, pair_bytes: description.pair_bytes ?? Number.NaN } };
}

describe.each(engineNames)("%s's block at published widths and N = 256", (engine) => {
  const { plan, description } = blockAt(engine, 256);

  it("takes at most 24 dispatches", () => {
    expect(description.dispatches_per_block).toBeLessThanOrEqual(24);
  });

  it("moves at most 46 pair tensors", () => {
    expect(description.traffic_bytes / description.pair_bytes).toBeLessThanOrEqual(46);
  });

  // Below N = 22, the single representation takes most, and some N pass the bound.
  it.each([16, 22, 40, 65, 131, 256, 385, 510])(
    "holds at most 5 pair tensors beside the weights at N = %i",
    (tokens) => {
      const { activation_bytes, pair_bytes } = blockAt(engine, tokens).description;
      expect(activation_bytes / pair_bytes).toBeLessThanOrEqual(5);
    },
  );

  it("does at most 1.05 times the work that is needed", () => {
    expect(description.flops_done_ratio).toBeLessThanOrEqual(1.05);
  });

  it("does the work that the cost model of one block states", () => {
    const pair = 1_116_160 * 256 ** 2 + 1536 * 256 ** 3;
    expect(description.flops).toBeGreaterThan(pair);
    expect(description.flops).toBeLessThan(1.05 * pair);
  });

  it("never makes a tensor that grows with N³", () => {
    const largest = Math.max(...plan.tensors.map(({ bytes }) => bytes));
    expect(largest).toBeLessThanOrEqual(description.pair_bytes);
  });
});

it("no N needs chunks where transitions are one kernel: 19 dispatches", () => {
  expect([64, 512].map((tokens) => blockAt("ligo", tokens).plan.steps.length)).toEqual([19, 19]);
});

it("software adapters take the steps of transitions and gates one by one: 20 dispatches, more with chunks", () => {
  const software = { ...target, software: true, subgroupSize: 8, features: new Set(["subgroups"]) };
  expect([64, 256].map((tokens) => blockAt("ligo", tokens, software).plan.steps.length)).toEqual([20, 26]);
});

it("heads wider than the pair make chunks, not intermediates larger than the pair", () => {
  const component = findComponent(findEngine("ligo"), "pairformer");
  const plan = new Plan({ ...target, chunkBytes: 1 });
  const config = { c_s: 16, c_z: 16, no_blocks: 1, c_hidden_mul: 16, c_hidden_pair_attn: 16, no_heads_single_attn: 2 };
  component.configure(config, { tokens: 100 }, () => {}).record(plan);
  const pair = 4 * 16 * 100 ** 2;
  expect(Math.max(...plan.tensors.map(({ bytes }) => bytes))).toBeLessThanOrEqual(pair);
});

it("finds the largest N that the limits allow", () => {
  const component = findComponent(findEngine("ligo"), "pairformer");
  const { config } = findPreset("ligo", "pairformer", "block");
  // A pair tensor of 512 tokens fills the default binding of 128 MiB exactly.
  expect(largestTokens({ component, config, sizes: {} }, target)).toBe(512);
  const tight = { ...target, limits: { ...target.limits, maxStorageBufferBindingSize: 1000 } };
  expect(largestTokens({ component, config, sizes: {} }, tight)).toBe(0);
});
