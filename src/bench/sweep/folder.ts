/** The folder of a sweep: one folder per case, made elsewhere and renamed when whole, so that no moment leaves half of one. */
import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { BadInputError } from "../../errors.ts";
import { takeLock } from "../../platform/node/folder_lock.ts";
import { makeFolder } from "../../platform/node/made_folders.ts";
import { reasonOf, writeReasonOf } from "../../platform/node/reasons.ts";
import { writeWhole } from "../../platform/node/written_files.ts";
import type { BenchRow } from "../core/row.ts";
import { csvHeader, csvLine, readRows } from "../core/row_text.ts";
import { benchFiles } from "../results.ts";
import { type CaseRecord, readRecord } from "./record.ts";

/** Says that the folder is a sweep's. */
const ABOUT = "sweep.json";
const RECORD = "case.json";
const LOCK = "lock";
/** Cases that are not whole. What a killed sweep has left here means nothing. */
const MAKING = ".making";
/** What a sweep that was killed at its very beginning may have left. */
const OWN = /^(\.making|(sweep\.json|lock)(\..*)?)$/;
/** What a killed process has not renamed. */
const LEFT = /^(sweep\.json|summary\.csv)\.[0-9a-f]+\.tmp$|^lock\.[0-9a-f]+$/;

/** Empty folders are nobody's: workflow engines make those of cases before these run. */
const isForeign = (folder: string, name: string): boolean => {
  const at = path.join(folder, name);
  return !OWN.test(name) && !(statSync(at).isDirectory() && readdirSync(at).length === 0);
};

export class SweepFolder {
  readonly folder: string;
  private readonly about: object | undefined;

  /**
   * Opens the folder of a sweep, or makes it.
   * @param about what `sweep.json` says; it is written anew by every start that gets the lock
   * @throws {BadInputError} if it cannot be written, or holds something else
   */
  static async open(folder: string, about: object): Promise<SweepFolder> {
    try {
      makeFolder(folder);
      if (!existsSync(path.join(folder, ABOUT)) && readdirSync(folder).some((name) => isForeign(folder, name)))
        throw new BadInputError(`${folder} holds something else than a sweep: name another place with --out`);
      makeFolder(path.join(folder, MAKING));
    } catch (error) {
      if (error instanceof BadInputError) throw error;
      throw new BadInputError(`cannot write results to ${folder}: ${writeReasonOf(error, folder)}`);
    }
    return new SweepFolder(folder, about);
  }

  /** One that is only read; it need not be there. */
  constructor(folder: string, about?: object) {
    this.folder = folder;
    this.about = about;
  }

  /**
   * Keeps other sweeps out, and removes what a killed one has left.
   * @returns what lets them in again
   * @throws {BadInputError} if another is at work here, on all cases or on some
   */
  lock(): () => void {
    const unlock = takeLock(path.join(this.folder, LOCK), `the folder ${this.folder}`);
    const making = path.join(this.folder, MAKING);
    try {
      // Single cases have locks of their own: those whose owners are gone are free.
      for (const name of readdirSync(making).filter((one) => one.endsWith(`.${LOCK}`)))
        takeLock(path.join(making, name), `the case ${name.slice(0, -LOCK.length - 1)}`)();
      rmSync(making, { recursive: true, force: true, maxRetries: 3 });
      makeFolder(making);
      for (const name of readdirSync(this.folder).filter((one) => LEFT.test(one)))
        rmSync(path.join(this.folder, name), { force: true });
      this.tellAbout();
    } catch (error) {
      unlock();
      throw error;
    }
    return unlock;
  }

  /** As {@link lock}, for one case: others may run at the same time, on other machines, too. */
  lockCase(key: string): () => void {
    const whole = path.join(this.folder, LOCK);
    if (existsSync(whole)) takeLock(whole, `the folder ${this.folder}`)();
    const unlock = takeLock(path.join(this.folder, MAKING, `${key}.${LOCK}`), `the case ${key}`);
    try {
      this.tellAbout();
    } catch (error) {
      unlock();
      throw error;
    }
    return unlock;
  }

  /** Only under a lock: what another has begun stays as it says, and he tidies up what he takes for left. */
  private tellAbout(): void {
    if (this.about === undefined) return;
    const file = path.join(this.folder, ABOUT);
    const fresh = `${file}.${randomBytes(6).toString("hex")}.tmp`;
    this.writing(() => {
      writeFileSync(fresh, `${JSON.stringify(this.about, null, 2)}\n`);
      renameSync(fresh, file);
    });
  }

  /** What is known of a case; undefined if it is not finished. @throws {BadInputError} if its file is damaged */
  record(key: string): CaseRecord | undefined {
    const file = path.join(this.folder, key, RECORD);
    try {
      return readRecord(readFileSync(file, "utf8"), file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error instanceof BadInputError ? error : new BadInputError(`cannot read ${file}: ${reasonOf(error)}`);
    }
  }

  /** A new folder to make a case in. */
  make(key: string): string {
    return this.writing(() => mkdtempSync(path.join(this.folder, MAKING, `${key}-`)));
  }

  /**
   * Takes what was made as the case's, in place of what there was. There is no moment at which half of it is seen.
   * @param made what {@link make} has returned, or a folder in it
   */
  keep(made: string, record: CaseRecord): void {
    this.writing(() => {
      writeFileSync(path.join(made, RECORD), `${JSON.stringify(record, null, 2)}\n`);
      const target = path.join(this.folder, record.key);
      if (existsSync(target)) {
        const before = mkdtempSync(path.join(this.folder, MAKING, "before-"));
        renameSync(target, path.join(before, record.key));
        renameSync(made, target);
        this.discard(before);
      } else renameSync(made, target);
    });
  }

  /** @throws {BadInputError} if somebody has removed what {@link make} has made */
  checkThere(made: string): void {
    if (existsSync(made)) return;
    throw new BadInputError(
      `${this.folder} was removed, or what is made in it, while the sweep ran: nothing can be kept there`,
    );
  }

  /** Removes what {@link make} has made. */
  discard(made: string): void {
    rmSync(made, { recursive: true, force: true, maxRetries: 3 });
  }

  /** All rows of a finished case, by engine. @throws {BadInputError} if they are damaged */
  rows(key: string): BenchRow[] {
    return rowsIn(path.join(this.folder, key));
  }

  /** Writes the rows of cases into one table. */
  async writeSummary(keys: readonly string[]): Promise<string> {
    const file = path.join(this.folder, benchFiles.csv);
    await writeWhole(file, [csvHeader, ...keys.flatMap((key) => this.rows(key).map(csvLine))].join(""));
    return file;
  }

  /** The finished cases that are here, by their keys. */
  keys(): string[] {
    if (!existsSync(this.folder)) return [];
    return readdirSync(this.folder).filter((name) => existsSync(path.join(this.folder, name, RECORD)));
  }

  private writing<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw new BadInputError(`cannot write results to ${this.folder}: ${writeReasonOf(error, this.folder)}`);
    }
  }
}

/** The rows of bench in a folder, none if there is no such folder. */
export function rowsIn(folder: string): BenchRow[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
  return files
    .sort()
    .flatMap((name) => readRows(readFileSync(path.join(folder, name), "utf8"), path.join(folder, name)));
}
