/** Runs entries of suites on a device: skipped where they cannot run, checked, then timed. */
import { DeviceError, TooLargeError } from "../../errors.ts";
import type { Device } from "../../gpu/device/device.ts";
import type { Cost } from "../../gpu/plan/kernel.ts";
import { Plan } from "../../gpu/plan/plan.ts";
import type { Target } from "../../gpu/plan/target.ts";
import { Executable } from "../../gpu/run/executable.ts";
import { Timestamps } from "../../gpu/run/timestamps.ts";
import type { PipelineCache } from "../../gpu/shader/pipelines.ts";
import { kernelRule, type Sampling, type StopRule, sampleUntil } from "../core/measure.ts";
import { leastSeconds, type Roofline } from "../core/roofline.ts";
import { summarise } from "../core/stats.ts";
import { type Judgement, judge } from "./judge.ts";
import { OUTPUT, type SuiteEntry } from "./suite.ts";

/** An opened device and what compiles for it. */
export interface Gpu {
  readonly device: Device;
  readonly pipelines: PipelineCache;
  readonly target: Target;
}

export type EntryOutcome =
  | { readonly kind: "passed"; readonly judged: Judgement }
  | { readonly kind: "failed"; readonly reason: string; readonly judged?: Judgement }
  | { readonly kind: "skipped"; readonly reason: string };

export interface EntryTiming {
  /** Milliseconds of the whole batch. */
  readonly sampling: Sampling;
  /** The device's timestamps, or the wall where it has none. */
  readonly clock: "gpu" | "wall";
  /** How many times over one submission did the work. */
  readonly repeats: number;
  /** Of the whole batch. */
  readonly cost: Cost;
}

export interface EntryOptions {
  readonly seed?: number;
  readonly rule?: StopRule;
  readonly signal?: AbortSignal | undefined;
}

/** On a software adapter, entries that are estimated to take longer are left out. */
const MOST_SECONDS = 300;
/** A timed submission holds enough repetitions to take this long, but no more than {@link MOST_REPEATS}. */
const BATCH_MS = 2;
const MOST_REPEATS = 16;

function recorded(entry: SuiteEntry, target: Target, seed: number, times: number): Plan {
  const plan = new Plan(target);
  entry.record(plan, seed, times);
  return plan;
}

/** The work of a whole batch. @throws {TooLargeError} if an array passes the device's limits */
export function costOf(entry: SuiteEntry, target: Target): Cost {
  const { flops, bytes } = recorded(entry, target, 0, 1).cost();
  return { flops: entry.batch * flops, bytes: entry.batch * bytes };
}

/**
 * Why an entry is not run here, or undefined.
 * @param rate the device's floating-point operations per second, measured; only a software adapter needs it
 */
export function skipReason(entry: SuiteEntry, target: Target, rate?: number): string | undefined {
  try {
    const { flops } = costOf(entry, target);
    const seconds = target.software && rate !== undefined ? flops / rate : 0;
    return seconds > MOST_SECONDS
      ? `would take about ${Math.ceil(seconds / 60)} minutes on this software adapter; the limit is ${MOST_SECONDS / 60}`
      : undefined;
  } catch (error) {
    if (error instanceof TooLargeError) return error.message;
    throw error;
  }
}

/** Runs every element of an entry's batch and compares it with the reference. A wrong entry is an outcome, not an error. */
export async function checkEntry(gpu: Gpu, entry: SuiteEntry, options: EntryOptions = {}): Promise<EntryOutcome> {
  const { seed = 0, signal } = options;
  try {
    return await withExecutable(gpu, entry, options, 1, async (executable) => {
      let judged: Judgement = { error: -1, worst: { index: -1, got: Number.NaN, want: Number.NaN }, count: 0 };
      for (let element = 0; element < entry.batch; element++) {
        const inputs = entry.draw(seed, element);
        const { outputs } = await executable.run(inputs, { ...(signal && { signal }) });
        const own = judge(outputs.get(OUTPUT) as Float32Array, entry.reference(inputs, seed), entry.tolerance);
        if (own.problem) return { kind: "failed", reason: `output${own.problem} (seed ${seed})`, judged: own };
        judged = { ...(own.error > judged.error ? own : judged), count: judged.count + own.count };
      }
      return { kind: "passed", judged };
    });
  } catch (error) {
    return refused(error);
  }
}

/** What becomes of an entry that the device failed at. @throws what was thrown, if nothing more can run */
export function refused(error: unknown): EntryOutcome {
  if (!(error instanceof DeviceError) || error.kind === "lost") throw error;
  return { kind: error.kind === "out-of-memory" ? "skipped" : "failed", reason: error.message };
}

/** Times an entry with everything on the device. Check it first: a wrong entry has no time. */
export async function timeEntry(gpu: Gpu, entry: SuiteEntry, options: EntryOptions = {}): Promise<EntryTiming> {
  const { seed = 0, rule = kernelRule, signal } = options;
  const inputs = entry.draw(seed, 0);
  const timed = <T>(repeats: number, work: (run: () => Promise<number>) => Promise<T>): Promise<T> =>
    withExecutable(gpu, entry, options, repeats, async (executable) => {
      await executable.keepInputs(inputs);
      const run = async (): Promise<number> => {
        const { times } = await executable.time(new Map(), { resident: true, leaveOutputs: true });
        return times.gpu ?? times.execute;
      };
      await run(); // compiles, and clears lazily cleared buffers
      return work(run);
    });
  const once = await timed(1, (run) => run());
  const repeats = Math.min(MOST_REPEATS, Math.max(1, Math.ceil(BATCH_MS / once)));
  const sampling = await timed(repeats, (run) =>
    sampleUntil(
      async () => (entry.batch * (await run())) / repeats,
      rule,
      () => performance.now(),
      signal,
    ),
  );
  const clock = Timestamps.supported(gpu.device) ? "gpu" : "wall";
  return { sampling, clock, repeats, cost: costOf(entry, gpu.target) };
}

/** A timing as a rate, and as a share of what the device could do at best. */
export function ratesOf({ sampling, cost }: EntryTiming, roofline: Roofline) {
  const seconds = summarise(sampling.samples).median / 1000;
  const floor = leastSeconds(cost, roofline);
  return { flops: cost.flops / seconds, share: floor / seconds };
}

/** Builds the plan of an entry, done `times` times over, and frees it behind the work. */
async function withExecutable<T>(
  { device, pipelines, target }: Gpu,
  entry: SuiteEntry,
  { seed = 0, signal }: EntryOptions,
  times: number,
  work: (executable: Executable) => Promise<T>,
): Promise<T> {
  const executable = await Executable.build(device, recorded(entry, target, seed, times), pipelines, { signal });
  try {
    return await work(executable);
  } finally {
    executable.dispose();
  }
}
