/** What `compare` says of results whose truth is known. */
import { describe, expect, it } from "vitest";
import { compareRuns, type Measured, meanRatio } from "../../src/bench/core/compare.ts";
import { RandomStream } from "../../src/formats/random.ts";

const MINUTE = 60_000;
const measured = (start: number, samples: readonly number[], change: Partial<Measured> = {}): Measured => ({
  ...{ name: "ligo pairformer webgpu tiny N=64", device: "a GPU", onProcessor: true, start, samples },
  ...{ others: samples.map(() => 0.01), error: null },
  ...change,
});

/** Eight passes of some 100 ms, of a machine whose pace is given. */
function run(start: number, factor: number, seed: number, change: Partial<Measured> = {}): Measured {
  const random = new RandomStream(seed, "passes");
  const samples = Array.from({ length: 8 }, (_, i) => factor * (100 + (10 * random.word(i)) / 2 ** 32));
  return measured(start, samples, change);
}

/** Runs of two builds in turns, on a machine whose pace changes by the minute between once and three times. */
function inTurns(turns: number, slowdown: number, trial: number): [Measured[], Measured[]] {
  const pace = new RandomStream(trial, "pace");
  const at = (minute: number): number => 1 + (2 * pace.word(Math.floor(minute / 4))) / 2 ** 32;
  const busy = { others: [0.8] };
  const one = (minute: number, factor: number) =>
    run(minute * MINUTE, factor * at(minute), 1000 * trial + minute, busy);
  return [
    Array.from({ length: turns }, (_, turn) => one(2 * turn, 1)),
    Array.from({ length: turns }, (_, turn) => one(2 * turn + 1, slowdown)),
  ];
}

describe("runs in turns on a busy machine", () => {
  const trials = Array.from({ length: 40 }, (_, trial) => trial);
  const changes = (slowdown: number): string[] =>
    trials.map((trial) => compareRuns(...inTurns(15, slowdown, trial))[0].change);

  it("of one build are the same or unsure in 19 of 20 trials", () => {
    expect(changes(1).filter((change) => change === "SAME" || change === "UNSURE").length).toBeGreaterThanOrEqual(38);
  });

  it("of one that takes 20 % more are slower in 19 of 20 trials, and of one that takes less, faster", () => {
    expect(changes(1.2).filter((change) => change === "SLOWER").length).toBeGreaterThanOrEqual(38);
    expect(changes(1 / 1.2).filter((change) => change === "FASTER").length).toBeGreaterThanOrEqual(38);
  });

  it("of one build are called different once in a hundred times, with few turns, too", () => {
    for (const turns of [6, 8, 9, 14]) {
      const found = Array.from({ length: 400 }, (_, trial) => compareRuns(...inTurns(turns, 1, trial))[0].change);
      const wrong = found.filter((change) => change === "FASTER" || change === "SLOWER").length;
      expect(wrong).toBeLessThanOrEqual(10); // 1 in 100, and three deviations more
    }
  });

  it("are unsure where a change is likely, and say what would tell", () => {
    expect(compareRuns(...inTurns(7, 2, 1))[0]).toMatchObject({
      change: "UNSURE",
      reason: "too few turns to be sure: 8 or more",
    });
    const found = Array.from({ length: 100 }, (_, trial) => compareRuns(...inTurns(8, 1.015, trial), 0.005)[0]);
    const unsure = found.filter(({ change, interval }) => change === "UNSURE" && (interval?.low ?? 0) > 1);
    expect(unsure.length).toBeGreaterThan(0);
    for (const { reason } of unsure)
      expect(reason).toBe("a change is likely, and not sure enough: more turns would tell");
  });

  it("give the inverse ratio and verdict when they change places", () => {
    const [a, b] = inTurns(11, 1.3, 2);
    const [there, back] = [compareRuns(a, b)[0], compareRuns(b, a)[0]];
    expect([there.change, back.change]).toEqual(["SLOWER", "FASTER"]);
    expect((there.ratio ?? 0) * (back.ratio ?? 0)).toBeCloseTo(1, 10);
    expect(there.first).toBe(back.second);
  });

  it("are six pairs at least, each of two runs within an hour", () => {
    const [a, b] = inTurns(5, 2, 1);
    expect(compareRuns(a, b)[0]).toMatchObject({ change: "UNSURE", turns: 0, reason: "5 turns say little: 8 or more" });
    const lone = [0, 1, 2].map((i) => run(4 * i * MINUTE, 1, i));
    const many = [0, 1, 2].flatMap((i) => [run((4 * i - 1) * MINUTE, 2, i), run((4 * i + 1) * MINUTE, 2, i + 9)]);
    expect(compareRuns(lone, many)[0].reason).toBe("3 turns say little: 8 or more");
    const weekly = (runs: readonly Measured[]) => runs.map((one) => ({ ...one, start: one.start * 10_000 }));
    expect(compareRuns(weekly(inTurns(9, 2, 1)[0]), weekly(inTurns(9, 2, 1)[1]))[0].turns).toBe(0);
  });

  it("say how many turns there were, and the ratio turn by turn", () => {
    const [compared] = compareRuns(...inTurns(10, 1.5, 3));
    expect(compared).toMatchObject({ turns: 10, change: "SLOWER", reason: null });
    expect(compared.ratio).toBeCloseTo(1.5, 1);
  });
});

