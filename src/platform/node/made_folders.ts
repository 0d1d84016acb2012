/** Making folders with those that they lie in. */
import { accessSync, constants, existsSync, mkdirSync, statSync } from "node:fs";
import path from "node:path";
import { UnavailableError } from "../../errors.ts";
import { writeReasonOf } from "./reasons.ts";

/**
 * Makes a folder, and those that it lies in, where they are missing. Node's own `recursive` never ends in a folder such as /proc, which
 * exists and says of everything made in it that it does not.
 * @param mode the rights of what is made
 * @throws the system's error
 */
export function makeFolder(folder: string, mode?: number): void {
  const at = path.resolve(folder);
  try {
    mkdirSync(at, { mode });
  } catch (error) {
    if (isFolder(at)) return;
    const parent = path.dirname(at);
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || existsSync(parent)) throw error;
    makeFolder(parent, mode);
    makeFolder(at, mode);
  }
}

function isFolder(at: string): boolean {
  try {
    return statSync(at).isDirectory();
  } catch {
    return false;
  }
}

/** Finds out before the work whether a file can be made in the cache. @throws {UnavailableError} */
export function checkCacheFolder(file: string): void {
  const folder = path.dirname(file);
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw cacheRefused(folder, error);
  }
}

/** What a folder of the cache that cannot be written to means: not a wrong input, but something to choose. */
export const cacheRefused = (folder: string, error: unknown): UnavailableError =>
  new UnavailableError(
    // Among the reasons why there is no adapter, the message stands without what helps.
    `the cache folder ${folder} cannot be written to, AF3_GPU_CACHE chooses another: ${writeReasonOf(error, folder)}`,
    "set AF3_GPU_CACHE to a folder that can be written to, or HOME to one where .cache can be made",
    { cause: error },
  );
