/** Inputs in a folder. */
import { BadInputError } from "../../errors.ts";
import { type Files, joinPath } from "../../formats/files.ts";
import { isColabFold } from "./colabfold.ts";
import { decodeText } from "./texts.ts";

/** What an input may be called; what it is follows from how it begins. */
const INPUT = /\.(json|fasta|fa|fas|faa|fna|a3m)(\.(gz|zst))?$/i;
/** An a3m may also be one chain's MSA, which an input beside it names. */
const A3M = /\.a3m(\.(gz|zst))?$/i;

/**
 * The inputs that a path names: the file itself, or a folder's by name, without the folders in it.
 * @throws {BadInputError} if there is no such file, or the folder has no input
 */
export async function inputFiles(files: Files, path: string): Promise<string[]> {
  const names = await files.list(path);
  if (names === undefined) {
    if (!(await files.exists(path))) await files.read(path); // says what is wrong with it
    return [path];
  }
  const found: string[] = [];
  for (const name of names.filter((each) => INPUT.test(each)).sort()) {
    const file = joinPath(path, name);
    if (!A3M.test(name) || (await isJob(files, file))) found.push(file);
  }
  if (found.length === 0)
    throw new BadInputError(
      `the folder ${path} has no input: no .json, no .fasta, and no .a3m that begins with ColabFold's "#lengths"`,
    );
  return found;
}

const isJob = async (files: Files, file: string): Promise<boolean> =>
  isColabFold(await decodeText(await files.read(file), file));
