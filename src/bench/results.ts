/** The files that keep result rows: JSONL per engine, one CSV for all, the environment. */
import { appendFileSync, mkdirSync, rmSync, statSync, truncateSync } from "node:fs";
import path from "node:path";
import { BadInputError } from "../errors.ts";
import { makeFolder } from "../platform/node/made_folders.ts";
import { writeReasonOf } from "../platform/node/reasons.ts";
import { writeWhole } from "../platform/node/written_files.ts";
import type { BenchRow } from "./core/row.ts";
import { csvHeader, csvLine, csvLineOf } from "./core/row_text.ts";
import type { Environment } from "./environment.ts";
import { type KernelRow, kernelColumns } from "./kernel_row.ts";

/** The rows of `kernels`. */
export const KERNELS_FILE = "kernels.jsonl";

/** Appends text to a file, and may fail in the middle of it. */
export type Append = (file: string, text: string) => void;

/** How rows of a kind are kept. */
export interface RowFiles<Row> {
  /** The file of JSON lines that a row belongs to. */
  readonly json: (row: Row) => string;
  /** The file of all rows as CSV, its first line, and a row as a line. */
  readonly csv: string;
  readonly header: string;
  readonly line: (row: Row) => string;
}

/** Of `bench`: JSON lines per engine. */
export const benchFiles: RowFiles<BenchRow> = {
  json: ({ engine }) => `${engine}.jsonl`,
  csv: "summary.csv",
  header: csvHeader,
  line: csvLine,
};

/** Of `kernels`. */
export const kernelFiles: RowFiles<KernelRow> = {
  json: () => KERNELS_FILE,
  csv: "kernels.csv",
  header: `${kernelColumns.join(",")}\n`,
  line: (row) => csvLineOf(kernelColumns, row),
};

/** A result folder. Every row is on disk before the next pass begins, whole or not at all, in both of its files or in none. */
export class ResultFolder<Row> {
  readonly folder: string;
  private readonly append: Append;
  private readonly files: RowFiles<Row>;

  /**
   * Makes `root`/<timestamp>, never an existing folder.
   * @param files how its rows are kept
   * @throws {BadInputError} if it cannot be written
   */
  constructor(root: string, files: RowFiles<Row>, now = new Date(), append: Append = appendFileSync) {
    this.append = append;
    this.files = files;
    const stamp = now.toISOString().replace(/[:.]/g, "-");
    let folder: string | undefined;
    try {
      makeFolder(root);
      folder = freshFolder(root, stamp);
      this.folder = folder;
      append(path.join(folder, files.csv), files.header);
    } catch (error) {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
      throw new BadInputError(`cannot write results to ${root}: ${writeReasonOf(error, root)}`);
    }
  }

  /** Keeps a row. @throws {BadInputError} if it cannot be written; the files then end with the row before */
  add(row: Row): void {
    const written: (readonly [file: string, length: number])[] = [];
    try {
      for (const [name, line] of [
        [this.files.json(row), `${JSON.stringify(row)}\n`],
        [this.files.csv, this.files.line(row)],
      ]) {
        const file = path.join(this.folder, name);
        written.push([file, statSync(file, { throwIfNoEntry: false })?.size ?? 0]);
        this.append(file, line);
      }
    } catch (error) {
      for (const [file, length] of written) cut(file, length);
      throw new BadInputError(`cannot write results to ${this.folder}: ${writeReasonOf(error, this.folder)}`);
    }
  }

  async writeEnvironment(environment: Environment): Promise<void> {
    await writeWhole(path.join(this.folder, "environment.json"), `${JSON.stringify(environment, null, 2)}\n`);
  }
}

/** Takes off a file what a failed write has left at its end. */
function cut(file: string, length: number): void {
  try {
    if (length === 0) rmSync(file, { force: true });
    else truncateSync(file, length);
  } catch {
    // The medium is gone; the first failure says so.
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
