/** ligo's schedule and sampler, around a denoiser that is simple enough to follow by hand. */
import { describe, expect, it } from "vitest";
import type { NoiseSource, StepNoise } from "../../../src/engines/core/noise.ts";
import { noiseLevels, rotationOf, type Schedule, samplePositions } from "../../../src/engines/ligo/sampler.ts";
import { compare } from "../../../src/kernels/check/compare.ts";
import { pointwise } from "../../../src/kernels/check/tolerance.ts";

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

const zero = async (positions: readonly Float64Array[]) => positions.map(({ length }) => new Float64Array(length));

describe("the sampler", () => {
  const centred = [1, 2, 3, -1, -2, -3];

  it("makes one call less than there are levels, each at the level before, raised while it is high", async () => {
    const seen: number[] = [];
    const levels = [8, 4, 0.5, 0.25];
    const denoise = async (positions: readonly Float64Array[], level: number) => {
      seen.push(level);
      return positions;
    };
    await samplePositions(denoise, levels, [1, 1], noiseOf(centred), 1);
    expectClose(seen, [8 * 1.8, 4, 0.5]);
  });

  it("steps from the noisy positions along the direction of those before the noise", async () => {
    const noise = Float32Array.of(1, 0, 0, 0, 0, 0);
    const [x] = await samplePositions(zero, [8, 4], [1, 1], noiseOf(centred, { noise }), 1);
    const raised = 8 * 1.8;
    const step = (1.5 * (4 - raised)) / raised;
    const added = 1.003 * Math.sqrt(raised ** 2 - 64);
    expectClose(
      x,
      centred.map((value, at) => 8 * value * (1 + step) + (at === 0 ? added : 0)),
    );
  });

  it("centres by the sum over all atoms and the number of those that exist; masked ones go to the origin", async () => {
    const kept: Float64Array[] = [];
    const denoise = async (positions: readonly Float64Array[]) => {
      kept.push(positions[0]);
      return positions;
    };
    const noise = noiseOf([1, 0, 0, 3, 0, 0, 8, 0, 0], { translation: Float32Array.of(0, 5, 0) });
    await samplePositions(denoise, [0.5, 0.25], [1, 1, 0], noise, 1);
    expectClose(kept[0], [0.5 - 3, 5, 0, 1.5 - 3, 5, 0, 0, 0, 0]);
  });

  it("turns columns", async () => {
    const kept: Float64Array[] = [];
    const denoise = async (positions: readonly Float64Array[]) => {
      kept.push(positions[0]);
      return positions;
    };
    const rotation = Float32Array.of(1, 0, 0, 1);
    await samplePositions(denoise, [0.5, 0.25], [1, 1], noiseOf([2, 0, 0, -2, 0, 0], { rotation }), 1);
    expectClose(kept[0], [0, 1, 0, 0, -1, 0]);
  });

  it("keeps its state in double precision", async () => {
    const tiny = 2 ** -40;
    const denoise = async (positions: readonly Float64Array[]) => positions.map((x) => x.map((value) => value + tiny));
    const [x] = await samplePositions(denoise, [1, 0.5], [1, 1], noiseOf([1, 0, 0, -1, 0, 0]), 1);
    expect(x[0] - 1).toBeGreaterThan(0);
    expect(x[0] - 1).toBeLessThan(tiny);
  });

  it("refuses a mask without atoms", async () => {
    await expect(samplePositions(zero, [8, 4], [0, 0], noiseOf(centred), 1)).rejects.toThrow("atom_mask has no atom");
  });
});
