/** The estimate of what is left of a run. */
import { describe, expect, it } from "vitest";
import { estimateText, TimeLeft } from "../../demo/src/page/time_left.ts";
import { PHASES, phaseAt } from "../../demo/src/shared/phases.ts";

describe("phases", () => {
  it("are found by the share of the progress", () => {
    expect(phaseAt(0)).toEqual({ phase: "compile", through: 0 });
    expect(phaseAt(0.35)).toEqual({ phase: "first", through: expect.closeTo(0.5) });
    expect(phaseAt(PHASES.figures)).toEqual({ phase: "figures", through: 0 });
    expect(phaseAt(1)).toEqual({ phase: "figures", through: 1 });
  });
});

describe("the time left", () => {
  /** A run whose phases take so many seconds. */
  const lengths = { compile: 30, first: 2, check: 6, passes: 8, steps: 4, figures: 0 };
  const play = (
    time: TimeLeft,
    clock: { now: number },
    at: (left: number | undefined, truth: number) => void,
  ): void => {
    const total = Object.values(lengths).reduce((sum, length) => sum + length, 0) * 1000;
    const start = clock.now;
    time.begin("same");
    const names = Object.keys(PHASES) as (keyof typeof PHASES)[];
    names.forEach((name, index) => {
      const [from, to] = [PHASES[name], index + 1 < names.length ? PHASES[names[index + 1]] : 1];
      for (let piece = 0; piece < 20; piece++) {
        time.reached(from + ((to - from) * piece) / 20);
        at(time.left(), total - (clock.now - start));
        clock.now += (lengths[name] * 1000) / 20;
      }
    });
    time.done();
  };

  it("is unknown until something has been done, and then near the truth", () => {
    const clock = { now: 5000 };
    const time = new TimeLeft(() => clock.now);
    const errors: number[] = [];
    play(time, clock, (left, truth) => {
      if (truth === 50_000) expect(left).toBe(undefined);
      else errors.push(Math.abs((left ?? 0) - truth));
    });
    expect(Math.max(...errors)).toBeLessThan(15_000); // phases that nobody has seen yet are guessed
  });

  it("is the truth for a run that has been seen before", () => {
    const clock = { now: 5000 };
    const time = new TimeLeft(() => clock.now);
    play(time, clock, () => {});
    play(time, clock, (left, truth) => {
      expect(Math.abs((left ?? Number.NaN) - truth)).toBeLessThan(3000);
    });
  });

  it("does not count time in the background", () => {
    const clock = { now: 0 };
    const time = new TimeLeft(() => clock.now);
    time.begin("a");
    clock.now = 10_000;
    time.reached(0.15);
    const before = time.left();
    time.pause();
    clock.now += 60_000;
    expect(time.left()).toBe(before);
    time.resume();
    expect(time.left()).toBe(before);
  });

  it("is told in round words", () => {
    expect([1, 4, 12, 48, 57, 75, 200].map((seconds) => estimateText(seconds * 1000))).toEqual([
      "a few seconds left",
      "a few seconds left",
      "about 15 s left",
      "about 50 s left",
      "about a minute left",
      "about a minute left",
      "about 3 minutes left",
    ]);
  });
});
