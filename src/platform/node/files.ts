/** Files on disk. */
import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
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
  async exists(file) {
    return stat(file).then(
      (found) => found.isFile(),
      () => false,
    );
  },
};

/** Writes a file as a whole or not at all: under a temporary name beside it, then renamed. @throws {BadInputError} */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(temporary, content, { flag: "wx" });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {}); // the folder itself may be what is wrong
    throw new BadInputError(`cannot write ${file}: ${reasonOf(error)}`);
  }
}
