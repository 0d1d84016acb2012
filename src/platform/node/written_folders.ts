/** Writing folders of files: as a whole or not at all. */
import { randomBytes } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import path from "node:path";
import { BadInputError } from "../../errors.ts";
import { makeFolder } from "./made_folders.ts";
import { writeReasonOf } from "./reasons.ts";
import { withTemporary } from "./temporaries.ts";

/** A file that is made piece by piece. */
export interface FileParts {
  readonly name: string;
  readonly chunks: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;
}

/**
 * Writes a folder with its files under a temporary name beside it, then renames it. A folder that is there is replaced.
 * @param made called when all files are there, before the folder gets its name
 * @throws {BadInputError} if it cannot be written, and whatever making the files throws
 */
export async function writeFolder(folder: string, files: Iterable<FileParts>, made = (): void => {}): Promise<void> {
  const temporary = `${folder}.${randomBytes(6).toString("hex")}.tmp`;
  await withTemporary(temporary, async () => {
    try {
      await onDisk(folder, async () => {
        makeFolder(path.dirname(folder));
        await mkdir(temporary);
      });
      for (const { name, chunks } of files) await writeChunks(path.join(temporary, name), chunks, folder);
      made();
      await onDisk(folder, async () => {
        await rm(folder, { recursive: true, force: true });
        await rename(temporary, folder);
      });
    } finally {
      await rm(temporary, { recursive: true, force: true }).catch(() => {}); // the folder around it may be what is wrong
    }
  });
}

async function writeChunks(file: string, chunks: FileParts["chunks"], folder: string): Promise<void> {
  const handle = await onDisk(folder, () => open(file, "wx"));
  try {
    for await (const chunk of chunks) await onDisk(folder, () => handle.writeFile(chunk)); // goes on where the one before ended
  } finally {
    await handle.close();
  }
}

/** What the disk refuses is said in a sentence; what making the content throws is not touched. */
async function onDisk<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new BadInputError(`cannot write ${folder}: ${writeReasonOf(error, folder)}`);
  }
}
