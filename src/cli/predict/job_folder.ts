/** The folder of one job: what in it is finished, and how more is added. */
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { BadInputError } from "../../errors.ts";
import { bestOf, type Ranked, sampleName } from "../../pipeline/outputs/files.ts";
import { takeLock } from "../../platform/node/folder_lock.ts";
import { makeFolder } from "../../platform/node/made_folders.ts";
import { writeReasonOf } from "../../platform/node/reasons.ts";
import { withTemporary } from "../../platform/node/temporaries.ts";
import { writeWhole } from "../../platform/node/written_files.ts";
import { writeFolder } from "../../platform/node/written_folders.ts";
import type { Result } from "./results.ts";

/** What decides the numbers in a folder, and so may not differ between one call and the next. */
export type Settings = Readonly<Record<string, string | number | boolean | null>>;

/** A finished sample. */
export interface Scored extends Ranked {
  /** Null where there is no number: pTM of what has no frames, ipTM of one chain. */
  readonly ptm: number | null;
  readonly iptm: number | null;
}

const SCHEMA = "af3-gpu-prediction/1";

/** What `<name>_run.json` says: written with every seed that is finished. */
export interface RunRecord {
  readonly schema: typeof SCHEMA;
  readonly settings: Settings;
  /** Of everything that says nothing about the numbers. */
  readonly about: Readonly<Record<string, string | number | null>>;
  readonly samples: readonly Scored[];
  /** Whether the best sample, the ranking and the job are beside it. */
  readonly complete: boolean;
}

const LOCK = ".lock";
/** What a job's folder has under other names than the job's. */
const OWN = /^(seed-\d+_sample-\d+|RANDOM_WEIGHTS\.txt|TERMS_OF_USE\.md)$/;
/** Outputs of which no structure could be written: they are in nobody's way. */
const KEPT = /_seed-\d+_outputs\.npz$/;
/** Settings of which only a digest is kept. */
const DIGESTED = ["input", "weights", "outputs"];

export class JobFolder {
  readonly folder: string;
  readonly name: string;
  private samples: readonly Scored[] = [];
  private complete = false;
  /** Whether the folder has results that `--force` replaces as soon as there are new ones. */
  private stale = false;
  private filled = (): void => {};

  private constructor(folder: string, name: string) {
    this.folder = folder;
    this.name = name;
  }

  /**
   * Looks at what is there.
   * @throws {BadInputError} if it is something else, or was made with other settings and is not to be replaced
   */
  static open(out: string, name: string, settings: Settings, force: boolean): JobFolder {
    const own = new JobFolder(path.join(out, name), name);
    const entries = own.entries();
    const record = force ? undefined : own.read();
    if (force) own.stale = entries.length > 0;
    else if (record) own.resume(record, settings);
    else if (entries.some((entry) => !KEPT.test(entry)))
      throw new BadInputError(
        `the folder ${own.folder} has files in it that are no prediction of af3-gpu's: choose another --out, or --force`,
      );
    return own;
  }

  /** Samples that are finished, by seed and number. */
  get done(): readonly Scored[] {
    return [...this.samples].sort((a, b) => a.seed - b.seed || a.sample - b.sample);
  }

  /** The best of them: of equal ones the first. */
  best(): Scored {
    const best = bestOf(this.done);
    if (!best) throw new Error(`${this.name} has no samples`);
    return best;
  }

  /** Whether nothing is left to do for these seeds. */
  isFinished(seeds: readonly number[]): boolean {
    return this.complete && seeds.every((seed) => this.has(seed));
  }

  has(seed: number): boolean {
    return this.samples.some((each) => each.seed === seed);
  }

