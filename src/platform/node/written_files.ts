/** Writing files on disk: as a whole or not at all. */
import { randomBytes } from "node:crypto";
import { type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { BadInputError } from "../../errors.ts";
import { makeFolder } from "./made_folders.ts";
import { nearestFolder, otherThanFile, writeReasonOf } from "./reasons.ts";
import { withTemporary } from "./temporaries.ts";

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

/**
 * Finds out before the work whether a file can be written behind it. Nothing is left behind.
 * @throws {BadInputError} that says what is in the way
 */
export async function checkWritable(file: string): Promise<void> {
  try {
    await targetOf(file);
    await tryIn(nearestFolder(file));
  } catch (error) {
    throw cannotWrite(file, error);
  }
}

/** Makes an empty file and removes it: rights alone do not say whether a disk takes one. */
async function tryIn(folder: string): Promise<void> {
  const file = path.join(folder, `.af3-gpu-${randomBytes(6).toString("hex")}.tmp`);
  await (await open(file, "wx")).close();
  await rm(file);
}

/** As {@link checkWritable}, for a folder that files will be made in. */
export async function checkWritableFolder(folder: string): Promise<void> {
  try {
    await tryIn(nearestFolder(path.join(folder, "file")));
  } catch (error) {
    throw new BadInputError(`cannot write to the folder ${folder}: ${writeReasonOf(error, folder)}`);
  }
}

function cannotWrite(file: string, error: unknown): BadInputError {
  return error instanceof BadInputError
    ? error
    : new BadInputError(`cannot write ${file}: ${writeReasonOf(error, file)}`);
}

/** The file that a path leads to: renaming over a symbolic link would replace the link. @throws if it is another thing than a file */
async function targetOf(file: string): Promise<string> {
  try {
    const kind = otherThanFile(await stat(file));
    if (kind) throw new BadInputError(`cannot write ${file}: ${kind}`);
    return await realpath(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return file;
    throw error;
  }
}

async function writeOrNothing(file: string, write: (handle: FileHandle) => Promise<void>): Promise<void> {
  try {
    const target = await targetOf(file);
    const temporary = `${target}.${randomBytes(6).toString("hex")}.tmp`;
    makeFolder(path.dirname(target));
    await withTemporary(temporary, () => writeAndRename(temporary, target, write));
  } catch (error) {
    throw cannotWrite(file, error);
  }
}

async function writeAndRename(
  temporary: string,
  target: string,
  write: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  try {
    const handle = await open(temporary, "wx");
    try {
      await write(handle);
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {}); // the folder itself may be what is wrong
    throw error;
  }
}