describe("runs that were not made in turns", () => {
  it("are unsure where others kept the machine busy, or nobody knows whether they did", () => {
    const busy = { others: [0.4] };
    expect(compareRuns([run(0, 1, 1, busy)], [run(MINUTE, 2, 2, busy)])[0]).toMatchObject({
      change: "UNSURE",
      reason: "run in turns, for others had 40 % of the processor",
    });
    expect(compareRuns([run(0, 1, 1, { others: [] })], [run(MINUTE, 2, 2)])[0]).toMatchObject({
      change: "UNSURE",
      reason: "run in turns, for it is not known how busy the machine was",
    });
  });

  it("of a calm machine tell large differences, but none that machines make by themselves", () => {
    expect(compareRuns([run(0, 1, 1)], [run(MINUTE, 1.5, 2)])[0].change).toBe("SLOWER");
    expect(compareRuns([run(0, 1.5, 1)], [run(MINUTE, 1, 2)])[0].change).toBe("FASTER");
    const same = { change: "UNSURE", reason: "so much machines change between runs: run in turns" };
    expect(compareRuns([run(0, 1, 1)], [run(MINUTE, 1.08, 2)])[0]).toMatchObject(same);
    expect(compareRuns([run(0, 1, 1)], [run(MINUTE, 1, 1)])[0]).toMatchObject(same);
  });

  it("on a GPU do not mind what others do to the processor", () => {
    const gpu = { onProcessor: false, others: [0.4] };
    expect(compareRuns([run(0, 1, 1, gpu)], [run(MINUTE, 1.5, 2, gpu)])[0].change).toBe("SLOWER");
  });

  it("with fewer than five passes say little", () => {
    expect(compareRuns([measured(0, [1, 2])], [measured(MINUTE, [3, 4])])[0]).toMatchObject({
      change: "UNSURE",
      ratio: expect.closeTo(3.5 / 1.5),
      reason: "fewer than 5 passes say little",
    });
  });
});

describe("a comparison", () => {
  it("leaves warm-up out", () => {
    const warming = measured(0, [900, 400, 100, 100, 100, 100, 100, 100, 100]);
    expect(compareRuns([warming], [run(MINUTE, 1, 2)])[0].first).toBe(100);
  });

  it("says which row has no time, and why", () => {
    const failed = measured(0, [], { error: "out of memory" });
    expect(compareRuns([failed], [run(MINUTE, 1, 2)])[0]).toMatchObject({
      change: "UNSURE",
      ratio: null,
      reason: "one has no time: out of memory",
    });
  });

  it("is about rows that both have; their mean ratio is geometric", () => {
    const other = { name: "another" };
    const compared = compareRuns(
      [measured(0, [1, 1, 1, 1, 1]), measured(0, [2, 2, 2, 2, 2], other), measured(0, [1], { name: "alone" })],
      [measured(1, [2, 2, 2, 2, 2]), measured(1, [1, 1, 1, 1, 1], other)],
    );
    expect(compared.map(({ name }) => name)).toEqual(["ligo pairformer webgpu tiny N=64", "another"]);
    expect(meanRatio(compared)).toBeCloseTo(1);
    expect(meanRatio([])).toBeNull();
  });

  it("takes a threshold below which a change is none", () => {
    const [a, b] = inTurns(15, 1.08, 5);
    expect(compareRuns(a, b, 0.02)[0].change).toBe("SLOWER");
    expect(compareRuns(a, b, 0.2)[0].change).toBe("SAME");
    expect(() => compareRuns(a, b, 3)).toThrow("the threshold should be a number from 0 to 1, not 3");
  });
});