  /** Takes the folder for as long as work lasts. @throws {BadInputError} if another process has it */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const fresh = !existsSync(this.folder);
    const out = path.dirname(this.folder);
    const freshOut = !existsSync(out);
    try {
      makeFolder(this.folder);
    } catch (error) {
      throw new BadInputError(`cannot write to the folder ${this.folder}: ${writeReasonOf(error, this.folder)}`);
    }
    // Until something is in it, a folder that was not there goes with a program that is ended.
    const filled = new Promise<void>((resolve) => {
      this.filled = resolve;
    });
    if (fresh) void withTemporary(this.folder, () => filled);
    const lock = path.join(this.folder, LOCK);
    const unlock = takeLock(lock, `the folder ${this.folder}`);
    try {
      return await withTemporary(lock, work);
    } finally {
      unlock();
      if (fresh) removeEmpty(this.folder);
      if (freshOut) removeEmpty(out);
      this.filled();
    }
  }

  /**
   * Adds the samples of a seed, each as a whole folder; the seed counts once all of them are there.
   * @param beside what is kept of the seed at the job's top, by its name's ending
   */
  async add(
    seed: number,
    results: Iterable<Result>,
    record: Pick<RunRecord, "settings" | "about">,
    beside: ReadonlyMap<string, Uint8Array>,
  ): Promise<void> {
    const added: Scored[] = [];
    for (const { files, sample, rankingScore, ptm, iptm } of results) {
      const one = { seed, sample, rankingScore, ptm: numberOf(ptm), iptm: numberOf(iptm) };
      const parts = files.map(({ path: at, chunks }) => ({ name: path.posix.basename(at), chunks }));
      await writeFolder(path.join(this.folder, sampleName(one)), parts, () => this.removeStale());
      this.filled();
      added.push(one);
    }
    for (const [ending, content] of beside) await this.file(ending, content);
    this.samples = [...this.samples, ...added];
    this.complete = false;
    await this.write(record);
  }

  /** Writes a file at the job's top. @param ending behind the job's name and a low line @returns its path */
  file(ending: string, content: string | Uint8Array): Promise<string> {
    return this.top(`${this.name}_${ending}`, content);
  }

  /** Writes a file at the job's top, under a name without the job's. */
  async top(name: string, content: string | Uint8Array): Promise<string> {
    const file = path.join(this.folder, name);
    await writeWhole(file, content);
    this.filled();
    return file;
  }

  /** What is in a file of a sample. @param ending of its name */
  sampleText(one: Scored, ending: string): Promise<string> {
    const sample = sampleName(one);
    return readFile(path.join(this.folder, sample, `${this.name}_${sample}_${ending}`), "utf8");
  }

  /**
   * Copies the files of a sample to the job's top, and says that all is there.
   * @param changed what a file has there instead, by its name's ending
   */
  async finish(
    best: Scored,
    record: Pick<RunRecord, "settings" | "about">,
    changed: (ending: string, content: Buffer) => string | Uint8Array,
  ): Promise<void> {
    const from = path.join(this.folder, sampleName(best));
    const prefix = `${this.name}_${sampleName(best)}_`;
    for (const file of readdirSync(from))
      if (file.startsWith(prefix)) {
        const ending = file.slice(prefix.length);
        await this.file(ending, changed(ending, await readFile(path.join(from, file))));
      }
    this.complete = true;
    await this.write(record);
  }

  private resume({ settings: before, samples, complete }: RunRecord, settings: Settings): void {
    const other = Object.keys({ ...before, ...settings }).find((key) => before[key] !== settings[key]);
    if (other !== undefined) {
      const digested = DIGESTED.includes(other);
      const how = digested
        ? `other ${other}`
        : `${other} = ${before[other] ?? "none"}, not ${settings[other] ?? "none"}`;
      throw new BadInputError(`${this.folder} was made with ${how}: --force makes it anew, another --out keeps it`);
    }
    const whole = (one: Scored): boolean => existsSync(path.join(this.folder, sampleName(one)));
    const lost = new Set(samples.filter((one) => !whole(one)).map(({ seed }) => seed));
    this.samples = samples
      .filter(({ seed }) => !lost.has(seed))
      .map((one) => ({ ...one, rankingScore: one.rankingScore ?? Number.NaN })); // JSON has no NaN
    this.complete = complete && lost.size === 0;
  }

  /** Removes what is to be replaced, now that there is something to put in its place. */
  private removeStale(): void {
    if (!this.stale) return;
    this.stale = false;
    for (const entry of this.entries())
      if (OWN.test(entry) || entry.startsWith(`${this.name}_`))
        rmSync(path.join(this.folder, entry), { recursive: true, force: true });
  }

  private write(record: Pick<RunRecord, "settings" | "about">): Promise<string> {
    const { samples, complete } = this;
    const whole: RunRecord = { schema: SCHEMA, ...record, samples, complete };
    return this.file("run.json", `${JSON.stringify(whole, null, 1)}\n`);
  }

  private entries(): string[] {
    try {
      return readdirSync(this.folder).filter((entry) => !entry.startsWith(LOCK));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw new BadInputError(`cannot write to the folder ${this.folder}: ${writeReasonOf(error, this.folder)}`);
    }
  }

  private read(): RunRecord | undefined {
    const file = path.join(this.folder, `${this.name}_run.json`);
    if (!existsSync(file)) return undefined;
    try {
      const record = JSON.parse(readFileSync(file, "utf8")) as RunRecord;
      if (record.schema === SCHEMA && Array.isArray(record.samples) && typeof record.settings === "object")
        return record;
    } catch {} // whatever it is, it is no record
    throw new BadInputError(`${file} is no record of a prediction: choose another --out, or --force`);
  }
}

/** Removes a folder unless there is something in it. */
function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {} // it is not empty, or it is gone
}

const numberOf = (value: number): number | null => (Number.isNaN(value) ? null : value);
