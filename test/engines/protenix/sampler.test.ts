/** Protenix' schedules and how its samples are moved, simple enough to follow by hand. */
import { describe, expect, it } from "vitest";
import type { NoiseSource, StepNoise } from "../../../src/engines/core/noise.ts";
import {
  centreWeights,
  noiseLevels,
  type SamplerConfig,
  samplerCalls,
  samplerTraits,
} from "../../../src/engines/protenix/sampler.ts";
import { Plan } from "../../../src/gpu/plan/plan.ts";
import { compare } from "../../../src/kernels/check/compare.ts";
import { pointwise } from "../../../src/kernels/check/tolerance.ts";
import { interpreted } from "../../support/interpreted.ts";
import { target } from "../../support/target.ts";
import { recordToy, runToy } from "../../support/toy_sampler.ts";

const base: SamplerConfig = {
  gamma0: 0.8,
  gamma_min: 1,
  noise_scale_lambda: 1.003,
  step_scale_eta: 1.5,
  N_step: 200,
  N_sample: 1,
  rho: 7,
  s_max: 160,
  s_min: 0.0004,
  sigma_data: 16,
};
/** That of the smaller models. */
const tiny: SamplerConfig = { ...base, gamma0: 0, step_scale_eta: 1, N_step: 5 };

function expectClose(got: ArrayLike<number>, want: readonly number[]): void {
  expect(got.length).toBe(want.length);
  expect(compare(got, want).error).toBeLessThanOrEqual(pointwise());
}

describe("noise levels", () => {
  it("of five steps are six, of which the last is none", () => {
    const levels = noiseLevels(5, tiny);
    // The reference's own, in single precision, are 704.564, 144.695, 18.649, 1.01703.
    expect(levels.map((level) => Number(level.toPrecision(5)))).toEqual([2560, 704.56, 144.69, 18.649, 1.017, 0]);
  });

  it("of many steps fall to none", () => {
    const levels = noiseLevels(200, base);
    expect(levels.length).toBe(201);
    expect(levels[200]).toBe(0);
    for (let k = 1; k < levels.length; k++) expect(levels[k]).toBeLessThan(levels[k - 1]);
    const roots = noiseLevels(2, base).map((level) => (level / 16) ** (1 / 7));
    expectClose([roots[1]], [(160 ** (1 / 7) + 0.0004 ** (1 / 7)) / 2]);
  });
});

describe("the sampler", () => {
  it("raises a level while the next one is above gamma_min, whatever the level itself is (P21)", () => {
    const levels = noiseLevels(200, base);
    const last = levels.findLastIndex((level) => level > 1);
    const raised = samplerCalls(base).map(({ level }, at) => level / levels[at]);
    expectClose(
      raised,
      Array.from({ length: 200 }, (_, at) => (at < last ? 1.8 : 1)),
    );
  });

  it("adds the noise between a level and what it was raised to, and goes past the next level by half", () => {
    const [from, middle] = noiseLevels(2, base);
    const [first, second] = samplerCalls({ ...base, N_step: 2 });
    const level = 1.8 * from;
    expectClose(
      [first.level, first.deviation, first.step],
      [level, 1.003 * Math.sqrt(level ** 2 - from ** 2), (1.5 * (middle - level)) / level],
    );
    expectClose([second.level, second.deviation, second.step], [middle, 0, -1.5]);
  });

  it("of the smaller models adds no noise, and ends at what the denoiser says", () => {
    const calls = samplerCalls(tiny);
    expect(calls.map(({ deviation }) => deviation)).toEqual([0, 0, 0, 0, 0]);
    expect(calls.map(({ level }) => level)).toEqual(noiseLevels(5, tiny).slice(0, 5));
    expect(calls[4].step).toBe(-1);
  });

  it("directs its steps from the positions with their noise (P22)", () => {
    expect(samplerTraits(16)).toMatchObject({ directionBeforeNoise: false, spread: 16 });
  });

  it("centres by all atoms alike, turns columns, and moves", async () => {
    const step: StepNoise = {
      rotation: Float32Array.of(0, -1, 0, 1, 0, 0, 0, 0, 1),
      translation: Float32Array.of(0, 0, 5),
      noise: new Float32Array(9),
    };
    const noise: NoiseSource = { init: () => Float32Array.of(1, 0, 0, 3, 0, 0, 8, 0, 0), step: () => step };
    const calls = samplerCalls({ ...tiny, N_step: 1 });
    const mask = [1, 1, 1];
    const own = { samples: 1, traits: samplerTraits(16), calls, start: 2560, noise, mask, masked: false };
    const toy = { ...own, centreWeights: centreWeights(mask) };
    const plan = new Plan(target);
    const { taken } = await runToy(toy, recordToy(plan, toy, true), interpreted(plan));
    const scale = 1 / Math.sqrt(2560 ** 2 + 16 ** 2);
    expectClose(
      taken[0],
      [0, -3 * 2560, 5, 0, -2560, 5, 0, 4 * 2560, 5].map((value) => scale * value),
    );
  });
});
