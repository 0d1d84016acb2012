/** Files on disk. */
import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
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
  EEXIST: "a file is in the way",
};

/** Why a file operation failed, in words. */
export function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return (code && REASONS[code]) || messageOf(error);
}

export const nodeFiles: Files = {
  async read(file) {
    try {
      return await readFile(file);
    } catch (error) {
      throw new BadInputError(`cannot read ${file}: ${reasonOf(error)}`);
    }
  },
  async *stream(file) {
    try {
      yield* createReadStream(file, { highWaterMark: 2 ** 20 }) as AsyncIterable<Uint8Array>;
    } catch (error) {
      throw new BadInputError(`cannot read ${file}: ${reasonOf(error)}`);
    }
  },
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
