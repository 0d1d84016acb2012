/** The samplers' noise: seeded, replayed, and independent of how much of it there is. */
import { describe, expect, it } from "vitest";
import { recordedNoise, seededNoise } from "../../src/engines/by_name.ts";
import type { EngineName } from "../../src/engines/core/component.ts";
import { noiseFrom, noiseOf, noiseSeed, recordNoise } from "../../src/engines/core/noise.ts";
import { noiseFormOf } from "../../src/engines/core/synthetic.ts";
import { engineNames, findEngine } from "../../src/engines/index.ts";

const points: Readonly<Record<EngineName, readonly number[]>> = { deepmind: [3, 24], ligo: [32], protenix: [19] };
const count = (engine: EngineName): number => points[engine].reduce((product, size) => product * size, 1);
const record = (engine: EngineName, samples: number, steps: number, seed = 5) =>
  recordNoise(noiseFormOf(findEngine(engine)), seededNoise(engine, seed, count(engine)), {
    samples,
    steps,
    points: points[engine],
  });

describe.each(engineNames)("%s", (engine) => {
  it("has the names and shapes of golden cases", () => {
    const shapes = Object.fromEntries([...record(engine, 2, 4)].map(([name, { shape }]) => [name, shape]));
    expect(shapes).toEqual(
      engine === "deepmind"
        ? {
            init_noise: [2, 3, 24, 3],
            step_rotation: [4, 2, 3, 3],
            step_translation: [4, 2, 3],
            step_noise: [4, 2, 3, 24, 3],
          }
        : engine === "protenix"
          ? {
              init_noise: [2, 19, 3],
              step_rotation: [4, 2, 3, 3],
              step_translation: [4, 2, 3],
              step_noise: [4, 2, 19, 3],
            }
          : {
              init_noise: [2, 32, 3],
              step_rotation_quat: [4, 2, 4],
              step_translation: [4, 2, 3],
              step_noise: [4, 2, 32, 3],
            },
    );
  });

  it("recorded noise plays back as it was drawn", () => {
    const drawn = seededNoise(engine, 5, count(engine));
    const replayed = recordedNoise(engine, record(engine, 2, 3));
    for (const sample of [0, 1]) {
      expect(replayed.init(sample)).toEqual(drawn.init(sample));
      for (const step of [0, 2]) expect(replayed.step(sample, step)).toEqual(drawn.step(sample, step));
    }
    expect(() => replayed.step(0, 3)).toThrow("step_rotation");
    expect(() => replayed.init(2)).toThrow(/init_noise \[2, .*holds no noise for \[2\]/);
  });

  it("a sample's noise depends on the seed, the sample and the step alone", () => {
    const [few, many] = [record(engine, 1, 2), record(engine, 3, 5)].map((made) => recordedNoise(engine, made));
    expect(few.init(0)).toEqual(many.init(0));
    expect(few.step(0, 1)).toEqual(many.step(0, 1));
    const noises = [
      many.step(0, 0),
      many.step(0, 1),
      many.step(1, 0),
      recordedNoise(engine, record(engine, 1, 1, 6)).step(0, 0),
    ];
    expect(new Set(noises.map(({ noise }) => noise[0])).size).toBe(4);
    expect(many.init(0)[0]).not.toBe(many.init(1)[0]);
  });

  it("more points begin with the fewer ones", () => {
    const [few, many] = [seededNoise(engine, 1, 32), seededNoise(engine, 1, 64)];
    expect(many.init(1).subarray(0, 96)).toEqual(few.init(1));
    expect(many.step(1, 7).rotation).toEqual(few.step(1, 7).rotation);
  });
});

it("deepmind's rotations are rotations, of any direction", () => {
  const source = seededNoise("deepmind", 0, 1);
  const all = Array.from({ length: 2000 }, (_, step) => [...source.step(0, step).rotation]);
  const dot = (r: number[], a: number, b: number): number =>
    r[3 * a] * r[3 * b] + r[3 * a + 1] * r[3 * b + 1] + r[3 * a + 2] * r[3 * b + 2];
  for (const r of all) {
    for (const [a, b] of [
      [0, 0],
      [1, 1],
      [2, 2],
      [0, 1],
      [0, 2],
      [1, 2],
    ])
      expect(dot(r, a, b)).toBeCloseTo(a === b ? 1 : 0, 5);
    expect(
      r[0] * (r[4] * r[8] - r[5] * r[7]) - r[1] * (r[3] * r[8] - r[5] * r[6]) + r[2] * (r[3] * r[7] - r[4] * r[6]),
    ).toBeCloseTo(1, 5);
  }
  for (let entry = 0; entry < 9; entry++) {
    const mean = all.reduce((sum, r) => sum + r[entry], 0) / all.length;
    const square = all.reduce((sum, r) => sum + r[entry] ** 2, 0) / all.length;
    expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(1 / 3 / all.length));
    expect(square).toBeCloseTo(1 / 3, 1);
  }
});

it("all 32 bits of a seed count, as an input too", () => {
  const { noise } = findEngine("deepmind");
  if (!noise) throw new Error("deepmind has a sampler");
  for (const seed of [5, 2 ** 31 + 5, 2 ** 32 - 1])
    expect(noiseOf(noise, new Map([noiseSeed(seed)]), 4).init(0)).toEqual(seededNoise("deepmind", seed, 4).init(0));
  expect(seededNoise("deepmind", 2 ** 31 + 5, 4).init(0)).not.toEqual(seededNoise("deepmind", 5, 4).init(0));
});

it("later samples have the noise that they have among all, and none behind the last has another", () => {
  const all = seededNoise("deepmind", 1, 4);
  const later = noiseFrom(all, 2, 4);
  expect([0, 1, 2].map((sample) => later.init(sample))).toEqual([2, 3, 3].map((sample) => all.init(sample)));
  expect(later.step(1, 6)).toEqual(all.step(3, 6));
});
