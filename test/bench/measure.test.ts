/** When sampling stops, with a clock that moves only when it is told to. */
import { describe, expect, it } from "vitest";
import { benchRule, exactly, kernelRule, sampleUntil, stopReason, timeLeft } from "../../src/bench/core/measure.ts";
import { CancelledError } from "../../src/errors.ts";

/** Samples that take `step` milliseconds each. */
function fake(values: readonly number[], step: number) {
  let [now, index] = [0, 0];
  return {
    clock: () => now,
    task: async () => {
      now += step;
      return values[index++ % values.length];
    },
  };
}

describe("sampling", () => {
  it("takes ten samples even if they agree at once", async () => {
    const { task, clock } = fake([5], 1000);
    expect(await sampleUntil(task, kernelRule, clock)).toMatchObject({
      samples: Array(10).fill(5),
      stopped: "noise",
      noise: 0,
    });
  });

  it("goes on for half a second even if they agree", async () => {
    const { task, clock } = fake([5], 10);
    expect((await sampleUntil(task, kernelRule, clock)).samples).toHaveLength(50);
  });

  it("goes on while they are noisy, and says that the time was up", async () => {
    const { task, clock } = fake([1, 9, 5, 20, 2], 1000);
    const { samples, stopped, noise } = await sampleUntil(task, kernelRule, clock);
    expect([samples.length, stopped]).toEqual([15, "time"]);
    expect(noise).toBeGreaterThan(kernelRule.noise);
  });

  it("keeps every sample in order", async () => {
    const { task, clock } = fake([3, 1, 2], 100);
    const { samples } = await sampleUntil(task, { ...kernelRule, maxTime: 300 }, clock);
    expect(samples).toEqual([3, 1, 2]);
  });

  it("stops at once when it is cancelled", async () => {
    const { task, clock } = fake([1], 1);
    await expect(sampleUntil(task, kernelRule, clock, AbortSignal.abort())).rejects.toBeInstanceOf(CancelledError);
  });
});

describe("stopping", () => {
  it("takes exactly as many as were asked for", async () => {
    const { task, clock } = fake([5], 1_000_000);
    expect(await sampleUntil(task, exactly(3), clock)).toMatchObject({ samples: [5, 5, 5], stopped: "samples" });
    expect(await sampleUntil(task, exactly(1), clock)).toMatchObject({ samples: [5], stopped: "samples" });
  });

  it("does not begin what the time will not hold", () => {
    expect(stopReason(benchRule(20_000), [9000], 12_000, 9000)).toBe("time");
    expect(stopReason(benchRule(20_000), [9000], 10_000, 9000)).toBeUndefined();
  });
});

describe("the time that is left", () => {
  it("is what is missing of a number", () => {
    expect(timeLeft(exactly(5), [10, 12], 22, undefined)).toBe(33);
    expect(timeLeft(exactly(5), [], 0, 7)).toBe(35);
    expect(timeLeft(exactly(5), [], 0, undefined)).toBeUndefined();
    expect(timeLeft(exactly(2), [1, 1], 2, 1)).toBe(0);
  });

  it("is at most the time limit's, and less where the median will be certain before", () => {
    expect(timeLeft(benchRule(20_000), [], 5000, undefined)).toBe(15_000);
    expect(timeLeft(benchRule(20_000), [10, 10], 5000, undefined)).toBe(30);
    const noisy = [1000, 2000, 3000];
    expect(timeLeft(benchRule(20_000), noisy, 6000, undefined)).toBe(14_000);
    expect(timeLeft(benchRule(1000), noisy, 6000, undefined)).toBe(0);
  });
});
