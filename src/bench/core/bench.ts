/** The benchmark loop: load, judge, warm up, time in turns; one row per pass. Knows no backend by name, and no platform. */
import type { Backend, Runner } from "../../backends/backend.ts";
import { throwIfAborted } from "../../errors.ts";
import {
  givenFlag,
  givenFunction,
  givenList,
  givenParts,
  givenSignal,
  givenWhole,
  MOST_SIZE,
} from "../../formats/given.ts";
import { BackendRun } from "./backend_run.ts";
import { givenBackend } from "./case_check.ts";
import type { RowSettings } from "./contender.ts";
import { givenRule, type StopReason, type StopRule } from "./measure.ts";
import type { BenchProgress } from "./progress.ts";
import type { BenchRow } from "./row.ts";
import { median } from "./stats.ts";
import type { Answer, Judging } from "./verdict.ts";
import { givenWorkload, type MissingWorkload, type Workload, type WorkloadNames } from "./workload.ts";

export interface BenchSettings extends RowSettings {
  /** When a workload has passes enough on a backend; times count from its loading on, and one pass there is always. */
  readonly stop: StopRule;
  /** Runs before the passes, the checked first one included; `settled`: until another makes no difference. */
  readonly warmup: number | "settled";
  /** Load anew for every pass, and warm nothing up. */
  readonly cold: boolean;
}

/** Whether times mean anything at the moment; those of a browser's tab in the background do not. */
export interface Conditions {
  /** Waits until they do. */
  ready(): Promise<void>;
  /** How often that has changed: passes count if it has not meanwhile. */
  readonly changes: number;
}

export interface BenchHooks {
  /** Keeps a row. What it throws ends the benchmark. */
  readonly row: (row: BenchRow) => void;
  readonly progress?: (doing: BenchProgress) => void;
  /** A workload has been loaded on a backend. */
  readonly loaded?: (runner: Runner) => void;
  /** A workload on one backend is through. @param runner what it loaded, if that has not failed; freed afterwards */
  readonly finished?: (result: BenchResult, runner: Runner | undefined) => void | Promise<void>;
  readonly signal?: AbortSignal;
  /** Turns during which they changed are thrown away, of all backends alike. Without them every pass counts. */
  readonly conditions?: Conditions;
}

/** One workload on one backend: its rows, and how it went. */
export interface BenchResult {
  readonly workload: WorkloadNames;
  readonly backend: string;
  readonly variant: string;
  readonly rows: readonly BenchRow[];
  readonly outcome: "timed" | "wrong" | "failed";
  /** What was thrown, if it failed. */
  readonly cause: unknown;
  /** What ended its passes, if they ended well. */
  readonly stopped: StopReason | undefined;
  /** Passes that were thrown away. */
  readonly discarded: number;
  /** Milliseconds that loading, checking and all runs took. */
  readonly spent: number;
}

/**
 * Runs all workloads, one after the other, each on all backends: their outputs are judged together, and their passes take
 * turns, so that whatever else the machine does falls on all alike. A backend that fails becomes a row; the rest still runs.
 * @throws {BadInputError} before anything is loaded, if something is of another kind than it should be
 * @throws {CancelledError} once the signal has fired; rows that are finished have been handed to the hook
 * @throws whatever a hook throws
 */
export async function runBench(
  backends: readonly Backend[],
  workloads: readonly (Workload | MissingWorkload)[],
  judge: Judging,
  settings: BenchSettings,
  hooks: BenchHooks,
): Promise<BenchResult[]> {
  checkBench(backends, workloads, judge, settings, hooks);
  const results: BenchResult[] = [];
  for (const [index, workload] of workloads.entries()) {
    throwIfAborted(hooks.signal);
    const waiting = workloads.length - index - 1;
    const told: BenchHooks = {
      ...hooks,
      progress: (doing) => hooks.progress?.({ ...doing, ...aheadOf(runs, results, waiting) }),
    };
    const runs = backends.map((backend) => new BackendRun(backend, workload, settings, told));
    try {
      for (const run of runs) await run.begin();
      if (!("missing" in workload)) await judgeAll(judge, workload, runs);
      for (const run of runs) await run.warmUp();
      await takeTurns(runs, hooks);
      for (const run of runs) await hooks.finished?.(run.result(), run.runner);
    } finally {
      for (const run of runs) await run.end();
    }
    results.push(...runs.map((run) => run.result()));
  }
  return results;
}

