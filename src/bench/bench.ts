/** The benchmark loop: load, judge, warm up, time; one row per pass. Knows no backend by name. */
import type { Backend, Runner } from "../engines/backends/backend.ts";
import { BadInputError, CancelledError, DeviceError, messageOf, throwIfAborted } from "../errors.ts";
import { version } from "../generated/about.ts";
import { displayName } from "../gpu/adapter.ts";
import type { Target } from "../gpu/target.ts";
import { cpuBrand, pinnedCommit } from "./environment.ts";
import type { BenchRow } from "./rows.ts";
import { median } from "./stats.ts";
import { type Judge, planOf, requestOf, type Verdict, type Workload } from "./workload.ts";

export interface BenchSettings {
  readonly passes: number;
  readonly warmup: number;
  /** Load anew for every pass, and warm nothing up. */
  readonly cold: boolean;
  readonly precision: string;
  readonly notes: string;
  /** The commit of this package, if known. */
  readonly commit: string | null;
}

export interface BenchHooks {
  readonly row: (row: BenchRow) => void;
  /** What is being done, for people. */
  readonly progress: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** A backend with what its plans are recorded against. */
export interface BenchBackend {
  readonly backend: Backend;
  target(): Promise<Target>;
}

/** One workload on one backend: its rows, and how it went. */
export interface BenchResult {
  readonly workload: Workload;
  readonly backend: string;
  readonly rows: readonly BenchRow[];
  readonly outcome: "timed" | "wrong" | "failed";
}

/**
 * Runs all workloads on a backend, one after the other. A workload that fails becomes a row; the rest still runs.
 * @throws {CancelledError} once the signal has fired; rows that are finished have been handed to the hook
 */
export async function runBench(
  { backend, target }: BenchBackend,
  workloads: readonly Workload[],
  judge: Judge,
  settings: BenchSettings,
  hooks: BenchHooks,
): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const workload of workloads) {
    throwIfAborted(hooks.signal);
    const bench = new WorkloadBench(backend, await target(), workload, judge, settings, hooks);
    results.push(await bench.run());
  }
  return results;
}

class WorkloadBench {
  private readonly rows: BenchRow[] = [];
  private readonly backend: Backend;
  private readonly target: Target;
  private readonly workload: Workload;
  private readonly judge: Judge;
  private readonly settings: BenchSettings;
  private readonly hooks: BenchHooks;

  constructor(
    backend: Backend,
    target: Target,
    workload: Workload,
    judge: Judge,
    settings: BenchSettings,
    hooks: BenchHooks,
  ) {
    this.backend = backend;
    this.target = target;
    this.workload = workload;
    this.judge = judge;
    this.settings = settings;
    this.hooks = hooks;
  }

  async run(): Promise<BenchResult> {
    let template: BenchRow = await this.emptyRow();
    try {
      const loaded = await this.loadAndJudge();
      template = { ...template, ...loaded.facts };
      if (loaded.verdict.wrong) {
        this.emit({ ...template, ok: false, error: `wrong: ${loaded.verdict.wrong}` });
        return this.result("wrong");
      }
      if (this.settings.cold) await this.coldPasses(template);
      else await this.warmPasses(template, loaded.runner, loaded.first, loaded.loading);
      return this.result("timed");
    } catch (error) {
      if (error instanceof CancelledError) throw error;
      // A lost device stays lost; the next workload opens a new one.
      if (error instanceof DeviceError) await this.backend.dispose();
      this.emit({ ...template, ok: false, error: messageOf(error) });
      return this.result("failed");
    } finally {
      await this.runner?.dispose();
    }
  }

  private runner: Runner | undefined;

  private async load(): Promise<{ runner: Runner; milliseconds: number }> {
    const { signal } = this.hooks;
    const start = performance.now();
    const runner = await this.backend.load({ ...requestOf(this.workload), ...(signal && { signal }) });
    return { runner, milliseconds: performance.now() - start };
  }

