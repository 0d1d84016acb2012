/** How sampled positions are compared. */
import { describe, expect, it } from "vitest";
import { compareSamples } from "../../src/kernels/check/compare.ts";

const bounds = { absolute: 0.5, relative: 0.25 };
/** Two samples of two atoms. */
const sampleOf = (index: number): number => Math.floor(index / 6);
const want = [0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1];

describe("positions of samples", () => {
  it("are compared by the root mean square of the atoms' distances, the worst sample's", () => {
    const got = want.map((value, at) => value + ([0, 1, 8].includes(at) ? 2 : 0));
    const { error, worst, count } = compareSamples(got, want, sampleOf, bounds);
    expect(error).toBe(Math.sqrt(8 / 2));
    expect(worst).toEqual({ index: 0, got: 2, want: 0 });
    expect(count).toBe(12);
  });

  it("are taken by their size where that is large", () => {
    const large = want.map((value) => 8 * value);
    const got = large.map((value, at) => value + (at === 6 ? 3 : 0));
    // The rms of two atoms, one of them √3 · 8 from the origin, is √96; what counts as one ångström is half of that.
    const { error } = compareSamples(got, large, sampleOf, bounds);
    expect(error).toBe(Math.sqrt(9 / 2) / (Math.sqrt(96) / 2));
  });

  it("fail where one is not finite", () => {
    expect(compareSamples([Number.NaN, ...want.slice(1)], want, sampleOf, bounds).error).toBe(Infinity);
  });

  it("count what counts", () => {
    const got = want.map((value, at) => value + (at < 3 ? 5 : 0));
    expect(compareSamples(got, want, sampleOf, bounds, (index) => index >= 3).error).toBe(0);
  });
});
