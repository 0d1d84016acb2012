/** ligo's schedule and how its samples are moved, simple enough to follow by hand. */
import { describe, expect, it } from "vitest";
import type { NoiseSource, StepNoise } from "../../../src/engines/core/noise.ts";
import {
  centreWeights,
  noiseLevels,
  rotationOf,
  type Schedule,
  samplerCalls,
  samplerTraits,
} from "../../../src/engines/ligo/sampler.ts";
import { Plan } from "../../../src/gpu/plan/plan.ts";
import { compare } from "../../../src/kernels/check/compare.ts";
import { pointwise } from "../../../src/kernels/check/tolerance.ts";
import { interpreted } from "../../support/interpreted.ts";
import { target } from "../../support/target.ts";
import { recordToy, runToy } from "../../support/toy_sampler.ts";

const schedule: Schedule = { sd_data: 16, s_max: 160, s_min: 0.0004, p: 7 };

function expectClose(got: ArrayLike<number>, want: readonly number[]): void {
  expect(got.length).toBe(want.length);
  expect(compare(got, want).error).toBeLessThanOrEqual(pointwise());
}

describe("noise levels", () => {
  it("go from 2560 Å to 0.0064 Å", () => {
    const levels = noiseLevels(200, schedule);
    expect(levels.length).toBe(200);
    expectClose([levels[0], levels[199]], [2560, 0.0064]);
    for (let k = 1; k < 200; k++) expect(levels[k]).toBeLessThan(levels[k - 1]);
  });

  it("lie evenly in their seventh root", () => {
    const roots = noiseLevels(3, schedule).map((level) => (level / 16) ** (1 / 7));
    expectClose([roots[1]], [(roots[0] + roots[2]) / 2]);
  });
});

describe("rotations", () => {
  it("of a quarter turn about z", () => {
    expectClose(rotationOf([3, 0, 0, 3]), [0, -1, 0, 1, 0, 0, 0, 0, 1]);
  });

  it("of a quaternion shorter than the clamp are none: what lies off the diagonal shrinks", () => {
    const q = 0.0002; // divided by 0.001, not by its length
    expectClose(rotationOf([0, q, 0, q]), [1 - 2 * 0.04, 0, 2 * 0.04, 0, 1 - 4 * 0.04, 0, 2 * 0.04, 0, 1 - 2 * 0.04]);
  });
});

/** Noise that moves nothing but where it is told to. */
function noiseOf(init: readonly number[], step: Partial<StepNoise> = {}): NoiseSource {
  const still = {
    rotation: Float32Array.of(1, 0, 0, 0),
    translation: new Float32Array(3),
    noise: new Float32Array(init.length),
  };
  return { init: () => Float32Array.from(init), step: () => ({ ...still, ...step }) };
}

/** What the denoiser takes at each call. */
async function takenAt(
  levels: readonly number[],
  noise: NoiseSource,
  mask: readonly number[],
): Promise<Float32Array[]> {
  const own = { samples: 1, traits: samplerTraits(schedule), calls: samplerCalls(levels), start: levels[0] };
  const toy = { ...own, noise, mask, masked: false, centreWeights: centreWeights(mask) };
  const plan = new Plan(target);
  return (await runToy(toy, recordToy(plan, toy, true), interpreted(plan))).taken;
}

describe("the sampler", () => {
  it("makes one call less than there are levels, each at the level before, raised while the next one is high", () => {
    const calls = samplerCalls([8, 4, 0.5, 0.25]);
    expectClose(
      calls.map(({ level }) => level),
      [8 * 1.8, 4, 0.5],
    );
    expectClose(
      calls.map(({ deviation }) => deviation),
      [1.003 * Math.sqrt((8 * 1.8) ** 2 - 64), 0, 0],
    );
    expectClose(
      calls.map(({ step }) => step),
      [(1.5 * (4 - 8 * 1.8)) / (8 * 1.8), (1.5 * (0.5 - 4)) / 4, -0.75],
    );
  });

  it("directs its steps from the positions before the noise", () => {
    expect(samplerTraits(schedule)).toMatchObject({ directionBeforeNoise: true, spread: 16 });
  });

  it("centres by the sum over all atoms and the number of those that exist; masked ones go to the origin", async () => {
    const noise = noiseOf([1, 0, 0, 3, 0, 0, 8, 0, 0], { translation: Float32Array.of(0, 5, 0) });
    const [taken] = await takenAt([0.5, 0.25], noise, [1, 1, 0]);
    const scale = 1 / Math.sqrt(16 ** 2 + 0.5 ** 2);
    expectClose(
      taken,
      [0.5 - 3, 5, 0, 1.5 - 3, 5, 0, 0, 0, 0].map((value) => scale * value),
    );
  });

  it("gives masked atoms noise and steps like all others", async () => {
    const noise = noiseOf([1, 0, 0, -1, 0, 0], { noise: Float32Array.of(0, 0, 0, 0, 1, 0) });
    const [taken] = await takenAt([8, 4], noise, [1, 0]);
    expect(taken[4]).toBeGreaterThan(0.1);
  });

  it("turns columns", async () => {
    const rotation = Float32Array.of(1, 0, 0, 1);
    const [taken] = await takenAt([0.5, 0.25], noiseOf([2, 0, 0, -2, 0, 0], { rotation }), [1, 1]);
    const scale = 1 / Math.sqrt(16 ** 2 + 0.5 ** 2);
    expectClose(taken, [0, scale, 0, 0, -scale, 0]);
  });

  it("refuses a mask without atoms", () => {
    expect(() => centreWeights([0, 0])).toThrow("atom_mask has no atom");
  });
});
