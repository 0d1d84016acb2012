/** Downloads of large files: taken up again where they broke off, checked, and there as a whole or not at all. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rename, stat } from "node:fs/promises";
import path from "node:path";
import { BadInputError, CancelledError, throwIfAborted, UnavailableError } from "../../errors.ts";
import { type Clock, LASTING, realClock, reasonOf, Silence, Transient } from "../../pipeline/connections.ts";
import { sizeText, visible } from "../../words.ts";
import { requestFrom } from "./download_answer.ts";
import { DownloadPart } from "./download_part.ts";
import { takeLock } from "./folder_lock.ts";
import { makeFolder } from "./made_folders.ts";
import { writeReasonOf } from "./reasons.ts";
import { checkWritable, writeWhole } from "./written_files.ts";

/** Failures one behind the other, without a byte between them, until it is given up. */
const MOST_FAILURES = 5;
const SILENCE_MS = 60_000;
const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;
/** Eight times the largest published file. */
const MOST_BYTES = 2 ** 34;

export interface DownloadOptions {
  /** What the file should have, in hexadecimal digits. */
  readonly sha256?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told what goes wrong and is tried again, and what is taken up. */
  readonly note?: (text: string) => void;
  /** @param total undefined where the server does not say */
  readonly progress?: (done: number, total: number | undefined) => void;
  /** Bytes that a file may have. */
  readonly most?: number;
  /** Milliseconds that a connection may be silent. */
  readonly silence?: number;
  readonly fetch?: typeof fetch;
  readonly clock?: Clock | undefined;
}

export interface Downloaded {
  readonly bytes: number;
  readonly sha256: string;
  /** Whether it was there before, and nothing was asked for. */
  readonly already: boolean;
}

/** The address of a file. @throws {BadInputError} unless it is one of HTTP or HTTPS that stands for itself */
export function fileAddress(given: string): URL {
  const bad = (what: string) =>
    new BadInputError(visible(`--from ${what}, not ${JSON.stringify(given.slice(0, 200))}`));
  if (!/^https?:\/\/[^/]/i.test(given) || !URL.canParse(given))
    throw bad("should be an address such as https://example.org/model.pt");
  const url = new URL(given);
  if (url.username !== "" || url.password !== "") throw bad("should be an address without a user and a password");
  url.hash = "";
  return url;
}

/**
 * Downloads a file. What has come is kept beside it as `FILE.part` until all has, and the next call for the same address goes on there
 * if the server still has the same file. The digest is written beside it as `FILE.sha256`, as `sha256sum -c` reads it.
 * @throws {BadInputError} if the address leads to no file, the file is another than its digest says, or it cannot be written
 * @throws {UnavailableError} if the server is away, or fails for too long
 * @throws {CancelledError} if the signal fires; what has come is kept
 */
export async function download(address: URL, file: string, options: DownloadOptions = {}): Promise<Downloaded> {
  await checkWritable(file);
  const there = await alreadyThere(file, options);
  if (there) return there;
  makeFolder(path.dirname(path.resolve(file)));
  const release = takeLock(`${file}.part.lock`, `the download of ${file}`);
  try {
    const part = await DownloadPart.open(file, address.href);
    await complete(address, part, options);
    const { signal, sha256: wanted } = options;
    const sha256 = await digestOf(part.file, signal);
    if (wanted !== undefined && sha256 !== wanted.toLowerCase()) {
      await part.discard();
      throw new BadInputError(
        visible(
          `${address.href} gives a file of the SHA-256 ${sha256}, expected ${wanted.toLowerCase()}: it is not kept`,
        ),
      );
    }
    const bytes = part.size;
    await rename(part.file, file).catch((error: unknown) => {
      throw new BadInputError(`cannot write ${file}: ${writeReasonOf(error, file)}`);
    });
    await part.discard();
    await writeWhole(`${file}.sha256`, `${sha256}  ${path.basename(file)}\n`);
    return { bytes, sha256, already: false };
  } finally {
    release();
  }
}

