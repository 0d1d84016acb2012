/** One backend with one workload: loaded, run for the first time, warmed up, timed pass by pass. */
import type { Backend, BackendStatus, DeviceInfo, Runner, RunOptions, TimedRun } from "../../backends/backend.ts";
import { type BenchRow, blankRow, sectionRows } from "./row.ts";
import { median } from "./stats.ts";
import type { Verdict } from "./verdict.ts";
import { requestOf, type Workload, type WorkloadNames } from "./workload.ts";

/** What rows say of the machine, and only its platform knows. */
export interface Machine {
  readonly cpu: string;
  /** The most memory in bytes that the process has had in use so far. */
  readonly processPeak?: () => number;
}

/** What all rows of a run have in common. */
export interface RowSettings {
  readonly precision: string;
  readonly notes: string;
  /** The commit of this package, if known. */
  readonly commit: string | null;
  readonly machine: Machine;
}

export class Contender {
  readonly backend: Backend;
  private readonly workload: Workload;
  private readonly machine: Machine;
  private row: BenchRow;
  private runner: Runner | undefined;
  private first: { readonly elapsed: number; readonly loading: number } | undefined;

  constructor(backend: Backend, workload: Workload, row: BenchRow, machine: Machine) {
    this.backend = backend;
    this.workload = workload;
    this.row = row;
    this.machine = machine;
  }

  /** What its rows say so far, without a measurement. */
  get template(): BenchRow {
    return this.row;
  }

  /** Loads and runs once. @returns the outputs, to be judged */
  async begin(options: RunOptions): Promise<TimedRun["outputs"]> {
    const loading = await this.load(options.signal);
    const runner = this.loaded();
    const { outputs, times, peakBytes } = await runner.time(this.workload.inputs, options);
    const { weights, activations, overhead } = runner.memory;
    const { cost } = this.workload;
    this.first = { elapsed: times.elapsed, loading };
    this.row = {
      ...this.row,
      settings: runner.settings,
      flops: cost.flops,
      traffic_bytes: cost.bytes,
      device_peak_bytes: peakBytes ?? null,
      weights_bytes: weights ?? null,
      activation_bytes: activations === undefined ? null : activations + (overhead ?? 0),
    };
    return outputs;
  }

  /** Keeps how its outputs were judged. */
  judged({ check, worstError }: Verdict): void {
    this.row = { ...this.row, check, worst_error: worstError ?? null };
  }

  /** Runs until `runs` are done, the first one included, and tells what compiling took. */
  async warmUp(runs: number, options: RunOptions): Promise<void> {
    const { elapsed, loading } = this.first ?? { elapsed: 0, loading: 0 };
    const warm = [elapsed];
    for (let run = 1; run < runs; run++)
      warm.push((await this.loaded().time(this.workload.inputs, options)).times.elapsed);
    // The first run compiles what the driver put off. Without a second warm-up run, its extra cannot be told apart.
    const extra = warm.length > 1 ? Math.max(0, elapsed - median(warm.slice(1))) : 0;
    this.row = { ...this.row, compile_ms: loading + extra, warmup: warm.length, warmup_ms: warm };
  }

  /** Runs once with everything warm. @returns the row of this pass */
  async pass(index: number, options: RunOptions): Promise<BenchRow> {
    const start_ts = new Date().toISOString();
    const timed = await this.loaded().time(this.workload.inputs, options);
    return { ...this.row, pass_index: index, start_ts, ...measured(timed, this.machine) };
  }

  /** Begins anew, on a new device: no pipeline survives but in the driver's own cache. @returns the row of this pass */
  async coldPass(index: number, options: RunOptions): Promise<BenchRow> {
    await this.dispose();
    await this.backend.dispose();
    this.row = { ...this.row, compile_ms: await this.load(options.signal) };
    return this.pass(index, options);
  }

  async dispose(): Promise<void> {
    const runner = this.runner;
    this.runner = undefined;
    await runner?.dispose();
  }

  private loaded(): Runner {
    if (!this.runner) throw new Error(`${this.backend.name} has not been loaded`);
    return this.runner;
  }

  /** @returns milliseconds */
  private async load(signal: AbortSignal | undefined): Promise<number> {
    const start = performance.now();
    this.runner = await this.backend.load({ ...requestOf(this.workload), ...(signal && { signal }) });
    return performance.now() - start;
  }
}

/** What a pass took, in a row's words. */
function measured({ times, peakBytes }: TimedRun, { processPeak }: Machine) {
  return {
    elapsed_ms: times.elapsed,
    exec_ms: times.execute,
    gpu_ms: times.gpu ?? null,
    device_peak_bytes: peakBytes ?? null,
    process_peak_bytes: processPeak?.() ?? null,
    sections: times.sections.length < 2 ? [] : sectionRows(times.sections), // one section has nothing to add
  };
}

/** Of a WebGPU adapter, what its driver says of itself. */
const versionsOf = ({ versions, adapter }: DeviceInfo): Readonly<Record<string, string>> =>
  versions ?? (adapter?.description ? { driver: adapter.description } : {});

/** A row that says what is to be measured, without a measurement. */
export function emptyRow(
  { name, variant }: Backend,
  workload: WorkloadNames,
  { precision, notes, commit, machine }: RowSettings,
  status: BackendStatus,
): BenchRow {
  const { engine, tokens, mode, component, preset, weights, features, seed } = workload;
  const { recycles = null, steps = null, samples = null, memoryLimit = null } = workload;
  return blankRow({
    ...{ engine, seq_len: tokens, mode, component, preset, weights, features, seed },
    ...{ recycles, steps, samples, memory_limit: memoryLimit },
    backend: name,
    variant,
    device: status.ready ? status.device.name : "",
    software: status.ready && status.device.software,
    versions: status.ready ? versionsOf(status.device) : {},
    cpu_brand: machine.cpu,
    ...{ precision, notes, af3_gpu_commit: commit },
  });
}
