/** Figures of the stacks over the MSA that do not depend on the machine. */
import { describe, expect, it } from "vitest";
import { describePlan } from "../../src/bench/core/plan_report.ts";
import type { EngineName } from "../../src/engines/core/component.ts";
import { findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import { Plan } from "../../src/gpu/plan/plan.ts";
import { target } from "../support/target.ts";

const components: readonly (readonly [EngineName, string])[] = [
  ["deepmind", "msa_stack"],
  ["ligo", "msa_module"],
];

function blockAt(engine: EngineName, name: string, tokens: number, rows: number) {
  const { config, widths } = findPreset(engine, name, "block");
  const plan = new Plan(target);
  const configured = findComponent(findEngine(engine), name).configure(config, { ...widths, tokens, rows }, () => {});
  configured.record(plan);
  return { plan, pairBytes: 4 * 128 * tokens ** 2, figures: describePlan(plan, configured) };
}

describe.each(components)("%s's %s at published widths", (engine, name) => {
  it("never makes the products of all channels at once, nor anything larger than pair and MSA", () => {
    for (const [tokens, rows] of [
      [256, 256],
      [128, 1024],
    ]) {
      const { plan, pairBytes } = blockAt(engine, name, tokens, rows);
      const msaBytes = 4 * 64 * tokens * rows;
      expect(Math.max(...plan.tensors.map(({ bytes }) => bytes))).toBeLessThanOrEqual(Math.max(pairBytes, msaBytes));
    }
  });

  it("does the work that it needs and little more", () => {
    const { figures } = blockAt(engine, name, 256, 256);
    const pairs = 256 ** 2;
    const outer = 2 * pairs * 32 ** 2 * (256 + 128);
    const averaging = 2 * pairs * 256 * 64;
    const block = 1_116_160 * pairs + 1536 * 256 ** 3;
    expect(figures.flops).toBeGreaterThan(outer + averaging + block);
    expect(figures.flops).toBeLessThan(1.1 * (outer + averaging + block));
    expect(figures.flops_done_ratio).toBeLessThanOrEqual(1.05);
  });

  it("needs no chunks at small N", () => {
    const { plan } = blockAt(engine, name, 64, 128);
    const count = (kernel: string) => plan.steps.filter((step) => step.kernel.name === kernel).length;
    expect([count("outer_product"), count("weighted_average"), count("common_rows")]).toEqual([1, 1, 1]);
    expect(plan.steps.length).toBeLessThanOrEqual(28);
  });
});