/** A file that is there already is never replaced. @throws {BadInputError} unless it is known to be the one that is wanted */
async function alreadyThere(file: string, { sha256, signal }: DownloadOptions): Promise<Downloaded | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (!found) return undefined;
  if (sha256 !== undefined) {
    const digest = await digestOf(file, signal);
    if (digest === sha256.toLowerCase()) return { bytes: found.size, sha256: digest, already: true };
    throw new BadInputError(
      `${file} is there already, with the SHA-256 ${digest}: remove it, or name another with --out`,
    );
  }
  throw new BadInputError(`${file} is there already: remove it, or name another with --out`);
}

async function digestOf(file: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const piece of createReadStream(file, { highWaterMark: 2 ** 22 })) {
      throwIfAborted(signal);
      hash.update(piece as Uint8Array);
    }
  } catch (error) {
    if (error instanceof CancelledError) throw error;
    throw new BadInputError(`cannot read ${file}: ${writeReasonOf(error, file)}`);
  }
  return hash.digest("hex");
}

/** Asks until all has come. */
async function complete(address: URL, part: DownloadPart, options: DownloadOptions): Promise<void> {
  const { signal, clock = realClock, note = () => {} } = options;
  if (part.size > 0) note(`going on behind ${sizeText(part.size)} of ${part.file}`);
  for (let failures = 0; !part.complete; ) {
    throwIfAborted(signal);
    const before = part.size;
    try {
      await once(address, part, options);
    } catch (error) {
      if (!(error instanceof Transient)) throw error;
      failures = part.size > before ? 1 : failures + 1;
      if (failures === MOST_FAILURES)
        throw new UnavailableError(
          `${address.host} ${error.message}, ${failures} times one behind the other`,
          `check the address and the connection, and try again: ${part.size > 0 ? `${sizeText(part.size)} are kept, and ` : ""}the same command goes on`,
        );
      note(`${address.host} ${error.message}; asking again`);
      await clock.sleep(Math.min(LONGEST_MS, error.after ?? FIRST_MS * 2 ** failures), signal);
    }
  }
}

/** Asks once, for what is missing. @throws {Transient} if it may work the next time */
async function once(address: URL, part: DownloadPart, options: DownloadOptions): Promise<void> {
  const { signal, most = MOST_BYTES, silence = SILENCE_MS, progress = () => {} } = options;
  const silent = new Silence(silence, signal);
  try {
    const answer = await requestFrom(address, part.wanted, silent, options.fetch ?? fetch);
    if (answer.total !== undefined && answer.total > most)
      throw new BadInputError(`${address.host} gives a file of ${sizeText(answer.total)}, more than ${sizeText(most)}`);
    if (answer.mismatch) await part.discard();
    if (answer.mismatch) throw new Transient(`gives ${answer.mismatch}`);
    await part.begin(answer);
    const reader = answer.body?.getReader();
    try {
      while (reader) {
        const { done, value } = await silent.guard(reader.read());
        if (done || value === undefined) break;
        if (part.size + value.length > (part.total ?? most)) {
          await part.discard();
          throw new BadInputError(
            `${address.host} sends more than ${part.total === undefined ? sizeText(most) : "it said"}`,
          );
        }
        await part.append(value);
        progress(part.size, part.total);
      }
      await part.ended();
    } finally {
      await part.pause();
    }
    if (!part.complete) throw new Transient(`breaks off after ${sizeText(part.size)}`);
  } catch (error) {
    throw failed(error, address, silent, options);
  } finally {
    silent.end();
  }
}

function failed(error: unknown, address: URL, silent: Silence, { signal, silence = SILENCE_MS }: DownloadOptions) {
  if (signal?.aborted) return new CancelledError();
  if (error instanceof Transient || error instanceof BadInputError || error instanceof UnavailableError) return error;
  if (silent.over) return new Transient(`says nothing for ${silence / 1000} s`);
  const reason = reasonOf(error);
  if (!LASTING.test(`${reason} ${(error as { cause?: { code?: string } }).cause?.code}`))
    return new Transient(`cannot be reached, or breaks off (${reason})`);
  return new UnavailableError(`${address.host} cannot be reached (${reason})`, "check the address");
}
