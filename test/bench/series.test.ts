/** What a series of times says of itself, on series whose answer is known. */
import { describe, expect, it } from "vitest";
import { groupsIn, isWarm, outliersIn, shiftIn, warmUpEnd, warningsOf } from "../../src/bench/core/series.ts";

/** Passes of a Pairformer block, N = 64, in milliseconds, as they came: lavapipe on a quiet machine. */
const steady = [240.1, 238.7, 241.9, 239.4, 236.2, 243.0, 240.8, 237.7, 239.9, 242.4, 238.1, 240.5];
/** The same machine while another process began in the middle. */
const drifting = [...steady.slice(0, 8), 351.2, 362.9, 349.0, 358.8, 371.4, 355.0, 360.2, 352.7];
/** Runs that land on one or another kind of core. */
const bimodal = [101, 99.8, 163, 100.4, 161, 160.2, 100.9, 99.5, 162.1, 100.1, 161.4, 99.9];
const spiky = [100.2, 99.7, 100.9, 310, 100.1, 99.9, 100.4, 100.6, 270, 99.8, 100.3, 100.0];
const warming = [410, 262, ...steady];

const doubts = (samples: readonly number[], others?: readonly number[]): string[] =>
  warningsOf(samples, others).map(({ doubt }) => doubt);

describe("a series of times", () => {
  it("that is steady gives no warning", () => {
    expect(doubts(steady)).toEqual([]);
    expect(
      doubts(
        steady,
        steady.map(() => 0.02),
      ),
    ).toEqual([]);
    expect([warmUpEnd(steady), outliersIn(steady), shiftIn(steady), groupsIn(steady)]).toEqual([
      0,
      0,
      undefined,
      undefined,
    ]);
  });

  it("that changes its level says where, and by how much", () => {
    expect(shiftIn(drifting)).toEqual({ at: 8, ratio: expect.closeTo(1.486, 2) });
    expect(warningsOf(drifting)).toEqual([
      { doubt: "drift", text: "from pass 9 on 49 % slower: the machine changed under it" },
    ]);
  });

  it("that slows though nobody else computes may be throttled; one that is faster later is not", () => {
    const calm = drifting.map(() => 0.01);
    expect(doubts(drifting, calm)).toEqual(["throttling"]);
    expect(doubts([...drifting].reverse(), calm)).toEqual(["drift"]);
    expect(
      doubts(
        drifting,
        drifting.map(() => 0.6),
      ),
    ).toEqual(["drift", "busy"]);
  });

  it("that falls into two groups says which, and calls neither outliers", () => {
    expect(groupsIn(bimodal)).toEqual([100.1, 161.4]);
    expect(doubts(bimodal)).toEqual(["groups"]);
  });

  it("says that a device's clock was slow, and not that it was up", () => {
    const steady = [10, 10.1, 10, 9.9, 10];
    expect(warningsOf(steady, [], [0.17, 0.18, 0.9])).toEqual([
      {
        doubt: "clock",
        text: "the device ran at 18 % of its highest clock: times of another clock are no comparison",
      },
    ]);
    expect(warningsOf(steady, [], [0.95, 1])).toEqual([]);
  });

  it("with spikes counts them, and its level stays", () => {
    expect(outliersIn(spiky)).toBe(2);
    expect(warningsOf(spiky)).toEqual([{ doubt: "outliers", text: "2 passes of 12 far from the median" }]);
  });

  it("that begins slowly has warmed up in its first passes, and says that they do not count", () => {
    expect(warmUpEnd(warming)).toBe(2);
    expect(warningsOf(warming)).toEqual([
      { doubt: "warm-up", text: "the first 2 passes were slower than the other 12: not counted" },
    ]);
  });

  it("of one sample, or of none, says nothing", () => {
    for (const samples of [[5], []])
      expect([doubts(samples), warmUpEnd(samples), shiftIn(samples), groupsIn(samples)]).toEqual([
        [],
        0,
        undefined,
        undefined,
      ]);
  });

  it("whose samples are all alike is steady, and one of them that is off by less than 5 % is no outlier", () => {
    const alike = Array<number>(20).fill(7);
    expect(doubts(alike)).toEqual([]);
    expect(outliersIn([...alike, 7.2])).toBe(0);
    expect(outliersIn([...alike, 7.6])).toBe(1);
  });

  it("of noise alone is rarely said to change its level", () => {
    let [found, state] = [0, 1];
    const random = (): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) / 2 ** 24;
    };
    for (let trial = 0; trial < 400; trial++)
      if (shiftIn(Array.from({ length: 20 }, () => 100 + 40 * random()))) found++;
    expect(found).toBeLessThanOrEqual(8);
  });
});

describe("warming up", () => {
  it("ends when another run makes no difference; the first two say nothing, for the first compiles", () => {
    expect([[900], [900, 240], [900, 240, 239]].map(isWarm)).toEqual([false, false, true]);
    expect(isWarm([900, 400, 300])).toBe(false);
    expect(isWarm([900, 400, 300, 298])).toBe(true);
  });

  it("ends after ten runs in any case", () => {
    const falling = Array.from({ length: 10 }, (_, i) => 1000 / (i + 1));
    expect([isWarm(falling.slice(0, 9)), isWarm(falling)]).toEqual([false, true]);
  });
});
