/** Result rows and the files that keep them: JSONL per engine, one CSV for all, the environment. */
import { appendFileSync, mkdirSync } from "node:fs";
import path from "node:path";
import type { EngineName } from "../engines/component.ts";
import { BadInputError } from "../errors.ts";
import { reasonOf, writeWhole } from "../platform/node/files.ts";
import type { Environment } from "./environment.ts";

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

/** The columns of summary.csv: nine that consumers rely on, in this order, then the rest; new ones at the end. */
export const csvColumns = [
  "engine",
  "pass_index",
  "start_ts",
  "elapsed_ms",
  "device",
  "seq_len",
  "commit",
  "notes",
  "cpu_brand",
  "ok",
  "error",
  "backend",
  "mode",
  "component",
  "preset",
  "precision",
  "compile_ms",
  "exec_ms",
  "gpu_ms",
  "warmup",
  "warmup_ms",
  "weights",
  "features",
  "seed",
  "check",
  "worst_error",
  "software",
  "flops",
  "traffic_bytes",
  "weights_bytes",
  "activation_bytes",
  "af3_gpu_version",
  "af3_gpu_commit",
  "schema",
  "recycles",
  "steps",
  "samples",
  "memory_limit",
  "device_peak_bytes",
  "process_peak_bytes",
  "variant",
  "settings",
  "versions",
] as const satisfies readonly (keyof BenchRow)[];

/** A field of a CSV line, quoted as RFC 4180 asks. */
export function csvField(value: unknown): string {
  const text =
    value === null || value === undefined
      ? ""
      : Array.isArray(value)
        ? value.join(" ")
        : typeof value === "object"
          ? pairs(value)
          : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** `threads=2 tf32=off` */
const pairs = (object: object): string =>
  Object.entries(object)
    .map(([key, value]) => `${key}=${value}`)
    .join(" ");

export const csvLine = (row: BenchRow): string => csvColumns.map((column) => csvField(row[column])).join(",");

/** A result folder. Every line is on disk before the next pass begins. */
export class ResultFolder {
  readonly folder: string;

  /**
   * Makes `root`/<timestamp>, never an existing folder.
   * @throws {BadInputError} if it cannot be written
   */
  constructor(root: string, now = new Date()) {
    const stamp = now.toISOString().replace(/[:.]/g, "-");
    try {
      mkdirSync(root, { recursive: true });
      this.folder = freshFolder(root, stamp);
      appendFileSync(path.join(this.folder, "summary.csv"), `${csvColumns.join(",")}\n`);
    } catch (error) {
      throw new BadInputError(`cannot write results to ${root}: ${reasonOf(error)}`);
    }
  }

  add(row: BenchRow): void {
    try {
      appendFileSync(path.join(this.folder, `${row.engine}.jsonl`), `${JSON.stringify(row)}\n`);
      appendFileSync(path.join(this.folder, "summary.csv"), `${csvLine(row)}\n`);
    } catch (error) {
      throw new BadInputError(`cannot write results to ${this.folder}: ${reasonOf(error)}`);
    }
  }

  async writeEnvironment(environment: Environment): Promise<void> {
    await writeWhole(path.join(this.folder, "environment.json"), `${JSON.stringify(environment, null, 2)}\n`);
  }
}

/** Two runs that start in the same millisecond get folders of their own. */
function freshFolder(root: string, stamp: string): string {
  for (let attempt = 1; ; attempt++) {
    const folder = path.join(root, attempt === 1 ? stamp : `${stamp}-${attempt}`);
    try {
      mkdirSync(folder);
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}
