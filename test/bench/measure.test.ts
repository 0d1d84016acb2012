/** When sampling stops, with a clock that moves only when it is told to. */
import { describe, expect, it } from "vitest";
import { kernelRule, sampleUntil } from "../../src/bench/core/measure.ts";
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
