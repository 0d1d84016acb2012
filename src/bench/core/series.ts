/** What a series of times says of itself: where its warm-up ends, and what makes it doubtful. Pure functions. */
import { givenNumbers } from "../../formats/given.ts";
import { deviation, median } from "./stats.ts";

/** Differences below this are not worth a word. */
const EFFECT = 0.05;
/** In standard deviations, as the median absolute deviation estimates them. */
const FAR = 5;

/** How far from the median a time is still one of the others. */
const reach = (samples: readonly number[]): number => Math.max(FAR * deviation(samples), EFFECT * median(samples));

const MOST_WARM_UPS = 10;

/**
 * Whether runs that warm something up have done so: the last one was no faster, by more than noise, than the best before it. The first
 * run compiles, so that two say nothing.
 * @param runs milliseconds, all runs so far
 */
export function isWarm(runs: readonly number[]): boolean {
  givenNumbers("the runs", runs);
  if (runs.length >= MOST_WARM_UPS) return true;
  return runs.length > 2 && runs[runs.length - 1] >= (1 - EFFECT) * Math.min(...runs.slice(0, -1));
}

export interface Shift {
  /** The first sample of the second level. */
  readonly at: number;
  /** Its median over the first level's. */
  readonly ratio: number;
}

/** How likely a shift may be by chance. */
const CHANCE = 0.01;

/** How many of sorted values are below one, or also those that equal it. */
function countBelow(sorted: Float64Array, one: number, equal = false): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const half = (low + high) >> 1;
    if (sorted[half] < one || (equal && sorted[half] === one)) low = half + 1;
    else high = half;
  }
  return low;
}

/**
 * Where the level of a series changes, if it does: Pettitt's test (1979), which compares ranks and minds no outliers.
 * @returns undefined if it may be chance, or is less than 5 %
 */
export function shiftIn(samples: readonly number[]): Shift | undefined {
  givenNumbers("the samples", samples);
  const n = samples.length;
  const sorted = Float64Array.from(samples).sort();
  // How many are below a sample, less how many are above it.
  const signs = samples.map((one) => countBelow(sorted, one) - (n - countBelow(sorted, one, true)));
  let [sum, largest, at] = [0, 0, 0];
  for (let t = 0; t < n - 1; t++) {
    sum += signs[t];
    if (Math.abs(sum) > largest) [largest, at] = [Math.abs(sum), t + 1];
  }
  if (at === 0 || 2 * Math.exp((-6 * largest ** 2) / (n ** 3 + n ** 2)) > CHANCE) return undefined;
  const ratio = median(samples.slice(at)) / median(samples.slice(0, at));
  return Math.abs(ratio - 1) < EFFECT ? undefined : { at, ratio };
}

/**
 * How many samples at the beginning are warm-up: each far above what comes after it. At most a third; a long first level is no warm-up
 * but {@link shiftIn}'s.
 */
export function warmUpEnd(samples: readonly number[]): number {
  givenNumbers("the samples", samples);
  if (shiftIn(samples)) return 0;
  let end = 0;
  for (; end + 1 <= samples.length / 3; end++) {
    const rest = samples.slice(end + 1);
    if (samples[end] <= median(rest) + reach(rest)) break;
  }
  return end;
}

/** How many samples lie far from the median. */
export function outliersIn(samples: readonly number[]): number {
  givenNumbers("the samples", samples);
  const [centre, far] = [median(samples), reach(samples)];
  return samples.filter((sample) => Math.abs(sample - centre) > far).length;
}

/** Fewer samples have no two groups. */
const LEAST_FOR_GROUPS = 10;
/** Each group has at least this share. */
const GROUP = 0.2;

/**
 * The two medians of samples that fall into two groups with nothing between, such as runs on two kinds of cores.
 * @returns undefined if they do not
 */
export function groupsIn(samples: readonly number[]): readonly [low: number, high: number] | undefined {
  givenNumbers("the samples", samples);
  if (samples.length < LEAST_FOR_GROUPS) return undefined;
  const sorted = [...samples].sort((a, b) => a - b);
  const least = Math.ceil(GROUP * sorted.length);
  let cut = least;
  for (let i = least; i <= sorted.length - least; i++)
    if (sorted[i] - sorted[i - 1] > sorted[cut] - sorted[cut - 1]) cut = i;
  const [low, high] = [sorted.slice(0, cut), sorted.slice(cut)];
  const gap = high[0] - low[low.length - 1];
  const apart = gap > 2 * Math.max(deviation(low), deviation(high)) && gap > EFFECT * median(low);
  return apart ? [median(low), median(high)] : undefined;
}

export type Doubt = "warm-up" | "drift" | "throttling" | "outliers" | "groups" | "busy" | "clock";

export interface Warning {
  readonly doubt: Doubt;
  /** One sentence. */
  readonly text: string;
}

/** Others that take more of the machine's processor time make times doubtful. */
export const BUSY = 0.1;
/** Below this share of its highest clock a device is not at work as hard as it can be. */
export const SLOW_CLOCK = 0.8;
/** So many outliers are chance. */
const FEW_OUTLIERS = 0.05;

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
const passes = (count: number): string => (count === 1 ? "1 pass" : `${count} passes`);

/**
 * What makes the median of times doubtful.
 * @param samples passes in order
 * @param others the share of the machine's processor time that others had meanwhile, where known
 * @param clocks at which share of its highest clock the device was meanwhile, where known
 */
export function warningsOf(
  samples: readonly number[],
  others: readonly number[] = [],
  clocks: readonly number[] = [],
): Warning[] {
  givenNumbers("the others' shares", others);
  givenNumbers("the device's clocks", clocks);
  const start = warmUpEnd(samples);
  const steady = samples.slice(start);
  const warnings: Warning[] = [];
  const warn = (doubt: Doubt, text: string): number => warnings.push({ doubt, text });
  const busy = others.length > 0 ? median(others) : undefined;
  if (start > 0) {
    const which = start === 1 ? "the first pass was" : `the first ${start} passes were`;
    warn("warm-up", `${which} slower than the other ${samples.length - start}: not counted`);
  }
  const shift = shiftIn(steady);
  if (shift) {
    const change = `from pass ${start + shift.at + 1} on ${percent(Math.abs(shift.ratio - 1))} ${shift.ratio > 1 ? "slower" : "faster"}`;
    const slowed = shift.ratio > 1 && busy !== undefined && busy < BUSY;
    if (slowed) warn("throttling", `${change}, while others had little of the processor: it may be throttling`);
    else warn("drift", `${change}: the machine changed under it`);
  }
  const groups = shift ? undefined : groupsIn(steady);
  if (groups)
    warn(
      "groups",
      `two kinds of passes, ${groups[0].toPrecision(3)} and ${groups[1].toPrecision(3)} ms, with none between`,
    );
  const outliers = outliersIn(steady);
  if (!shift && !groups && outliers > FEW_OUTLIERS * steady.length)
    warn("outliers", `${passes(outliers)} of ${steady.length} far from the median`);
  if (busy !== undefined && busy >= BUSY) warn("busy", `others had ${percent(busy)} of the processor meanwhile`);
  const clock = clocks.length > 0 ? median(clocks) : undefined;
  if (clock !== undefined && clock < SLOW_CLOCK)
    warn("clock", `the device ran at ${percent(clock)} of its highest clock: times of another clock are no comparison`);
  return warnings;
}