  private async loadAndJudge() {
    const { engine, tokens } = this.workload;
    this.hooks.progress(`${engine} ${this.workload.component} N=${tokens}: loading`);
    const { runner, milliseconds: loading } = await this.load();
    this.runner = runner;
    this.hooks.progress(`${engine} ${this.workload.component} N=${tokens}: checking`);
    const { outputs, times } = await runner.time(this.workload.inputs, this.runOptions());
    const verdict: Verdict = await this.judge.judge(this.workload, this.backend, this.target, outputs);
    const plan = planOf(this.workload, this.target).cost();
    const facts = {
      check: verdict.check,
      worst_error: verdict.worstError ?? null,
      flops: plan.flops,
      traffic_bytes: plan.bytes,
      weights_bytes: runner.memory.weights,
      activation_bytes: runner.memory.activations + runner.memory.overhead,
    };
    return { runner, loading, first: times.elapsed, verdict, facts };
  }

  private async warmPasses(template: BenchRow, runner: Runner, first: number, loading: number): Promise<void> {
    const warm: number[] = [first];
    for (let run = 1; run < this.settings.warmup; run++)
      warm.push((await runner.time(this.workload.inputs, this.runOptions())).times.elapsed);
    // The first run compiles what the driver put off. Without a second warm-up run, its extra cannot be told apart.
    const extra = warm.length > 1 ? Math.max(0, first - median(warm.slice(1))) : 0;
    const warmed = { ...template, compile_ms: loading + extra, warmup: warm.length, warmup_ms: warm };
    for (let pass = 0; pass < this.settings.passes; pass++) await this.pass(warmed, runner, pass);
  }

  private async coldPasses(template: BenchRow): Promise<void> {
    for (let pass = 0; pass < this.settings.passes; pass++) {
      throwIfAborted(this.hooks.signal);
      await this.runner?.dispose();
      await this.backend.dispose(); // a new device: no pipeline survives but in the driver's own cache
      const { runner, milliseconds } = await this.load();
      this.runner = runner;
      await this.pass({ ...template, compile_ms: milliseconds }, runner, pass);
    }
  }

  private async pass(template: BenchRow, runner: Runner, index: number): Promise<void> {
    throwIfAborted(this.hooks.signal);
    const start_ts = new Date().toISOString();
    const { times } = await runner.time(this.workload.inputs, this.runOptions());
    this.emit({
      ...template,
      pass_index: index,
      start_ts,
      elapsed_ms: times.elapsed,
      exec_ms: times.execute,
      gpu_ms: times.gpu ?? null,
    });
  }

  private runOptions() {
    const { signal } = this.hooks;
    return signal ? { signal } : {};
  }

  private emit(row: BenchRow): void {
    this.rows.push(row);
    this.hooks.row(row);
    const { engine, component, seq_len } = row;
    const what = row.ok
      ? `pass ${row.pass_index + 1} of ${this.settings.passes}: ${row.elapsed_ms?.toFixed(1)} ms`
      : row.error;
    this.hooks.progress(`${engine} ${component} N=${seq_len}: ${what}`);
  }

  private result(outcome: BenchResult["outcome"]): BenchResult {
    return { workload: this.workload, backend: this.backend.name, rows: this.rows, outcome };
  }

  private async emptyRow(): Promise<BenchRow> {
    const status = await this.backend.status();
    if (!status.ready) throw new BadInputError(status.reason);
    const { engine, tokens, mode, component, preset, weights, features, seed } = this.workload;
    const { commit, notes, precision } = this.settings;
    return {
      engine,
      pass_index: 0,
      start_ts: new Date().toISOString(),
      elapsed_ms: null,
      device: displayName(status.device.adapter),
      seq_len: tokens,
      commit: pinnedCommit(engine),
      notes,
      cpu_brand: cpuBrand(),
      ok: true,
      error: null,
      schema: "af3-gpu-bench/1",
      backend: this.backend.name,
      mode,
      component,
      preset,
      precision,
      compile_ms: null,
      exec_ms: null,
      gpu_ms: null,
      warmup: 0,
      warmup_ms: [],
      weights,
      features,
      seed,
      check: null,
      worst_error: null,
      software: status.device.software,
      flops: null,
      traffic_bytes: null,
      weights_bytes: null,
      activation_bytes: null,
      af3_gpu_version: version,
      af3_gpu_commit: commit,
    };
  }
}
