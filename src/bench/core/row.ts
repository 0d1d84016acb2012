/** A row of results: the same in Node's files and in the browser demo's. */
import type { BackendName, RunTimes } from "../../backends/backend.ts";
import type { EngineName } from "../../engines/core/component.ts";
import { pins, version } from "../../generated/about.ts";

/** A section's share of a pass: milliseconds over all its runs. */
export interface SectionRow {
  readonly name: string;
  readonly runs: number;
  readonly exec_ms: number;
  readonly gpu_ms: number | null;
}

/** One pass, or the failure of a workload. Times in milliseconds, null where there is none. */
export interface BenchRow {
  readonly engine: EngineName;
  /** Counts from 0 within one backend × N. */
  readonly pass_index: number;
  readonly start_ts: string;
  /** Wall clock with upload and read-back. */
  readonly elapsed_ms: number | null;
  /** The adapter's name, with the mark of software adapters. */
  readonly device: string;
  readonly seq_len: number;
  /** The pinned third-party commit of the engine. */
  readonly commit: string;
  readonly notes: string;
  readonly cpu_brand: string;
  readonly ok: boolean;
  readonly error: string | null;
  readonly schema: "af3-gpu-bench/1";
  readonly backend: string;
  readonly mode: string;
  readonly component: string;
  readonly preset: string;
  readonly precision: string;
  /** What loading took, and what the first run took beyond the next; repeats on a workload's rows. */
  readonly compile_ms: number | null;
  /** Wall clock with inputs and outputs resident. */
  readonly exec_ms: number | null;
  /** Sum of GPU timestamps. */
  readonly gpu_ms: number | null;
  /** How many runs came before the first pass, and what they took. */
  readonly warmup: number;
  readonly warmup_ms: readonly number[];
  readonly weights: string;
  readonly features: string;
  readonly seed: number;
  /** How the outputs were judged before anything was timed. */
  readonly check: string | null;
  readonly worst_error: number | null;
  /** Whether a CPU did the work in a GPU's place. */
  readonly software: boolean;
  readonly flops: number | null;
  readonly traffic_bytes: number | null;
  readonly weights_bytes: number | null;
  readonly activation_bytes: number | null;
  readonly af3_gpu_version: string;
  readonly af3_gpu_commit: string | null;
  /** What was asked for in place of the preset's counts. */
  readonly recycles: number | null;
  readonly steps: number | null;
  readonly samples: number | null;
  /** Bytes that the plan was allowed on the device. */
  readonly memory_limit: number | null;
  /** The most bytes of buffers on the device during the pass, counted as they were made: beside the plan's figures. */
  readonly device_peak_bytes: number | null;
  /** The most memory that the process has had in use so far; a software adapter's buffers are part of it. */
  readonly process_peak_bytes: number | null;
  /** Which of the backend's ways to run it was; empty if there is one only. */
  readonly variant: string;
  /** What else a reader must know of how it was run: threads, TF32, graph capture. */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  /** Versions of what computed, by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** By section of the component, how often it ran in the pass and what that took. */
  readonly sections: readonly SectionRow[];
}

/** What a row says before anything is measured; whatever is left out is as that of a workload without overrides. */
type Stated = Pick<
  BenchRow,
  | "engine"
  | "seq_len"
  | "mode"
  | "component"
  | "preset"
  | "weights"
  | "features"
  | "seed"
  | "variant"
  | "device"
  | "software"
  | "versions"
  | "cpu_brand"
  | "notes"
  | "precision"
> & { readonly backend: BackendName } & Partial<BenchRow>;

/** A row that says what is to be measured, without a measurement. */
export const blankRow = (stated: Stated): BenchRow => ({
  pass_index: 0,
  start_ts: new Date().toISOString(),
  elapsed_ms: null,
  commit: pins[stated.engine].commit,
  ok: true,
  error: null,
  schema: "af3-gpu-bench/1",
  compile_ms: null,
  exec_ms: null,
  gpu_ms: null,
  warmup: 0,
  warmup_ms: [],
  check: null,
  worst_error: null,
  flops: null,
  traffic_bytes: null,
  weights_bytes: null,
  activation_bytes: null,
  af3_gpu_version: version,
  af3_gpu_commit: null,
  recycles: null,
  steps: null,
  samples: null,
  memory_limit: null,
  device_peak_bytes: null,
  process_peak_bytes: null,
  sections: [],
  settings: {},
  ...stated,
});

/** The sections of a pass, in a row's words. */
export const sectionRows = (sections: RunTimes["sections"]): SectionRow[] =>
  sections.map(({ name, runs, execute, gpu }) => ({ name, runs, exec_ms: execute, gpu_ms: gpu ?? null }));
