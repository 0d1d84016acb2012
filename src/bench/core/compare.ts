/** Whether one result is faster than another, row by row, and how sure that is. Pure functions. */
import { givenList, givenNumber, givenParts, givenWhole, MOST_SEED } from "../../formats/given.ts";
import {
  type Interval,
  LEAST_SAMPLES,
  LEAST_SURE,
  rankedInterval,
  ratioInterval,
  SURELY_OUTSIDE,
} from "./intervals.ts";
import { warmUpEnd } from "./series.ts";
import { geometricMean, median, quantile } from "./stats.ts";

/** One workload, or one case of a kernel, as one run of a benchmark measured it. */
export interface Measured {
  /** What it is; the same of two results are compared. */
  readonly name: string;
  readonly device: string;
  /** Whether it keeps the processor busy, so that whatever else does slows it. */
  readonly onProcessor: boolean;
  /** When its first sample began, in milliseconds since 1970. */
  readonly start: number;
  /** Milliseconds, in order; none if it failed. */
  readonly samples: readonly number[];
  /** The share of the processor that others had meanwhile, where known. */
  readonly others: readonly number[];
  readonly error: string | null;
}

export type Change = "FASTER" | "SLOWER" | "SAME" | "UNSURE";

export interface Comparison {
  readonly name: string;
  readonly change: Change;
  /** Milliseconds, null where there is no time: of runs in turns the median of their lower quartiles, of others the median of all passes. */
  readonly first: number | null;
  readonly second: number | null;
  /** The second's time over the first's, with its 95 % interval. */
  readonly ratio: number | null;
  readonly interval: Interval | null;
  /** How many times the two were run in turns; 0 if they were not. */
  readonly turns: number;
  /** Why it is UNSURE. */
  readonly reason: string | null;
}

/** Runs further apart in time are not in turns, in milliseconds. */
const NEAR = 3_600_000;
/** Two runs on one machine differ by so much though nothing has changed: what other minutes, another layout of memory do. */
const APART = 0.1;
/** With more than this, a machine is too busy to compare runs that were not made in turns. */
const CALM = 0.05;

/**
 * Compares what both have, row by row.
 *
 * Runs that were made in turns (A, B, A, B, … or A, B, B, A, …; six of each at least, neighbours within an hour) are compared pair by pair,
 * so that whatever slows the machine slows both; it takes eight to call a change. Others are compared by their samples, if the machine was calm, and must differ by more
 * than machines do between runs; they are never SAME.
 * @param threshold a smaller change is none: 0.03 for 3 %
 * @param seed of the bootstrap
 * @throws {BadInputError} unless both are lists of measurements, and the threshold is a number from 0 to 1
 */
export function compareRuns(
  first: readonly Measured[],
  second: readonly Measured[],
  threshold = 0.03,
  seed = 0,
): Comparison[] {
  givenRuns("the first", first);
  givenRuns("the second", second);
  givenNumber("the threshold", threshold, 0, 1);
  givenWhole("seed", seed, 0, MOST_SEED);
  const names = new Set(first.map(({ name }) => name));
  return [...names].flatMap((name) => {
    const [a, b] = [first, second].map((side) => side.filter((one) => one.name === name));
    return b.length > 0 ? [{ name, ...compareOne(a, b, threshold, seed) }] : [];
  });
}

function givenRuns(name: string, runs: unknown): void {
  givenList(name, "an array of measurements", runs);
  const parts = { name: "string", device: "string", start: "number", samples: "list", others: "list" } as const;
  for (const one of runs) givenParts(`one of ${name}`, "a measurement", one, parts);
}

/** The mean ratio of all that could be compared, null if there is none. */
export function meanRatio(comparisons: readonly Comparison[]): number | null {
  givenList("the comparisons", "an array of compareRuns' results", comparisons);
  for (const one of comparisons) givenParts("a comparison", "one of compareRuns'", one, { change: "string" });
  const ratios = comparisons.flatMap(({ ratio }) => ratio ?? []);
  return ratios.length > 0 ? geometricMean(ratios) : null;
}

/** Samples without those that warm up. */
const steady = ({ samples }: Measured): readonly number[] => samples.slice(warmUpEnd(samples));

