/** Reading files on disk. */
import { constants } from "node:buffer";
import { createReadStream } from "node:fs";
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { BadInputError } from "../../errors.ts";
import { type Files, givenPath } from "../../formats/files.ts";
import { givenWhole } from "../../formats/given.ts";
import { sizeText } from "../../words.ts";
import { otherThanFile, reasonOf } from "./reasons.ts";

/**
 * Makes sure that a path leads to a regular file before it is opened: a device may have no end, and opening a pipe waits.
 * @returns its size in bytes
 * @throws {BadInputError} saying what it is otherwise
 */
async function checkFile(file: string): Promise<number> {
  givenPath(file);
  const found = await stat(file).catch((error: unknown) => {
    throw new BadInputError(`cannot read ${file}: ${reasonOf(error)}`);
  });
  const other = otherThanFile(found);
  if (other) throw new BadInputError(`cannot read ${file}: ${other}`);
  return found.size;
}

/** One read takes less than 2 GiB. */
const MOST_AT_ONCE = 2 ** 30;

/** All of an open file. A file that grows meanwhile is read to the size it had. */
async function readWhole(handle: FileHandle, size: number): Promise<Uint8Array> {
  if (size === 0) return handle.readFile(); // those of /proc do not know their size
  return readPart(handle, 0, size);
}

/** Bytes of an open file from a position on, fewer where it ends. */
async function readPart(handle: FileHandle, at: number, length: number): Promise<Uint8Array> {
  let part: Uint8Array;
  try {
    if (length > constants.MAX_LENGTH) throw new RangeError();
    part = new Uint8Array(length);
  } catch {
    throw new Error(`it has ${sizeText(length)}, more than can be held in memory`);
  }
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(part, done, Math.min(length - done, MOST_AT_ONCE), at + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return part.subarray(0, done);
}

/** Opens a file that has been looked at, and closes it behind the work. */
async function withOpen<T>(file: string, work: (handle: FileHandle) => Promise<T>): Promise<T> {
  try {
    const handle = await open(file);
    try {
      return await work(handle);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new BadInputError(`cannot read ${file}: ${reasonOf(error)}`);
  }
}

/** Files of this machine, by their paths. */
export const nodeFiles: Files = {
  async read(file) {
    const size = await checkFile(file);
    return withOpen(file, (handle) => readWhole(handle, size));
  },
  async range(file, at, length) {
    await checkFile(file);
    givenWhole("the position", at, 0, Number.MAX_SAFE_INTEGER);
    givenWhole("the length", length, 0, Number.MAX_SAFE_INTEGER);
    return withOpen(file, (handle) => readPart(handle, at, length));
  },
  async *stream(file) {
    await checkFile(file);
    try {
      yield* createReadStream(file, { highWaterMark: 2 ** 20 }) as AsyncIterable<Uint8Array>;
    } catch (error) {
      throw new BadInputError(`cannot read ${file}: ${reasonOf(error)}`);
    }
  },
  size: checkFile,
  async exists(file) {
    givenPath(file);
    return stat(file).then(
      (found) => found.isFile(),
      () => false,
    );
  },
  async list(folder) {
    givenPath(folder);
    const isFolder = await stat(folder).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!isFolder) return undefined;
    try {
      const entries = await readdir(folder, { withFileTypes: true });
      return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
    } catch (error) {
      throw new BadInputError(`cannot read the folder ${folder}: ${reasonOf(error)}`);
    }
  },
};
