/** Reading files on disk. */
import { constants } from "node:buffer";
import { createReadStream } from "node:fs";
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { BadInputError } from "../../errors.ts";
import { type Files, givenPath } from "../../formats/files.ts";
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
  let whole: Uint8Array;
  try {
    if (size > constants.MAX_LENGTH) throw new RangeError();
    whole = new Uint8Array(size);
  } catch {
    throw new Error(`it has ${sizeText(size)}, more than can be held in memory`);
  }
  let done = 0;
  while (done < size) {
    const { bytesRead } = await handle.read(whole, done, Math.min(size - done, MOST_AT_ONCE), done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return whole.subarray(0, done);
}

/** Files of this machine, by their paths. */
export const nodeFiles: Files = {
  async read(file) {
    const size = await checkFile(file);
    try {
      const handle = await open(file);
      try {
        return await readWhole(handle, size);
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw new BadInputError(`cannot read ${file}: ${reasonOf(error)}`);
    }
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
