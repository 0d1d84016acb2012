/** When to stop sampling. The clock is an argument, so that tests can run it without time. */
import { throwIfAborted } from "../../errors.ts";
import {
  givenFunction,
  givenNumber,
  givenNumbers,
  givenParts,
  givenSignal,
  givenWhole,
  refuse,
} from "../../formats/given.ts";
import { median, relativeNoise } from "./stats.ts";

export interface StopRule {
  /** Stop once the median is this certain … */
  readonly noise: number;
  /** … but not before so many samples … */
  readonly minSamples: number;
  /** … and so many milliseconds, … */
  readonly minTime: number;
  /** … and in any case after so many, … */
  readonly maxTime: number;
  /** … or after so many samples. */
  readonly maxSamples?: number;
}

/** The rule for kernels of docs/benchmarking.md. */
export const kernelRule: StopRule = { noise: 0.005, minSamples: 10, minTime: 500, maxTime: 15000 };

/** The same within another limit. @param maxTime milliseconds for which samples of one kind are taken at most */
export function kernelRuleWithin(maxTime: number): StopRule {
  givenNumber("maxTime", maxTime, 0);
  return { ...kernelRule, minTime: Math.min(kernelRule.minTime, maxTime), maxTime };
}

/** The rule for `bench`. @param maxTime milliseconds for which it goes on about one row at most */
export function benchRule(maxTime = 20_000): StopRule {
  givenNumber("maxTime", maxTime, 0);
  return { noise: 0.01, minSamples: 5, minTime: 500, maxTime, maxSamples: 1000 };
}

/** So many samples, whatever they take. */
export function exactly(samples: number): StopRule {
  givenWhole("the number of samples", samples, 1, Number.MAX_SAFE_INTEGER);
  return { noise: 0, minSamples: samples, minTime: 0, maxTime: Number.POSITIVE_INFINITY, maxSamples: samples };
}

/** @throws {BadInputError} unless it says when to stop */
export function givenRule(rule: unknown): void {
  const limits = { noise: "number", minSamples: "number", minTime: "number", maxTime: "number" } as const;
  givenParts("the rule", "a stop rule such as benchRule()", rule, limits);
  const { maxSamples } = rule as StopRule;
  if (maxSamples !== undefined) givenNumber("the rule's maxSamples", maxSamples, 0);
}

export type StopReason = "noise" | "time" | "samples";

/**
 * Why to take no further sample; undefined to go on.
 * @param elapsed milliseconds since the beginning
 * @param ahead milliseconds that the next sample is expected to take
 */
export function stopReason(
  rule: StopRule,
  samples: readonly number[],
  elapsed: number,
  ahead = 0,
): StopReason | undefined {
  givenRule(rule);
  givenNumbers("the samples", samples);
  givenNumber("elapsed", elapsed);
  givenNumber("ahead", ahead);
  if (samples.length >= (rule.maxSamples ?? Number.POSITIVE_INFINITY)) return "samples";
  const certain = elapsed >= rule.minTime && relativeNoise(samples) <= rule.noise;
  if (samples.length >= rule.minSamples && certain) return "noise";
  return elapsed + ahead >= rule.maxTime ? "time" : undefined;
}

/**
 * Milliseconds until a rule will stop sampling, as far as samples tell.
 * @param sample milliseconds of one sample, undefined if there is no telling yet
 * @returns undefined if there is no telling yet
 */
export function timeLeft(
  rule: StopRule,
  samples: readonly number[],
  elapsed: number,
  sample?: number,
): number | undefined {
  givenRule(rule);
  givenNumbers("the samples", samples);
  givenNumber("elapsed", elapsed);
  if (sample !== undefined) givenNumber("sample", sample);
  const limit = rule.maxTime - elapsed;
  const one = samples.length > 0 ? median(samples) : sample;
  if (one === undefined) return Number.isFinite(limit) ? Math.max(0, limit) : undefined;
  const { maxSamples = Number.POSITIVE_INFINITY, minSamples, noise } = rule;
  // The standard error of a median falls with the root of the number of samples.
  const certain =
    samples.length < 2 || noise === 0 ? maxSamples : samples.length * (relativeNoise(samples) / noise) ** 2;
  const wanted = Math.min(maxSamples, Math.max(minSamples, certain)) - samples.length;
  return Math.max(0, Math.min(limit, wanted * one));
}

export interface Sampling {
  /** Every sample, in order. */
  readonly samples: readonly number[];
  /** Which limit ended it: the median was certain enough, the time was up, or there were samples enough. */
  readonly stopped: StopReason;
  readonly noise: number;
}

/**
 * Samples a task until its median is certain or the time is up.
 * @param task returns one sample, in whatever unit
 * @param clock milliseconds
 */
export async function sampleUntil(
  task: () => Promise<number>,
  rule: StopRule,
  clock: () => number = () => performance.now(),
  signal?: AbortSignal,
): Promise<Sampling> {
  if (typeof task !== "function") refuse("the task", "a function that takes a sample", task);
  givenRule(rule);
  givenFunction("clock", clock);
  givenSignal("signal", signal);
  const samples: number[] = [];
  const start = clock();
  for (;;) {
    throwIfAborted(signal);
    samples.push(await task());
    const stopped = stopReason(rule, samples, clock() - start);
    if (stopped) return { samples, stopped, noise: relativeNoise(samples) };
  }
}
