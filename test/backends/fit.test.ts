/** Plans within a limit of memory: the search for chunks and offload, and for the largest N. */
import { describe, expect, it } from "vitest";
import { largestTokens, type Planned, recordFitting, recordFittingSoon } from "../../src/backends/fit.ts";
import { findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import { CancelledError, TooLargeError } from "../../src/errors.ts";
import type { Plan } from "../../src/gpu/plan/plan.ts";
import type { Target } from "../../src/gpu/plan/target.ts";
import { memoryOf, totalOf } from "../../src/gpu/run/resources.ts";
import { sizeText } from "../../src/words.ts";
import { target as gpu } from "../support/target.ts";

/** Takes the steps of transitions and gates one by one: where they are one kernel, chunks save nothing. */
const target: Target = { ...gpu, software: true };

const { config } = findPreset("ligo", "pairformer", "block");
const component = findComponent(findEngine("ligo"), "pairformer");
const planned = (tokens: number): Planned => ({ component, config, sizes: { tokens } });

function plan(tokens: number, limit?: number, change: Partial<Target> = {}): Plan {
  const { sizes } = planned(tokens);
  const record = (plan: Plan) => component.configure(config, sizes, () => {}).record(plan);
  return recordFitting({ ...target, ...change }, planned(tokens), record, limit).plan;
}

const bytesOf = (plan: Plan): number => totalOf(memoryOf(plan));
/** What a limit can bring about at the most. */
const smallest = { chunkBytes: 2 ** 15, strictChunks: true, offload: true };

describe("a limit of memory", () => {
  const [whole, least] = [bytesOf(plan(64)), bytesOf(plan(64, undefined, smallest))];

  it("leaves a plan that fits as it is", () => {
    expect(least).toBeLessThan(whole);
    expect(plan(64, whole).target.chunkBytes).toBe(target.chunkBytes);
  });

  it("makes chunks smaller until the plan fits, and no smaller than that", () => {
    // Reading back in parts saves something too, without any chunks.
    const limit = bytesOf(plan(64, undefined, { strictChunks: true })) - 1;
    expect(limit).toBeLessThan(whole);
    const fitting = plan(64, limit);
    expect(bytesOf(fitting)).toBeLessThanOrEqual(limit);
    expect(fitting.target.chunkBytes).toBeLessThan(target.chunkBytes);
    const larger = { ...fitting.target, chunkBytes: 8 * fitting.target.chunkBytes };
    expect(bytesOf(plan(64, undefined, larger))).toBeGreaterThan(limit);
    expect(bytesOf(plan(64, least))).toBeLessThanOrEqual(least);
  });

  it("makes intermediates smaller than the representation, which are always allowed without one", () => {
    const queries = (plan: Plan): number =>
      Math.max(...plan.tensors.filter(({ name }) => /triangle.*\/q$/.test(name)).map(({ bytes }) => bytes));
    const pair = 4 * 128 * 64 ** 2;
    expect(queries(plan(64, undefined, { chunkBytes: 1 }))).toBe(pair);
    expect(queries(plan(64, least))).toBeLessThanOrEqual(pair / 16);
  });

  it("lets sections take turns once chunks that fill a GPU are not small enough", () => {
    const component = findComponent(findEngine("ligo"), "full");
    const { config, widths } = findPreset("ligo", "full", "tiny");
    const sizes = { ...widths, tokens: 16 };
    const record = (plan: Plan) => component.configure(config, sizes, () => {}).record(plan);
    const within = (limit?: number): Plan => recordFitting(target, { component, config, sizes }, record, limit).plan;
    const together = bytesOf(within());
    const { offload, strictChunks } = within(together - 1).target;
    expect([offload, strictChunks]).toEqual([true, undefined]);
    expect(within(together).target.offload).toBeUndefined();
  });

  it("that cannot be kept is refused with the largest N that can", () => {
    const largest = largestTokens(planned(64), target, least - 1);
    expect(largest).toBeGreaterThan(0);
    expect(largest).toBeLessThan(64);
    expect(bytesOf(plan(largest, least - 1))).toBeLessThan(least);
    expect(() => plan(largest + 1, least - 1)).toThrow(/does not fit/);
    expect(() => plan(64, least - 1)).toThrow(
      `ligo pairformer: N = 64 does not fit: it needs ${sizeText(least, Math.ceil)} at the least, the memory limit is ${sizeText(least - 1, Math.floor)}; the largest N that fits is ${largest}`,
    );
    expect(() => plan(64, 1000)).toThrow(/; no N fits$/);
  });

  it("and a device without the memory are refused with the error for what is too large", () => {
    expect(() => plan(64, 1000)).toThrow(TooLargeError);
    expect(() => plan(64, undefined, { memory: 1000 })).toThrow(TooLargeError);
    expect(() => plan(2 ** 14)).toThrow(TooLargeError);
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

describe("a search that may be left", () => {
  const { sizes } = planned(64);
  const record = (plan: Plan): number => {
    component.configure(config, sizes, () => {}).record(plan);
    return plan.steps.length;
  };

  it("finds what the other one finds", async () => {
    const limit = bytesOf(plan(64)) - 1;
    const found = await recordFittingSoon(target, planned(64), record, { limit });
    expect(found.plan.target.chunkBytes).toBe(plan(64, limit).target.chunkBytes);
    expect(found.recorded).toBe(found.plan.steps.length);
    await expect(recordFittingSoon(target, planned(64), record, { limit: 1000 })).rejects.toThrow(/; no N fits$/);
    await expect(recordFittingSoon(target, planned(64), record, { limit: 1000 })).rejects.toBeInstanceOf(TooLargeError);
  });

  it("ends between two plans once the signal has fired, which has its turn there", async () => {
    const controller = new AbortController();
    let plans = 0;
    const slow: Planned = {
      ...planned(64),
      component: {
        ...component,
        configure(...request) {
          // Longer than the host may work in one go, so that the first plan already makes the timer due.
          if (plans++ === 0) setTimeout(() => controller.abort(), 0);
          for (const start = performance.now(); performance.now() - start < 50; );
          return component.configure(...request);
        },
      },
    };
    const searching = recordFittingSoon(target, slow, record, { limit: 1000, signal: controller.signal });
    await expect(searching).rejects.toBeInstanceOf(CancelledError);
    expect(plans).toBeLessThanOrEqual(2);
  });
});
