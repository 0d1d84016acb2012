/** One backend with one workload: loaded, run for the first time, warmed up, timed pass by pass. */
import type {
  Backend,
  BackendStatus,
  DeviceInfo,
  LoadProgress,
  Runner,
  RunOptions,
  TimedRun,
} from "../../backends/backend.ts";
import { givenNumber, givenNumbers } from "../../formats/given.ts";
import type { Cost } from "../../gpu/plan/kernel.ts";
import { precisionOf } from "./agreement.ts";
import { type BenchRow, blankRow, sectionRows } from "./row.ts";
import { isWarm } from "./series.ts";
import { median } from "./stats.ts";
import type { Verdict } from "./verdict.ts";
import { costIn, requestOf, type Workload, type WorkloadNames } from "./workload.ts";

/** What rows say of the machine, and only its platform knows. */
export interface Machine {
  readonly cpu: string;
  /** Versions of what everything runs in, beside the backend's own. */
  readonly versions?: Readonly<Record<string, string>>;
  /** The most memory in bytes that the process has had in use so far. */
  readonly processPeak?: () => number;
  /**
   * Begins to measure the share of the machine's processor time that others have; what it returns ends that and says it, or null where
   * there is no telling. It is told what processes of the backend's own had meanwhile, in milliseconds.
   */
  readonly othersLoad?: () => (processorMs: number) => number | null;
  /**
   * Begins to watch the clock of a device; what it returns ends that and says at which share of its highest clock the device was meanwhile, or
   * null where there is no telling.
   */
  readonly clock?: (device: string) => () => number | null;
}

/** What all rows of a run have in common. */
export interface RowSettings {
  /** Of backends without variants. */
  readonly precision: string;
  readonly notes: string;
  /** The commit of this package, if known. */
  readonly commit: string | null;
  readonly machine: Machine;
}

/**
 * What compiling took, in milliseconds: all that loading does, and what the first run took beyond the next, for drivers put off
 * what they can until then.
 * @param next runs after the first
 */
export function compileTime(loading: number, first: number, next: readonly number[]): number {
  givenNumber("loading", loading);
  givenNumber("first", first);
  givenNumbers("the next runs", next);
  return loading + Math.max(0, first - median(next));
}

export class Contender {
  readonly backend: Backend;
  private readonly workload: Workload;
  private readonly machine: Machine;
  private row: BenchRow;
  private loaded: Runner | undefined;
  private loading = 0;
  private warm: number[] = [];

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

  /** What has been loaded. @throws {Error} before {@link begin} and after {@link dispose} */
  get runner(): Runner {
    if (!this.loaded) throw new Error(`${this.backend.name} has not been loaded`);
    return this.loaded;
  }

  /** Loads. The commands of the row follow. */
  async load(signal: AbortSignal | undefined, progress?: (done: LoadProgress) => void): Promise<void> {
    const start = performance.now();
    this.loaded = await this.backend.load({
      ...requestOf(this.workload),
      ...(signal && { signal }),
      ...(progress && { progress }),
    });
    this.loading = performance.now() - start;
    const { weights, activations, overhead } = this.loaded.memory;
    const cost = costWith(this.backend, this.workload, this.loaded);
    this.row = {
      ...this.row,
      settings: this.loaded.settings,
      flops: cost.flops,
      traffic_bytes: cost.bytes,
      weights_bytes: weights ?? null,
      activation_bytes: activations === undefined ? null : activations + (overhead ?? 0),
    };
  }

  /** Runs for the first time. @returns the outputs, to be judged */
  async firstRun(options: RunOptions): Promise<TimedRun["outputs"]> {
    const { outputs, times, peakBytes } = await this.runner.time(this.workload.inputs, options);
    this.warm = [times.elapsed];
    this.row = { ...this.row, device_peak_bytes: peakBytes ?? null };
    return outputs;
  }

  /** Keeps how its outputs were judged. */
  judged({ check, worstError }: Verdict): void {
    this.row = { ...this.row, check, worst_error: worstError ?? null };
  }

  /** Runs until `runs` are done, the first one included, or until another makes no difference. */
  async warmUp(runs: number | "settled", options: RunOptions): Promise<void> {
    while (runs === "settled" ? !isWarm(this.warm) : this.warm.length < runs)
      this.warm.push((await this.runner.time(this.workload.inputs, options)).times.elapsed);
    this.row = { ...this.row, warmup: this.warm.length, warmup_ms: this.warm };
  }

  /** Runs once with everything warm. @returns the row of this pass */
  async pass(index: number, options: RunOptions): Promise<BenchRow> {
    const row = await this.timed(index, options);
    const [first, ...next] = this.warm;
    // Without a second warm-up run, the first pass is what the first run is compared with.
    const compile = compileTime(this.loading, first, next.length > 0 ? next : [row.elapsed_ms ?? first]);
    this.row = { ...this.row, compile_ms: this.row.compile_ms ?? compile };
    return { ...row, compile_ms: this.row.compile_ms };
  }

  /** Begins anew, on a new device: no pipeline survives but in the driver's own cache. @returns the row of this pass */
  async coldPass(index: number, options: RunOptions): Promise<BenchRow> {
    await this.dispose();
    await this.backend.release();
    await this.load(options.signal);
    return { ...(await this.timed(index, options)), compile_ms: this.loading };
  }

  async dispose(): Promise<void> {
    const runner = this.loaded;
    this.loaded = undefined;
    await runner?.dispose();
  }

  private async timed(index: number, options: RunOptions): Promise<BenchRow> {
    const start_ts = new Date().toISOString();
    const others = this.machine.othersLoad?.();
    const clock = this.machine.clock?.(this.row.device);
    const { times, peakBytes, processorMs } = await this.runner.time(this.workload.inputs, options);
    // What a process of the backend's own had cannot be told from what others had, unless the backend knows it.
    const told = processorMs !== undefined || !this.backend.ownProcess;
    const others_cpu = told ? (others?.(processorMs ?? 0) ?? null) : null;
    return {
      ...this.row,
      others_cpu,
      device_clock: clock?.() ?? null,
      pass_index: index,
      start_ts,
      elapsed_ms: times.elapsed,
      // A backend whose tensors come from the host and go back has no such time.
      exec_ms: times.execute,
      gpu_ms: times.gpu ?? null,
      device_peak_bytes: peakBytes ?? null,
      process_peak_bytes: this.machine.processPeak?.() ?? null,
      sections: sectionRows(times.sections),
    };
  }
}

/** What a run costs our kernels, in the precision in which it runs. */
function costWith(backend: Backend, { configured, cost }: Workload, { settings }: Runner): Cost {
  if (precisionOf(backend) !== "mixed") return cost;
  const diffusionPrecision = settings.diffusion_precision === "mixed" ? "mixed" : "f32";
  return costIn(configured, { precision: "mixed", diffusionPrecision });
}

/** Of a WebGPU adapter, what its driver says of itself. */
const versionsOf = ({ versions, adapter }: DeviceInfo): Readonly<Record<string, string>> =>
  versions ?? (adapter?.description ? { driver: adapter.description } : {});

/** A row that says what is to be measured, without a measurement. */
export function emptyRow(
  { name, variant }: Pick<Backend, "name" | "variant">,
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
    versions: { ...machine.versions, ...(status.ready && versionsOf(status.device)) },
    cpu_brand: machine.cpu,
    precision: variant === "" ? precision : precisionOf({ variant }),
    ...{ notes, af3_gpu_commit: commit },
  });
}