function compareOne(
  a: readonly Measured[],
  b: readonly Measured[],
  threshold: number,
  seed: number,
): Omit<Comparison, "name"> {
  const failed = [...a, ...b].find(({ samples }) => samples.length === 0);
  const all = [a, b].map((side) => side.flatMap(steady));
  const [first, second] = all.map((samples) => (samples.length > 0 ? median(samples) : null));
  const known = { first, second, turns: 0, interval: null, change: "UNSURE" } as const;
  if (failed || first === null || second === null)
    return { ...known, ratio: null, reason: `one has no time: ${failed?.error ?? "no passes"}` };
  const logs = turnsOf(a, b);
  const ranked = rankedInterval(logs);
  if (ranked) {
    const [ratio, low, high] = [ranked.centre, ranked.low, ranked.high].map(Math.exp);
    const times = { first: median(a.map(timeOf)), second: median(b.map(timeOf)) };
    return {
      ...known,
      ...times,
      ratio,
      interval: { low, high },
      turns: logs.length,
      ...verdict(ratio, { low, high }, surely(logs), threshold),
    };
  }
  const ratio = second / first;
  const few = logs.length > 1 ? `${logs.length} turns say little: ${LEAST_SURE} or more` : undefined;
  const interval = ratioInterval(all[0], all[1], seed);
  if (!interval) return { ...known, ratio, reason: few ?? `fewer than ${LEAST_SAMPLES} passes say little` };
  // Whatever a machine does between runs is added on both sides.
  const wide = { low: interval.low / (1 + APART), high: interval.high * (1 + APART) };
  const doubt = few ?? doubtOf([...a, ...b]);
  if (doubt) return { ...known, ratio, interval: wide, reason: doubt };
  const found = verdict(ratio, wide, wide, Math.max(threshold, APART));
  if (found.change === "FASTER" || found.change === "SLOWER") return { ...known, ratio, interval: wide, ...found };
  return { ...known, ratio, interval: wide, reason: "so much machines change between runs: run in turns" };
}

/** What makes times of separate runs no evidence. */
function doubtOf(sides: readonly Measured[]): string | undefined {
  const onProcessor = sides.filter((side) => side.onProcessor);
  if (onProcessor.length === 0) return undefined;
  const shares = onProcessor.map(({ others }) => (others.length > 0 ? median(others) : undefined));
  if (shares.includes(undefined)) return "run in turns, for it is not known how busy the machine was";
  const most = Math.max(...(shares as number[]));
  return most > CALM ? `run in turns, for others had ${(100 * most).toFixed(0)} % of the processor` : undefined;
}

/** What holds the ratio in 99 of 100 cases; undefined where there are too few turns. */
function surely(logs: readonly number[]): Interval | undefined {
  const ranked = rankedInterval(logs, SURELY_OUTSIDE);
  return ranked && { low: Math.exp(ranked.low), high: Math.exp(ranked.high) };
}

/**
 * A change is called by an interval that is wrong once in a hundred times: of twenty rows that did not change, one that is wrong once in
 * twenty times calls one, and a table has many rows. @param sure that interval
 */
function verdict(
  ratio: number,
  { low, high }: Interval,
  sure: Interval | undefined,
  threshold: number,
): Pick<Comparison, "change" | "reason"> {
  const found = (change: Change) => ({ change, reason: null });
  if (sure && sure.high < 1 && ratio <= 1 / (1 + threshold)) return found("FASTER");
  if (sure && sure.low > 1 && ratio >= 1 + threshold) return found("SLOWER");
  if (low >= 1 / (1 + threshold) && high <= 1 + threshold) return found("SAME");
  if (!sure) return { change: "UNSURE", reason: `too few turns to be sure: ${LEAST_SURE} or more` };
  const likely = low > 1 || high < 1;
  return {
    change: "UNSURE",
    reason: likely
      ? "a change is likely, and not sure enough: more turns would tell"
      : "the interval holds both a change and none",
  };
}

/**
 * A run's time among others: the lower quartile, for what others do to a machine only adds to times. It is one number, however many samples
 * it comes from: what a process has for itself, such as where its memory lies, is the same in all of them.
 */
const timeOf = (run: Measured): number => quantile(steady(run), 0.25);

/**
 * The logarithms of the second's time over the first's, pair by pair: neighbours in time of which one is of either side. Each run is in one
 * pair, so that the pairs do not depend on each other.
 */
function turnsOf(a: readonly Measured[], b: readonly Measured[]): number[] {
  const runs = [
    ...a.map((one) => ({ sign: -1, start: one.start, time: timeOf(one) })),
    ...b.map((one) => ({ sign: 1, start: one.start, time: timeOf(one) })),
  ].sort((one, other) => one.start - other.start);
  const logs: number[] = [];
  for (let at = 1; at < runs.length; at++) {
    const [before, own] = [runs[at - 1], runs[at]];
    if (before.sign === own.sign || own.start - before.start > NEAR) continue;
    logs.push(own.sign * Math.log(own.time / before.time));
    at++;
  }
  return logs;
}
