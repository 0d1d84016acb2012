/** Finding golden cases on disk. */
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { BadInputError, UnavailableError } from "../../errors.ts";
import { version } from "../../generated/about.ts";
import { didYouMean } from "../../words.ts";
import { packageFolder } from "./folders.ts";
import { reasonOf } from "./reasons.ts";

const PACKAGE = "af3-gpu-cases";

/**
 * The folder of the golden cases: a clone and a bundle have them, others a package of their own, which web apps need not install
 * (docs/decisions/0018-what-is-installed.md).
 * @throws {UnavailableError} if they are not here
 */
export function shippedCases(): string {
  const beside = path.join(packageFolder, "cases");
  if (existsSync(beside)) return beside;
  try {
    return path.dirname(createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`));
  } catch (cause) {
    throw new UnavailableError(
      "the golden cases, by which outputs are checked, are not installed",
      `npm install ${PACKAGE}@${version}, or work in a clone of the repository`,
      { cause },
    );
  }
}

/**
 * The folder that a name means: a path, or one of the shipped cases by its name alone.
 * @throws {BadInputError} that names a case which is called alike, if there is neither
 * @throws {UnavailableError} if it can only be a shipped one, and those are not here
 */
export async function caseFolder(name: string): Promise<string> {
  if (name === "") throw new BadInputError("the name of a case is empty");
  const found = await stat(name).catch(() => undefined);
  if (found?.isDirectory()) return name;
  if (found) throw new BadInputError(`${name} is a file, expected the folder of a case`);
  const folder = path.basename(name) === name ? shippedCases() : undefined;
  const shipped = folder === undefined ? [] : await namesIn(folder);
  if (folder !== undefined && shipped.includes(name)) return path.join(folder, name);
  const beside = (await namesIn(path.dirname(name))).map((one) => path.join(path.dirname(name), one));
  throw new BadInputError(
    `there is no case ${name}, neither here nor among the shipped${didYouMean(name, [...shipped, ...beside])}`,
  );
}

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

/**
 * Folders with a case.json: the given one, or all below it, sorted.
 * @throws {BadInputError} if the folder cannot be read or holds no case
 */
export async function findCases(given: string): Promise<string[]> {
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
  const folder = await caseFolder(given);
  try {
    await visit(folder);
  } catch (error) {
    throw new BadInputError(`cannot read the folder ${folder}: ${reasonOf(error)}`);
  }
  if (found.length === 0) throw new BadInputError(`there is no golden case (case.json) in or below ${folder}`);
  return found;
}
