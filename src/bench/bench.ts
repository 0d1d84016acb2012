/** The benchmark loop: load, judge, warm up, time; one row per pass. Knows no backend by name. */
import type { Backend, Runner, RunProgress, RunTimes, TimedRun } from "../engines/backends/backend.ts";
import { BadInputError, CancelledError, DeviceError, messageOf, throwIfAborted } from "../errors.ts";
import { version } from "../generated/about.ts";
import { displayName } from "../gpu/adapter.ts";
import type { Target } from "../gpu/target.ts";
import { cpuBrand, pinnedCommit } from "./environment.ts";
import type { Judge, Verdict } from "./judge.ts";
import type { BenchRow } from "./rows.ts";
import { median } from "./stats.ts";
import { costOfRuns, type MissingWorkload, planOf, requestOf, type Workload, type WorkloadNames } from "./workload.ts";

/** A median of fewer says little. */
const LEAST_PASSES = 3;

export interface BenchSettings {
  readonly passes: number;
  /** Milliseconds after which a workload has passes enough, once it has {@link LEAST_PASSES}. */
  readonly patience: number;
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
  readonly workload: WorkloadNames;
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
  workloads: readonly (Workload | MissingWorkload)[],
  judge: Judge,
  settings: BenchSettings,
  hooks: BenchHooks,
): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const workload of workloads) {
    throwIfAborted(hooks.signal);
    if ("missing" in workload) {
      const row = { ...(await emptyRow(backend, workload, settings)), ok: false, error: workload.missing };
      hooks.row(row);
      results.push({ workload, backend: backend.name, rows: [row], outcome: "failed" });
      continue;
    }
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
    let template: BenchRow = await emptyRow(this.backend, this.workload, this.settings);
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
    this.hooks.progress(`${nameOf(this.workload)}: loading`);
    const { runner, milliseconds: loading } = await this.load();
    this.runner = runner;
    this.hooks.progress(`${nameOf(this.workload)}: checking`);
    const { outputs, times, peakBytes } = await runner.time(this.workload.inputs, this.runOptions());
    const verdict: Verdict = await this.judge.judge(this.workload, this.backend, this.target, outputs);
    const plan = planOf(this.workload, this.target);
    const cost = costOfRuns(plan, new Map(times.sections.map(({ name, runs }) => [name, runs])));
    const facts = {
      check: verdict.check,
      worst_error: verdict.worstError ?? null,
      flops: cost.flops,
      traffic_bytes: cost.bytes,
      device_peak_bytes: peakBytes,
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
    const { passes, patience } = this.settings;
    const start = performance.now();
    for (let pass = 0; pass < passes; pass++) {
      if (pass >= LEAST_PASSES && performance.now() - start > patience) break;
      await this.pass(warmed, runner, pass);
    }
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
    const timed = await runner.time(this.workload.inputs, this.runOptions());
    this.emit({ ...template, pass_index: index, start_ts, ...measured(timed) });
  }

  private runOptions() {
    const { signal, progress } = this.hooks;
    const name = nameOf(this.workload);
    return {
      ...(signal && { signal }),
      progress: (done: RunProgress) => progress(`${name}: ${progressText(done)}`),
    };
  }

  private emit(row: BenchRow): void {
    this.rows.push(row);
    this.hooks.row(row);
    const what = row.ok
      ? `pass ${row.pass_index + 1} of ${this.settings.passes}: ${row.elapsed_ms?.toFixed(1)} ms`
      : row.error;
    this.hooks.progress(`${nameOf(this.workload)}: ${what}`);
  }

  private result(outcome: BenchResult["outcome"]): BenchResult {
    return { workload: this.workload, backend: this.backend.name, rows: this.rows, outcome };
  }
}

const nameOf = ({ engine, component, tokens }: WorkloadNames): string => `${engine} ${component} N=${tokens}`;

/** Where a run is, for people: which recycle or step of the sampler, and in it which block and layer. */
export function progressText({ section, run, step, steps, label }: RunProgress): string {
  const inside = section !== "" && label.startsWith(`${section}/`) ? label.slice(section.length + 1) : label;
  return `${section === "" ? "" : `${section} ${run}: `}${inside} (${step} of ${steps})`;
}

/** The process's peak of memory in bytes. */
export const processPeak = (): number => 1024 * process.resourceUsage().maxRSS;

/** What a pass took, in a row's words. */
function measured({ times, peakBytes }: TimedRun) {
  return {
    elapsed_ms: times.elapsed,
    exec_ms: times.execute,
    gpu_ms: times.gpu ?? null,
    device_peak_bytes: peakBytes,
    process_peak_bytes: processPeak(),
    sections: sectionRows(times),
  };
}

/** Components of one section have nothing to add. */
const sectionRows = ({ sections }: RunTimes) =>
  sections.length < 2
    ? []
    : sections.map(({ name, runs, execute, gpu }) => ({ name, runs, exec_ms: execute, gpu_ms: gpu ?? null }));

/** A row that says what was to be measured, without a measurement. */
async function emptyRow(backend: Backend, workload: WorkloadNames, settings: BenchSettings): Promise<BenchRow> {
  const status = await backend.status();
  if (!status.ready) throw new BadInputError(status.reason);
  const { engine, tokens, mode, component, preset, weights, features, seed } = workload;
  return {
    engine,
    pass_index: 0,
    start_ts: new Date().toISOString(),
    elapsed_ms: null,
    device: displayName(status.device.adapter),
    seq_len: tokens,
    commit: pinnedCommit(engine),
    notes: settings.notes,
    cpu_brand: cpuBrand(),
    ok: true,
    error: null,
    schema: "af3-gpu-bench/1",
    backend: backend.name,
    mode,
    component,
    preset,
    precision: settings.precision,
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
    af3_gpu_commit: settings.commit,
    recycles: workload.recycles ?? null,
    steps: workload.steps ?? null,
    samples: workload.samples ?? null,
    memory_limit: workload.memoryLimit ?? null,
    device_peak_bytes: null,
    process_peak_bytes: null,
    sections: [],
  };
}
