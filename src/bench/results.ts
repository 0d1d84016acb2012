/** The files that keep result rows: JSONL per engine, one CSV for all, the environment. */
import { appendFileSync, mkdirSync } from "node:fs";
import path from "node:path";
import { BadInputError } from "../errors.ts";
import { reasonOf, writeWhole } from "../platform/node/files.ts";
import type { BenchRow } from "./core/row.ts";
import type { Environment } from "./environment.ts";

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
