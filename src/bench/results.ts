/** The files that keep result rows: JSONL per engine, one CSV for all, the environment. */
import { appendFileSync, mkdirSync, rmSync, statSync, truncateSync } from "node:fs";
import path from "node:path";
import { BadInputError } from "../errors.ts";
import { makeFolder } from "../platform/node/made_folders.ts";
import { writeReasonOf } from "../platform/node/reasons.ts";
import { writeWhole } from "../platform/node/written_files.ts";
import type { BenchRow } from "./core/row.ts";
import { csvHeader, csvLine, jsonLine } from "./core/row_text.ts";
import type { Environment } from "./environment.ts";

/** Appends text to a file, and may fail in the middle of it. */
export type Append = (file: string, text: string) => void;

/** A result folder. Every row is on disk before the next pass begins, whole or not at all, in both of its files or in none. */
export class ResultFolder {
  readonly folder: string;
  private readonly append: Append;

  /**
   * Makes `root`/<timestamp>, never an existing folder.
   * @throws {BadInputError} if it cannot be written
   */
  constructor(root: string, now = new Date(), append: Append = appendFileSync) {
    this.append = append;
    const stamp = now.toISOString().replace(/[:.]/g, "-");
    let folder: string | undefined;
    try {
      makeFolder(root);
      folder = freshFolder(root, stamp);
      this.folder = folder;
      append(path.join(folder, "summary.csv"), csvHeader);
    } catch (error) {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
      throw new BadInputError(`cannot write results to ${root}: ${writeReasonOf(error, root)}`);
    }
  }

  /** Keeps a row. @throws {BadInputError} if it cannot be written; the files then end with the row before */
  add(row: BenchRow): void {
    const written: (readonly [file: string, length: number])[] = [];
    try {
      for (const [name, line] of [
        [`${row.engine}.jsonl`, jsonLine(row)],
        ["summary.csv", csvLine(row)],
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
