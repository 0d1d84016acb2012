/** What has come of a download, beside the file that it will be: the bytes, and how to ask for the others. */
import { readFileSync } from "node:fs";
import { type FileHandle, open, rm, stat, statfs } from "node:fs/promises";
import path from "node:path";
import { BadInputError } from "../../errors.ts";
import { sizeText } from "../../words.ts";
import type { FileAnswer, Wanted } from "./download_answer.ts";
import { writeReasonOf } from "./reasons.ts";
import { writeWhole } from "./written_files.ts";

const SCHEMA = "af3-gpu-download-1";

/** Of the server's file, so that a part is never joined with another file's rest. */
interface Kept {
  readonly schema: string;
  readonly address: string;
  /** An ETag, or when the file was last changed. */
  readonly validator?: string | undefined;
  readonly total?: number | undefined;
}

export class DownloadPart {
  readonly file: string;
  private readonly notes: string;
  private readonly address: string;
  private kept: Kept | undefined;
  private handle: FileHandle | undefined;
  private bytes: number;
  private over = false;

  private constructor(file: string, address: string, kept: Kept | undefined, bytes: number) {
    this.file = `${file}.part`;
    this.notes = `${file}.part.json`;
    this.address = address;
    this.kept = kept;
    this.bytes = bytes;
  }

  /** What has come of an address; of another address, or without a word of what it is, nothing has. */
  static async open(file: string, address: string): Promise<DownloadPart> {
    const kept = keptIn(`${file}.part.json`);
    const size = await stat(`${file}.part`).then(
      (found) => (found.isFile() ? found.size : 0),
      () => 0,
    );
    const usable = kept?.address === address && kept.validator !== undefined && size <= (kept.total ?? size);
    return new DownloadPart(file, address, usable ? kept : undefined, usable ? size : 0);
  }

  get size(): number {
    return this.bytes;
  }

  get total(): number | undefined {
    return this.kept?.total;
  }

  get complete(): boolean {
    return this.total === undefined ? this.over : this.bytes === this.total;
  }

  /** What to ask for: everything, or what is missing of the same file. */
  get wanted(): Wanted {
    const { validator, total } = this.kept ?? {};
    return this.bytes > 0 && validator !== undefined ? { from: this.bytes, validator, total } : { from: 0 };
  }

  /** The server says that no more comes: what has come is on the disk. */
  async ended(): Promise<void> {
    this.over = true;
    await this.written(async () => this.handle?.sync());
  }

  /** Makes ready for an answer's bytes. @throws {BadInputError} if they cannot be kept */
  async begin({ from, validator, total }: FileAnswer): Promise<void> {
    this.bytes = from;
    this.over = false;
    this.kept = { schema: SCHEMA, address: this.address, validator, total };
    await this.checkSpace();
    await writeWhole(this.notes, JSON.stringify(this.kept));
    await this.written(async () => {
      this.handle = await open(this.file, from > 0 ? "r+" : "w");
    });
  }

  /** @throws {BadInputError} if the disk has less than what is missing */
  private async checkSpace(): Promise<void> {
    const found = await statfs(path.dirname(path.resolve(this.file))).catch(() => undefined);
    const missing = (this.total ?? 0) - this.bytes;
    const free = found ? found.bavail * found.bsize : missing;
    if (free < missing)
      throw new BadInputError(
        `cannot write ${this.file}: the disk has ${sizeText(free, Math.floor)} left, and ${sizeText(missing, Math.ceil)} are to come`,
      );
  }

  async append(value: Uint8Array): Promise<void> {
    await this.written(async () => {
      for (let done = 0; done < value.length; ) {
        const { bytesWritten = 0 } = (await this.handle?.write(value, done, value.length - done, this.bytes)) ?? {};
        done += bytesWritten;
        this.bytes += bytesWritten;
      }
    });
  }

  /** Closes the file; what has come stays. */
  async pause(): Promise<void> {
    const handle = this.handle;
    this.handle = undefined;
    await handle?.close().catch(() => {}); // what was written has said how it went
  }

  /** Takes everything away. */
  async discard(): Promise<void> {
    await this.pause();
    this.kept = undefined;
    this.bytes = 0;
    for (const file of [this.file, this.notes]) await rm(file, { force: true }).catch(() => {});
  }

  private async written(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw new BadInputError(`cannot write ${this.file}: ${writeReasonOf(error, this.file)}`);
    }
  }
}

function keptIn(file: string): Kept | undefined {
  try {
    const kept = JSON.parse(readFileSync(file, "utf8")) as Kept;
    const { schema, address, validator, total } = kept;
    const known =
      schema === SCHEMA && typeof address === "string" && ["string", "undefined"].includes(typeof validator);
    return known && (total === undefined || Number.isSafeInteger(total)) ? kept : undefined;
  } catch {
    return undefined;
  }
}
