/** Plans within a limit of memory: the search for chunks, and for the largest N. */
import { describe, expect, it } from "vitest";
import { largestTokens, type Planned, recordFitting } from "../../src/engines/backends/fit.ts";
import { findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import type { Plan } from "../../src/gpu/plan.ts";
import { memoryOf } from "../../src/gpu/resources.ts";
import { target } from "../support/target.ts";

const { config } = findPreset("ligo", "pairformer", "block");
const component = findComponent(findEngine("ligo"), "pairformer");
const planned = (tokens: number): Planned => ({ component, config, sizes: { tokens } });

function plan(tokens: number, limit?: number, chunkBytes = target.chunkBytes): Plan {
  const { sizes } = planned(tokens);
  const record = (plan: Plan): void => component.configure(config, sizes, () => {}).record(plan);
  return recordFitting({ ...target, chunkBytes }, planned(tokens), record, limit);
}

function bytesOf(plan: Plan): number {
  const { constants, transients, overhead } = memoryOf(plan);
  return constants + transients + overhead;
}

describe("a limit of memory", () => {
  const [whole, least] = [bytesOf(plan(64)), bytesOf(plan(64, undefined, 1))];

  it("leaves a plan that fits as it is", () => {
    expect(least).toBeLessThan(whole);
    expect(plan(64, whole).target.chunkBytes).toBe(target.chunkBytes);
  });

  it("makes chunks smaller until the plan fits, and no smaller than that", () => {
    const limit = whole - 1;
    const fitting = plan(64, limit);
    expect(bytesOf(fitting)).toBeLessThanOrEqual(limit);
    expect(fitting.target.chunkBytes).toBeLessThan(target.chunkBytes);
    expect(bytesOf(plan(64, undefined, 2 * fitting.target.chunkBytes))).toBeGreaterThan(limit);
    expect(bytesOf(plan(64, least))).toBeLessThanOrEqual(least);
  });

  it("that cannot be kept is refused with the largest N that can", () => {
    const largest = largestTokens(planned(64), target, least - 1);
    expect(largest).toBeGreaterThan(0);
    expect(largest).toBeLessThan(64);
    expect(bytesOf(plan(largest, least - 1))).toBeLessThan(least);
    expect(() => plan(largest + 1, least - 1)).toThrow(/does not fit/);
    expect(() => plan(64, least - 1)).toThrow(
      `ligo pairformer: N = 64 does not fit: it needs ${least} bytes in the smallest chunks, the memory limit is ${least - 1}; the largest N that fits is ${largest}`,
    );
    expect(() => plan(64, 1000)).toThrow(/; no N fits$/);
  });
});

it("more atoms come with more tokens when the largest N is looked for", () => {
  const seen: [number, number][] = [];
  const counting: Planned = {
    component: {
      ...component,
      configure(given, sizes, note) {
        seen.push([sizes.tokens, sizes.atoms]);
        return component.configure(given, { tokens: sizes.tokens }, note);
      },
    },
    config,
    sizes: { tokens: 10, atoms: 64 },
  };
  largestTokens(counting, target);
  for (const [tokens, atoms] of seen) expect(atoms).toBe(32 * Math.ceil((6.4 * tokens) / 32));
});
