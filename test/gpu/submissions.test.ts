/** How work is cut into submissions, on a device whose speed is known. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Pace, workOf } from "../../src/gpu/run/submissions.ts";

const steps = (flops: readonly number[]) => flops.map((each) => ({ cost: { flops: each, bytes: 0 } }));

/** Runs steps on a device that does so much work in a millisecond. @returns milliseconds of each submission */
function run(pace: Pace, flops: readonly number[], rate: number): number[] {
  const [all, times] = [steps(flops), [] as number[]];
  for (let next = 0; next < all.length; ) {
    const end = pace.end(all, next, { end: all.length });
    const work = flops.slice(next, end).reduce((sum, each) => sum + each, 0);
    times.push(work / rate);
    pace.took(work, work / rate);
    next = end;
  }
  return times;
}

const even = (work: number, count: number): number[] => new Array<number>(count).fill(work);

describe("submissions", () => {
  it.each([
    ["SwiftShader", "software", 1e6],
    ["lavapipe", "software", 2.7e7],
    ["a small GPU", "hardware", 5e8],
    ["a big GPU", "hardware", 5e10],
  ] as const)("take a tenth of a second each on %s, whatever it was taken for", (_, kind, rate) => {
    const pace = new Pace(kind);
    const times = run(pace, even(rate, 4000), rate);
    expect(times[0]).toBeLessThan(1000);
    for (const time of times.slice(8, -1)) expect(time).toBeCloseTo(100, -1);
    expect(run(pace, even(rate, 1000), rate)[0]).toBeCloseTo(100, -1);
  });

  it("become small again where the work is slower than it looks, and large where it is not", () => {
    const pace = new Pace("software");
    run(pace, even(1e7, 1000), 1e7);
    const slow = run(pace, even(1e7, 1000), 1e5);
    expect(slow[0]).toBeGreaterThan(1000);
    expect(slow.at(-1)).toBeCloseTo(100, -1);
    expect(run(pace, even(1e7, 2000), 1e7).at(-2)).toBeCloseTo(100, -1);
  });

  it("do not become smaller because the last one of a section is", () => {
    const pace = new Pace("software");
    run(pace, even(1e7, 1000), 1e7);
    const usual = pace.end(steps(even(1e7, 100)), 0, { end: 100 });
    pace.took(10, 3);
    expect(pace.end(steps(even(1e7, 100)), 0, { end: 100 })).toBe(usual);
  });

  it("hold every step once and in order, at least one at a time, and end with the section", () => {
    const flops = fc.array(fc.nat(1e10), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(flops, fc.nat(59), (each, most) => {
        const pace = new Pace("software");
        const section = { end: Math.min(each.length, most + 1) };
        for (let next = 0; next < section.end; ) {
          const end = pace.end(steps(each), next, section);
          expect(end).toBeGreaterThan(next);
          expect(end).toBeLessThanOrEqual(section.end);
          pace.took(
            each.slice(next, end).reduce((sum, work) => sum + work, 0),
            7 * end,
          );
          next = end;
        }
      }),
    );
  });

  it("count bytes as well as operations", () => {
    expect(workOf({ flops: 0, bytes: 10 })).toBeGreaterThan(0);
    expect(workOf({ flops: 5, bytes: 10 }) - workOf({ flops: 0, bytes: 10 })).toBe(5);
  });
});
