/** Which of two is faster, timed in turns: a machine that is busy or hot slows both. */
import { throwIfAborted } from "../../errors.ts";
import { deviation, median } from "../core/stats.ts";

/** Something that can be timed. */
export interface Racer {
  /** Milliseconds of one dispatch, of so many back to back. */
  time(repeats: number): Promise<number>;
  destroy(): void;
}

export interface RaceRule {
  /** Both are timed so often at least … */
  readonly minRounds: number;
  /** … and at most, … */
  readonly maxRounds: number;
  /** … or for so many milliseconds. */
  readonly maxTime: number;
  /** A gain below this part is none. */
  readonly margin: number;
  /** What takes so many times as long in its first round is given up. */
  readonly hopeless: number;
}

export const raceRule: RaceRule = { minRounds: 7, maxRounds: 31, maxTime: 4000, margin: 0.02, hopeless: 3 };

export interface Race {
  /** `even`: not faster by more than the noise and the margin. */
  readonly verdict: "faster" | "slower" | "even" | "hopeless";
  /** The challenger's time over the holder's: the median of the rounds. */
  readonly ratio: number;
  /** The median's standard error. */
  readonly error: number;
  readonly rounds: number;
  /** Medians in milliseconds. */
  readonly holder: number;
  readonly challenger: number;
}

/** So many standard errors of the median count as noise. */
const CERTAIN = 3;

/**
 * Times two in turns, each first in every other round, until one is faster by more than the noise: three standard errors of the
 * median ratio, and of the challenger the margin besides.
 * @param clock milliseconds
 */
export async function race(
  holder: Racer,
  challenger: Racer,
  repeats: number,
  rule: RaceRule = raceRule,
  clock: () => number = () => performance.now(),
  signal?: AbortSignal,
): Promise<Race> {
  const [held, challenged]: number[][] = [[], []];
  const start = clock();
  for (;;) {
    throwIfAborted(signal);
    const first = held.length % 2 === 0;
    if (first) held.push(await holder.time(repeats));
    challenged.push(await challenger.time(repeats));
    if (!first) held.push(await holder.time(repeats));
    const rounds = held.length;
    const ratios = held.map((time, round) => challenged[round] / time);
    const ratio = median(ratios);
    const error = (1.2533 * deviation(ratios)) / Math.sqrt(rounds);
    const so = (verdict: Race["verdict"]): Race => ({
      verdict,
      ratio,
      error,
      rounds,
      holder: median(held),
      challenger: median(challenged),
    });
    if (rounds === 1 && ratio > rule.hopeless) return so("hopeless");
    const over = rounds >= rule.maxRounds || clock() - start >= rule.maxTime;
    if (rounds >= rule.minRounds) {
      if (ratio + CERTAIN * error < 1 - rule.margin) return so("faster");
      if (ratio - CERTAIN * error > 1) return so("slower");
    }
    if (over) return so("even");
  }
}
