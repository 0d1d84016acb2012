/** Finding golden cases on disk. */
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { BadInputError } from "../../errors.ts";
import { packageFolder } from "./folders.ts";
import { reasonOf } from "./reasons.ts";

/** The cases that ship with the package. */
export const shippedFolder = path.join(packageFolder, "cases");

/**
 * Folders with a case.json: the given one, or all below it, sorted.
 * @throws {BadInputError} if the folder cannot be read or holds no case
 */
export async function findCases(folder: string): Promise<string[]> {
  const found: string[] = [];
  const visit = async (at: string): Promise<void> => {
    if (
      await stat(path.join(at, "case.json")).then(
        (file) => file.isFile(),
        () => false,
      )
    ) {
      found.push(at);
      return;
    }
    const entries = await readdir(at, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1)))
      if (entry.isDirectory()) await visit(path.join(at, entry.name));
  };
  try {
    await visit(folder);
  } catch (error) {
    throw new BadInputError(`cannot read the folder ${folder}: ${reasonOf(error)}`);
  }
  if (found.length === 0) throw new BadInputError(`there is no golden case (case.json) in or below ${folder}`);
  return found;
}
