/** deepmind's schedule and sampler, around denoisers that are simple enough to follow by hand. */
import { describe, expect, it } from "vitest";
import type { NoiseSource, StepNoise } from "../../../src/engines/core/noise.ts";
import { noiseLevels, type SamplerConfig, sampleStructures } from "../../../src/engines/deepmind/sampler.ts";
import { compare } from "../../../src/kernels/check/compare.ts";
import { pointwise } from "../../../src/kernels/check/tolerance.ts";

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

/** Two points around the origin, so that centring moves nothing. */
const centred = [1, 0, 0, -1, 0, 0];

/** What the denoiser is given, from first to last, when it changes nothing. */
async function calls(settings: SamplerConfig, noise: NoiseSource, mask: readonly number[]) {
  const seen: { positions: number[]; level: number }[] = [];
  await sampleStructures(
    async (positions, level) => {
      seen.push({ positions: [...positions[0]], level });
      return positions.map((x) => x.slice());
    },
    noise,
    mask,
    settings,
  );
  return seen;
}

describe("noise levels", () => {
  it("go from 2560 Å to 0.0064 Å, one more than steps", () => {
    const levels = noiseLevels(200);
    expect(levels.length).toBe(201);
    expectClose([levels[0], levels[200]], [2560, 0.0064]);
  });
});

describe("the sampler", () => {
  it("raises a level while the next one is above gamma_min, whatever the level itself is (T17)", async () => {
    const levels = noiseLevels(200);
    const last = levels.findLastIndex((level) => level > 1);
    expect([last, levels.length]).toEqual([160, 201]);
    const raised = (await calls(config, noiseOf(centred), [1, 1])).map(({ level }, at) => level / levels[at]);
    expectClose(
      raised,
      raised.map((_, at) => (at < last ? 1.8 : 1)),
    );
  });

  it("centres by the atoms that exist, turns rows, moves, and leaves masked points at the origin", async () => {
    const quarter = { rotation: Float32Array.of(0, 1, 0, -1, 0, 0, 0, 0, 1), translation: Float32Array.of(0, 0, 5) };
    const noise = noiseOf([1, 0, 0, 3, 0, 0, 8, 0, 0], quarter);
    const [first] = await calls({ ...config, steps: 1 }, noise, [1, 1, 0]);
    expectClose(first.positions, [0, -2560, 5, 0, 2560, 5, 0, 0, 0]);
  });

  it("steps from the noisy positions, away from them", async () => {
    const settings = { ...config, steps: 2 };
    const [from, middle, to] = noiseLevels(2);
    const noise = Float32Array.of(0, 1, 0, 0, -1, 0);
    const [x] = await sampleStructures(
      async (positions) => positions.map((sample) => sample.map(() => 0)),
      noiseOf(centred, { noise }),
      [1, 1],
      settings,
    );
    const level = 1.8 * from;
    const [first, second] = [1 + (1.5 * (middle - level)) / level, 1 + (1.5 * (to - middle)) / middle];
    const added = 1.003 * Math.sqrt(level ** 2 - from ** 2);
    const [along, across] = [from * first * second, added * first * second];
    expectClose(x, [along, across, 0, -along, -across, 0]);
  });
});