function checkBench(backends: unknown, workloads: unknown, judge: unknown, settings: unknown, hooks: unknown): void {
  givenList("the backends", "an array of backends", backends);
  for (const backend of backends) givenBackend(backend, "status", "load", "release");
  givenList("the workloads", "an array of workloads", workloads);
  for (const workload of workloads) {
    givenParts("the workload", "what makeWorkload resolves to", workload, { engine: "string", component: "string" });
    if (!("missing" in (workload as object))) givenWorkload(workload);
  }
  givenParts("the judge", "a judge, such as new Judge(…)", judge, { judge: "function" });
  const kinds = { stop: "object", machine: "object", notes: "string", precision: "string" } as const;
  givenParts(
    "the settings",
    "an object with stop, warmup, cold, precision, notes, commit and machine",
    settings,
    kinds,
  );
  const { stop, warmup, cold } = settings as BenchSettings;
  givenRule(stop);
  if (warmup !== "settled") givenWhole("warmup", warmup, 0, MOST_SIZE);
  givenFlag("cold", cold);
  givenParts("the hooks", "an object with a function row", hooks, { row: "function" });
  const { progress, loaded, finished, signal } = hooks as BenchHooks;
  for (const [name, hook] of Object.entries({ progress, loaded, finished })) givenFunction(name, hook);
  givenSignal("signal", signal);
}

/** Judges the outputs of all backends that gave some. */
async function judgeAll(judge: Judging, workload: Workload, runs: readonly BackendRun[]): Promise<void> {
  const answering = runs.filter((run) => run.answer !== undefined);
  if (answering.length === 0) return; // all have failed, each for its own reason
  const start = performance.now();
  const verdicts = await judge.judge(
    workload,
    answering.map(({ answer }) => answer as Answer),
  );
  const each = (performance.now() - start) / Math.max(1, answering.length);
  for (const [index, run] of answering.entries()) await run.judged(verdicts[index], each);
}

/** Times pass by pass, each backend once per turn, until all have enough. */
async function takeTurns(runs: readonly BackendRun[], { conditions }: BenchHooks): Promise<void> {
  for (;;) {
    const passing = runs.filter((run) => run.goesOn);
    if (passing.length === 0) return;
    await conditions?.ready();
    const before = conditions?.changes;
    const held: { readonly run: BackendRun; readonly row: BenchRow }[] = [];
    for (const run of passing) {
      const row = await run.pass();
      if (!row) continue;
      if (conditions) held.push({ run, row });
      else run.keep(row); // on disk before the next pass begins
    }
    for (const { run, row } of held)
      if (conditions?.changes === before) run.keep(row);
      else run.discarded++;
  }
}

/** Milliseconds until everything is through: those that run as they tell, those that wait as those that are through did. */
function aheadOf(
  running: readonly BackendRun[],
  results: readonly BenchResult[],
  waiting: number,
): { readonly left?: number } {
  const own = running.map(({ left }) => left);
  if (own.some((left) => left === undefined)) return {};
  const now = (own as number[]).reduce((sum, left) => sum + left, 0);
  const through = results.filter(({ outcome }) => outcome === "timed").map(({ spent }) => spent);
  const whole = running.map(({ spent }, at) => spent + (own[at] as number));
  return { left: now + waiting * running.length * median(through.length > 0 ? through : whole) };
}
