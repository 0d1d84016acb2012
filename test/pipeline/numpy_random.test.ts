/** NumPy's legacy random numbers, against what NumPy draws. */
import { describe, expect, it } from "vitest";
import { NumpyRandomState } from "../../src/pipeline/numpy_random.ts";

/** Seeds of conformers as AlphaFold 3's pipeline has drawn them, with nine normals behind each. */
const CONFORMER_SEEDS: readonly (readonly [seed: number, drawn: readonly number[]])[] = [
  [
    42,
    [
      1608637543, 242285877, 599121578, 1899242073, 1338788866, 302554574, 1297926159, 1592652279, 1120063233,
      598424037, 1595411078, 2235001,
    ],
  ],
  [
    12312837,
    [
      1813557940, 590003288, 1101777034, 645177638, 1216908690, 1181608161, 717635616, 1915190218, 869418901,
      1531393270, 1297054761, 344983443,
    ],
  ],
];

describe("RandomState", () => {
  it.each(CONFORMER_SEEDS)(
    "%i draws the integers that the reference has drawn, and normals between them",
    (seed, drawn) => {
      const random = new NumpyRandomState(seed);
      const found = drawn.map(() => {
        const value = random.integer(1, 2 ** 31);
        for (let normal = 0; normal < 9; normal++) random.normal();
        return value;
      });
      expect(found).toEqual(drawn);
    },
  );

  it("draws NumPy's normals", () => {
    const random = new NumpyRandomState(0);
    // numpy.random.RandomState(0).normal(size=5)
    expect(Array.from({ length: 5 }, () => random.normal())).toEqual([
      1.764052345967664, 0.4001572083672233, 0.9787379841057392, 2.240893199201458, 1.8675579901499675,
    ]);
  });

  it("draws all integers of a range, and no other", () => {
    const random = new NumpyRandomState(2 ** 32 - 1);
    const counts = new Map<number, number>();
    for (let i = 0; i < 6000; i++) {
      const value = random.integer(3, 9);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual([3, 4, 5, 6, 7, 8]);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(200);
    expect(random.integer(5, 6)).toBe(5);
  });
});
