/** Inputs of every kind, told apart by how they begin. */
import { BadInputError } from "../../errors.ts";
import type { Note } from "../../formats/config.ts";
import { givenContent, givenFunction, givenText, MOST_SEED } from "../../formats/given.ts";
import { readAlphaFold3 } from "./alphafold3.ts";
import { isColabFold, readColabFold } from "./colabfold.ts";
import { readFasta } from "./fasta.ts";
import { type Place, readJson } from "./fields.ts";
import { fileName, type Job } from "./job.ts";
import { readServerJob } from "./server.ts";
import type { InputSource } from "./texts.ts";

/** The seed of inputs that have no place for one. */
const DEFAULT_SEED = 1;

const randomSeed = (): number => crypto.getRandomValues(new Uint32Array(1))[0] % (MOST_SEED + 1);

/**
 * The jobs of an input: AlphaFold 3's JSON (versions 1 to 4), a list of AlphaFold Server jobs, FASTA, or an a3m with ColabFold's first line.
 * @param text the file's content
 * @param source its name, and what reads the files that it names
 * @param note told what was guessed or drawn
 * @throws {BadInputError} in one sentence with the place of what is wrong
 */
export async function readJobs(text: string, source: InputSource, note: Note = () => {}): Promise<Job[]> {
  givenContent("the text", text);
  givenText("the source's file", "a file's name", source?.file);
  givenFunction("note", note);
  const { file } = source;
  const content = text.replace(/^\uFEFF/, "");
  const first = content.trimStart()[0];
  if (first === "{") return [await readAlphaFold3(readJson(content, file), source)];
  if (first === "[") return readList(readJson(content, file), note);
  const whole = { seeds: [DEFAULT_SEED], bonds: null, userCcd: null };
  const name = stem(file);
  if (isColabFold(content)) return [{ ...whole, name, entities: readColabFold(content, file) }];
  if (first === ">" || first === ";") return [{ ...whole, name, entities: readFasta(content, file, note) }];
  throw new BadInputError(
    `${file} is no input: expected AlphaFold 3's JSON, a list of AlphaFold Server jobs, FASTA, or ColabFold's a3m`,
  );
}

function readList(place: Place, note: Note): Job[] {
  const items = place.list();
  if (items.length === 0) throw place.bad("is an empty list: there are no jobs");
  return items.map((item) =>
    readServerJob(item, () => {
      const seed = randomSeed();
      note(`${item.path} has no seed: ${seed} is drawn`);
      return seed;
    }),
  );
}

/** A job's name after its file's, which may have no letter that files are named of. */
function stem(file: string): string {
  const name = file
    .replace(/^.*[\\/]/, "")
    .replace(/\.(gz|zst)$/i, "")
    .replace(/\.[A-Za-z0-9]+$/, "");
  return /^\.*$/.test(fileName(name)) ? "job" : name;
}
