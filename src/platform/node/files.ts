/** Files on disk. */
import { constants } from "node:buffer";
import { randomBytes } from "node:crypto";
import { createReadStream, type Stats } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { BadInputError, messageOf } from "../../errors.ts";
import type { Files } from "../../formats/files.ts";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  ENOTDIR: "a part of the path is no folder",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file system holds no file of that size",
  EEXIST: "a file is in the way",
  ELOOP: "its symbolic links lead in a circle",
  ENAMETOOLONG: "its name is too long",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open",
  EIO: "the disk reports an error",
};

/** Why a file operation failed, in words. */
export function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return (code && REASONS[code]) || messageOf(error);
}

/** What is no regular file, in words; undefined for a regular one. */
export function otherThanFile(found: Stats): string | undefined {
  if (found.isFile()) return undefined;
  if (found.isDirectory()) return "it is a folder";
  if (found.isFIFO()) return "it is a pipe, expected a file";
  if (found.isSocket()) return "it is a socket, expected a file";
  return "it is a device, expected a file";
}

/**
 * Makes sure that a path leads to a regular file before it is opened: a device may have no end, and opening a pipe waits.
 * @returns its size in bytes
 * @throws {BadInputError} saying what it is otherwise
 */
async function checkFile(file: string): Promise<number> {
  const found = await stat(file).catch((error: unknown) => {
    throw new BadInputError(`cannot read ${file}: ${reasonOf(error)}`);
  });
  const other = otherThanFile(found);
  if (other) throw new BadInputError(`cannot read ${file}: ${other}`);
  return found.size;
}

/** One read takes less than 2 GiB. */
const MOST_AT_ONCE = 2 ** 30;

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** All of an open file. A file that grows meanwhile is read to the size it had. */
async function readWhole(handle: FileHandle, size: number): Promise<Uint8Array> {
  if (size === 0) return handle.readFile(); // those of /proc do not know their size
  let whole: Uint8Array;
  try {
    if (size > constants.MAX_LENGTH) throw new RangeError();
    whole = new Uint8Array(size);
  } catch {
    throw new Error(`it has ${gibibytes(size)}, more than can be held in memory`);
  }
  let done = 0;
  while (done < size) {
    const { bytesRead } = await handle.read(whole, done, Math.min(size - done, MOST_AT_ONCE), done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return whole.subarray(0, done);
}

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
    return stat(file).then(
      (found) => found.isFile(),
      () => false,
    );
  },
  async list(folder) {
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

/** Writes a file as a whole or not at all: under a temporary name beside it, then renamed. @throws {BadInputError} */
export const writeWhole = (file: string, content: string | Uint8Array): Promise<void> =>
  writeOrNothing(file, (handle) => handle.writeFile(content));

/** A part of a file. */
export interface Part {
  /** Where its bytes begin in the file. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

/**
 * Writes a file part by part, in any order, as a whole or not at all.
 * @throws {BadInputError} if it cannot be written, and whatever making the parts throws
 */
export async function writeParts(file: string, parts: Iterable<Part> | AsyncIterable<Part>): Promise<void> {
  let made: unknown;
  const watched = async function* (): AsyncGenerator<Part> {
    try {
      yield* parts;
    } catch (error) {
      made = error;
      throw error;
    }
  };
  try {
    await writeOrNothing(file, async (handle) => {
      for await (const { at, bytes } of watched())
        for (let done = 0; done < bytes.length; )
          done += (await handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
    });
  } catch (error) {
    throw made ?? error;
  }
}

async function writeOrNothing(file: string, write: (handle: FileHandle) => Promise<void>): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const inPlace = await stat(file).then(otherThanFile, () => undefined);
    if (inPlace) throw new Error(inPlace); // renaming over a device, such as /dev/null, would replace it
    await mkdir(path.dirname(file), { recursive: true });
    const handle = await open(temporary, "wx");
    try {
      await write(handle);
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {}); // the folder itself may be what is wrong
    throw new BadInputError(`cannot write ${file}: ${reasonOf(error)}`);
  }
}
