/** The benchmark loop: load, judge, warm up, time in turns; one row per pass. Knows no backend by name. */
import { type Backend, type BackendStatus, backendText, type RunProgress } from "../../backends/backend.ts";
import { CancelledError, DeviceError, messageOf, throwIfAborted, UnavailableError } from "../../errors.ts";
import { Contender, emptyRow, type RowSettings } from "./contender.ts";
import type { Judge } from "./judge.ts";
import type { BenchRow } from "./row.ts";
import type { Answer, Verdict } from "./verdict.ts";
import type { MissingWorkload, Workload, WorkloadNames } from "./workload.ts";

/** A median of fewer says little. */
const LEAST_PASSES = 3;

export interface BenchSettings extends RowSettings {
  readonly passes: number;
  /** Milliseconds after which a backend has had passes enough of a workload, once it has {@link LEAST_PASSES}. */
  readonly patience: number;
  readonly warmup: number;
  /** Load anew for every pass, and warm nothing up. */
  readonly cold: boolean;
}

export interface BenchHooks {
  readonly row: (row: BenchRow) => void;
  /** What is being done, for people. */
  readonly progress: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** One workload on one backend: its rows, and how it went. */
export interface BenchResult {
  readonly workload: WorkloadNames;
  readonly backend: string;
  readonly variant: string;
  readonly rows: readonly BenchRow[];
  readonly outcome: "timed" | "wrong" | "failed";
}

/**
 * Runs all workloads, one after the other, each on all backends: their outputs are judged together, and their passes take
 * turns, so that whatever else the machine does falls on all alike. A backend that fails becomes a row; the rest still runs.
 * @throws {CancelledError} once the signal has fired; rows that are finished have been handed to the hook
 */
export async function runBench(
  backends: readonly Backend[],
  workloads: readonly (Workload | MissingWorkload)[],
  judge: Judge,
  settings: BenchSettings,
  hooks: BenchHooks,
): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const workload of workloads) {
    throwIfAborted(hooks.signal);
    const runs = backends.map((backend) => new BackendRun(backend, workload, settings, hooks));
    try {
      for (const run of runs) await run.begin();
      if (!("missing" in workload)) await judgeAll(judge, workload, runs);
      for (const run of runs) await run.warmUp();
      const passing = (): BackendRun[] => runs.filter((run) => run.goesOn);
      while (passing().length > 0) for (const run of passing()) await run.pass();
    } finally {
      for (const run of runs) await run.end();
    }
    results.push(...runs.map((run) => run.result()));
  }
  return results;
}

/** Judges the outputs of all backends that gave some. */
async function judgeAll(judge: Judge, workload: Workload, runs: readonly BackendRun[]): Promise<void> {
  const answering = runs.filter((run) => run.answer !== undefined);
  const verdicts = await judge.judge(
    workload,
    answering.map(({ answer }) => answer as Answer),
  );
  for (const [index, run] of answering.entries()) await run.judged(verdicts[index]);
}

/** One workload on one backend, step by step; a step behind a failure does nothing. */
class BackendRun {
  /** The outputs of the first run, until they are judged. */
  answer: Answer | undefined;
  private readonly backend: Backend;
  private readonly workload: Workload | MissingWorkload;
  private readonly settings: BenchSettings;
  private readonly hooks: BenchHooks;
  private readonly rows: BenchRow[] = [];
  private contender: Contender | undefined;
  private template: BenchRow | undefined;
  private outcome: BenchResult["outcome"] | undefined;
  private spent = 0; // milliseconds of passes

  constructor(backend: Backend, workload: Workload | MissingWorkload, settings: BenchSettings, hooks: BenchHooks) {
    this.backend = backend;
    this.workload = workload;
    this.settings = settings;
    this.hooks = hooks;
  }

  /** Loads and runs for the first time. */
  begin(): Promise<void> {
    return this.guarded(async () => {
      const { backend, workload } = this;
      const status: BackendStatus = await backend.status(workload.engine);
      this.template = emptyRow(backend, workload, this.settings, status);
      if ("missing" in workload) return this.fail(workload.missing);
      if (!status.ready) throw new UnavailableError(status.reason, status.fix);
      this.tell("loading and checking");
      this.contender = new Contender(backend, workload, this.template, this.settings.machine);
      this.answer = { backend, outputs: await this.contender.begin(this.runOptions()) };
    });
  }

  judged(verdict: Verdict | Error): Promise<void> {
    return this.guarded(async () => {
      this.answer = undefined;
      if (verdict instanceof Error) throw verdict;
      this.contender?.judged(verdict);
      if (verdict.wrong) this.fail(`wrong: ${verdict.wrong}`, "wrong");
    });
  }

  warmUp(): Promise<void> {
    return this.guarded(async () => {
      if (this.settings.cold) return;
      this.tell("warming up");
      await this.contender?.warmUp(this.settings.warmup, this.runOptions());
    });
  }

  /** Whether another pass is due. */
  get goesOn(): boolean {
    const { passes, patience } = this.settings;
    const enough = this.rows.length >= LEAST_PASSES && this.spent > patience;
    return this.outcome === undefined && this.rows.length < passes && !enough;
  }

  pass(): Promise<void> {
    return this.guarded(async () => {
      if (!this.contender) return;
      const [index, start] = [this.rows.length, performance.now()];
      const options = this.runOptions();
      const { cold } = this.settings;
      this.emit(await (cold ? this.contender.coldPass(index, options) : this.contender.pass(index, options)));
      this.spent += performance.now() - start;
    });
  }

  async end(): Promise<void> {
    await this.contender?.dispose();
  }

  result(): BenchResult {
    const { workload, backend, rows, outcome = "timed" } = this;
    return { workload, backend: backend.name, variant: backend.variant, rows, outcome };
  }

  private async guarded(step: () => Promise<void>): Promise<void> {
    if (this.outcome !== undefined) return;
    throwIfAborted(this.hooks.signal);
    try {
      await step();
    } catch (error) {
      if (error instanceof CancelledError) throw error;
      // A lost device stays lost; the next workload opens a new one.
      if (error instanceof DeviceError) await this.backend.dispose();
      this.fail(error instanceof UnavailableError ? `${error.message}. To fix it: ${error.fix}` : messageOf(error));
    }
  }

  private fail(error: string, outcome: BenchResult["outcome"] = "failed"): void {
    this.outcome = outcome;
    this.answer = undefined;
    const template = this.contender?.template ?? this.template;
    if (template) this.emit({ ...template, ok: false, error });
  }

  private runOptions() {
    const { signal } = this.hooks;
    return {
      ...(signal && { signal }),
      progress: (done: RunProgress) => this.tell(progressText(done)),
    };
  }

  private emit(row: BenchRow): void {
    this.rows.push(row);
    this.hooks.row(row);
    this.tell(
      row.ok
        ? `pass ${row.pass_index + 1} of ${this.settings.passes}: ${row.elapsed_ms?.toFixed(1)} ms`
        : (row.error ?? ""),
    );
  }

  private tell(text: string): void {
    const { engine, component, tokens } = this.workload;
    this.hooks.progress(`${engine} ${component} ${backendText(this.backend)} N=${tokens}: ${text}`);
  }
}

/** Where a run is, for people: which recycle or step of the sampler, and in it which block and layer. */
export function progressText({ section, run, step, steps, label }: RunProgress): string {
  const inside = section !== "" && label.startsWith(`${section}/`) ? label.slice(section.length + 1) : label;
  return `${section === "" ? "" : `${section} ${run}: `}${inside} (${step} of ${steps})`;
}
