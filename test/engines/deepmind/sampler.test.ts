/** deepmind's schedule and how its samples are moved, simple enough to follow by hand. */
import { describe, expect, it } from "vitest";
import type { NoiseSource, StepNoise } from "../../../src/engines/core/noise.ts";
import {
  centreWeights,
  noiseLevels,
  type SamplerConfig,
  samplerCalls,
  samplerTraits,
} from "../../../src/engines/deepmind/sampler.ts";
import { Plan } from "../../../src/gpu/plan/plan.ts";
import { compare } from "../../../src/kernels/check/compare.ts";
import { pointwise } from "../../../src/kernels/check/tolerance.ts";
import { interpreted } from "../../support/interpreted.ts";
import { target } from "../../support/target.ts";
import { recordToy, runToy } from "../../support/toy_sampler.ts";

const config: SamplerConfig = {
  steps: 200,
  num_samples: 1,
  gamma_0: 0.8,
  gamma_min: 1,
  noise_scale: 1.003,
  step_scale: 1.5,
};

function expectClose(got: ArrayLike<number>, want: readonly number[]): void {
  expect(got.length).toBe(want.length);
  expect(compare(got, want).error).toBeLessThanOrEqual(pointwise());
}

/** Noise that moves nothing but where it is told to. */
function noiseOf(init: readonly number[], step: Partial<StepNoise> = {}): NoiseSource {
  const still = {
    rotation: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1),
    translation: new Float32Array(3),
    noise: new Float32Array(init.length),
  };
  return { init: () => Float32Array.from(init), step: () => ({ ...still, ...step }) };
}

/** What the denoiser takes at the first call. */
async function firstTaken(noise: NoiseSource, mask: readonly number[]): Promise<Float32Array> {
  const calls = samplerCalls({ ...config, steps: 1 });
  const [start] = noiseLevels(1);
  const own = { samples: 1, traits: samplerTraits, calls, start, noise, mask, masked: true };
  const toy = { ...own, centreWeights: centreWeights(mask) };
  const plan = new Plan(target);
  const { taken } = await runToy(toy, recordToy(plan, toy, true), interpreted(plan));
  expect(taken.length).toBe(1);
  return taken[0];
}

describe("noise levels", () => {
  it("go from 2560 Å to 0.0064 Å, one more than steps", () => {
    const levels = noiseLevels(200);
    expect(levels.length).toBe(201);
    expectClose([levels[0], levels[200]], [2560, 0.0064]);
  });
});

describe("the sampler", () => {
  it("raises a level while the next one is above gamma_min, whatever the level itself is (T17)", () => {
    const levels = noiseLevels(200);
    const last = levels.findLastIndex((level) => level > 1);
    expect([last, levels.length]).toEqual([160, 201]);
    const raised = samplerCalls(config).map(({ level }, at) => level / levels[at]);
    expect(raised.length).toBe(200);
    expectClose(
      raised,
      raised.map((_, at) => (at < last ? 1.8 : 1)),
    );
  });

  it("adds the noise between a level and what it was raised to, and goes past the next level by half", () => {
    const [from, middle, to] = noiseLevels(2);
    const [first, second] = samplerCalls({ ...config, steps: 2 });
    const level = 1.8 * from;
    expectClose(
      [first.level, first.deviation, first.step],
      [level, 1.003 * Math.sqrt(level ** 2 - from ** 2), (1.5 * (middle - level)) / level],
    );
    expectClose([second.level, second.deviation, second.step], [middle, 0, (1.5 * (to - middle)) / middle]);
  });

  it("centres by the atoms that exist, turns rows, moves, and leaves masked points at the origin", async () => {
    const quarter = { rotation: Float32Array.of(0, 1, 0, -1, 0, 0, 0, 0, 1), translation: Float32Array.of(0, 0, 5) };
    const noise = noiseOf([1, 0, 0, 3, 0, 0, 8, 0, 0], quarter);
    const scale = 1 / Math.sqrt(2560 ** 2 + 16 ** 2);
    expectClose(
      await firstTaken(noise, [1, 1, 0]),
      [0, -2560, 5, 0, 2560, 5, 0, 0, 0].map((value) => scale * value),
    );
  });

  it("has no centre where nothing exists, and stays finite", () => {
    expect([...centreWeights([0, 0])]).toEqual([0, 0]);
  });
});
