/** One workload on one backend, step by step: where it fails, it ends as a row that says so. */
import type { Backend, BackendStatus, Runner, RunProgress } from "../../backends/backend.ts";
import {
  BadInputError,
  CancelledError,
  DeviceError,
  messageOf,
  throwIfAborted,
  UnavailableError,
} from "../../errors.ts";
import type { BenchHooks, BenchResult, BenchSettings } from "./bench.ts";
import { Contender, emptyRow } from "./contender.ts";
import { type StopReason, stopReason, timeLeft } from "./measure.ts";
import type { BenchProgress } from "./progress.ts";
import type { BenchRow } from "./row.ts";
import { median } from "./stats.ts";
import type { Answer, Verdict } from "./verdict.ts";
import type { MissingWorkload, Workload } from "./workload.ts";

export class BackendRun {
  /** The outputs of the first run, until they are judged. */
  answer: Answer | undefined;
  /** Passes that were thrown away. */
  discarded = 0;
  /** Milliseconds that its steps have taken. */
  spent = 0;
  private readonly backend: Backend;
  private readonly workload: Workload | MissingWorkload;
  private readonly settings: BenchSettings;
  private readonly hooks: BenchHooks;
  private readonly rows: BenchRow[] = [];
  private contender: Contender | undefined;
  private template: BenchRow | undefined;
  private failure: { readonly outcome: "wrong" | "failed"; readonly cause: unknown } | undefined;
  /** When the step that is being done began. */
  private began: number | undefined;
  /** Milliseconds of a run, as the last one had it. */
  private sample: number | undefined;

  constructor(backend: Backend, workload: Workload | MissingWorkload, settings: BenchSettings, hooks: BenchHooks) {
    this.backend = backend;
    this.workload = workload;
    this.settings = settings;
    this.hooks = hooks;
  }

  /** Loads and runs for the first time. */
  begin(): Promise<void> {
    return this.guarded(async () => {
      const { backend, workload, settings } = this;
      const status: BackendStatus = await backend.status(workload.engine);
      this.template = emptyRow(backend, workload, settings, status);
      if ("missing" in workload) throw new BadInputError(workload.missing);
      if (!status.ready) throw new UnavailableError(status.reason, status.fix);
      this.tell({ phase: "loading" });
      const contender = new Contender(backend, workload, this.template, settings.machine);
      this.contender = contender;
      await contender.load(this.hooks.signal, (load) => this.tell({ phase: "loading", load }));
      this.hooks.loaded?.(contender.runner);
      const start = performance.now();
      this.answer = { backend, outputs: await contender.firstRun(this.runOptions({ phase: "first run" })) };
      this.sample = performance.now() - start;
      this.tell({ phase: "checking" });
    });
  }

  /** Takes the verdict on its outputs. @param took milliseconds that finding it took */
  async judged(verdict: Verdict | Error, took: number): Promise<void> {
    this.spent += took;
    this.answer = undefined;
    if (verdict instanceof Error) return this.failBy(verdict);
    this.contender?.judged(verdict);
    if (verdict.wrong) this.fail("wrong", `wrong: ${verdict.wrong}`, undefined);
  }

  warmUp(): Promise<void> {
    return this.guarded(async () => {
      if (this.settings.cold) return;
      const { stop, warmup } = this.settings;
      // Where there is time for one more run only, it is a pass.
      const runs = this.spent + 2 * (this.sample ?? 0) > stop.maxTime ? 1 : warmup;
      await this.contender?.warmUp(runs, this.runOptions({ phase: "warming up" }));
    });
  }

  /** Whether another pass is due. */
  get goesOn(): boolean {
    return this.failure === undefined && (this.rows.length === 0 || this.stopped === undefined);
  }

  /** Times a pass. @returns its row, to be kept or thrown away; none if it failed */
  async pass(): Promise<BenchRow | undefined> {
    let row: BenchRow | undefined;
    await this.guarded(async () => {
      if (!this.contender) return;
      const [index, last] = [this.rows.length, this.rows.at(-1)];
      const { minSamples, maxSamples } = this.settings.stop;
      const of = minSamples === maxSamples ? { of: maxSamples } : {};
      const options = this.runOptions({ phase: "pass", pass: index + 1, ...of, ...(last && { last }) });
      row = await (this.settings.cold ? this.contender.coldPass(index, options) : this.contender.pass(index, options));
    });
    return row;
  }

  keep(row: BenchRow): void {
    this.rows.push(row);
    this.hooks.row(row);
  }

  /** What has been loaded, if it has not failed. */
  get runner(): Runner | undefined {
    return this.failure?.outcome === "failed" ? undefined : this.contender?.runner;
  }

  async end(): Promise<void> {
    await this.contender?.dispose();
  }

  result(): BenchResult {
    const { workload, backend, rows, failure, discarded, spent } = this;
    const { outcome = "timed", cause } = failure ?? {};
    const stopped = outcome === "timed" ? this.stopped : undefined;
    const { name, variant } = backend;
    return { workload, backend: name, variant, rows, outcome, cause, stopped, discarded, spent };
  }

  /** Milliseconds until it will be through, if there is telling. */
  get left(): number | undefined {
    const now = this.began === undefined ? 0 : performance.now() - this.began;
    return this.failure ? 0 : timeLeft(this.settings.stop, this.samples, this.spent + now, this.sample);
  }

  private get samples(): number[] {
    return this.rows.flatMap(({ elapsed_ms }) => elapsed_ms ?? []);
  }

  private get stopped(): StopReason | undefined {
    const { samples } = this;
    const ahead = samples.length > 0 ? median(samples) : 0;
    return stopReason(this.settings.stop, samples, this.spent, ahead);
  }

  private async guarded(step: () => Promise<void>): Promise<void> {
    if (this.failure) return;
    throwIfAborted(this.hooks.signal);
    const start = performance.now();
    this.began = start;
    try {
      await step();
    } catch (error) {
      await this.failBy(error);
    } finally {
      this.began = undefined;
      this.spent += performance.now() - start;
    }
  }

  /** Ends with an error; one of being stopped ends everything. */
  private async failBy(error: unknown): Promise<void> {
    if (error instanceof CancelledError || this.hooks.signal?.aborted) throw error;
    // A lost device stays lost; the next workload opens a new one.
    if (error instanceof DeviceError) await this.backend.release();
    const fix = error instanceof UnavailableError ? `. To fix it: ${error.fix}` : "";
    this.fail("failed", `${messageOf(error)}${fix}`, error);
  }

  private fail(outcome: "wrong" | "failed", error: string, cause: unknown): void {
    this.failure = { outcome, cause };
    this.answer = undefined;
    const template = this.contender?.template ?? this.template;
    if (template) this.keep({ ...template, ok: false, error });
  }

  private runOptions(doing: Omit<BenchProgress, "workload" | "backend">) {
    const { signal } = this.hooks;
    this.tell(doing);
    return { ...(signal && { signal }), progress: (run: RunProgress) => this.tell({ ...doing, run }) };
  }

  private tell(doing: Omit<BenchProgress, "workload" | "backend">): void {
    const { workload, backend } = this;
    this.hooks.progress?.({ workload, backend, ...doing });
  }
}
