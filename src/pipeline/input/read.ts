/** Inputs of every kind, told apart by how they begin. */
import { BadInputError } from "../../errors.ts";
import type { Note } from "../../formats/config.ts";
import { givenContent, givenFunction, givenText, MOST_SEED, shown } from "../../formats/given.ts";
import { visible } from "../../words.ts";
import { readAlphaFold3 } from "./alphafold3.ts";
import { isColabFold, readColabFold } from "./colabfold.ts";
import { readFasta } from "./fasta.ts";
import { type Place, readJson } from "./fields.ts";
import { fileName, type Job } from "./job.ts";
import { isOpenJob, readOpenJob } from "./job_list.ts";
import { readServerJob } from "./server.ts";
import type { InputSource } from "./texts.ts";

/** The seed of inputs that have no place for one. */
const DEFAULT_SEED = 1;

const randomSeed = (): number => crypto.getRandomValues(new Uint32Array(1))[0] % (MOST_SEED + 1);

/**
 * The jobs of an input: AlphaFold 3's JSON (versions 1 to 4), a list of AlphaFold Server jobs or of such with more in them, FASTA, or an a3m with ColabFold's first line.
 * @param text the file's content
 * @param source its name, and what reads the files that it names
 * @param note told what was guessed or drawn
 * @throws {BadInputError} in one sentence with the place of what is wrong
 */
export async function readJobs(text: string, source: InputSource, note: Note = () => {}): Promise<Job[]> {
  const { jobs, wrong } = await readEachJob(text, source, note);
  if (wrong.length > 0) throw wrong[0].error;
  return jobs;
}

/** A job of a list that is wrong. */
export interface WrongJob {
  /** Its name, or its number from 1. */
  readonly name: string;
  readonly error: BadInputError;
}

/**
 * As {@link readJobs}, but of a list of several jobs those that are wrong are returned beside the others.
 * @throws {BadInputError} if the text is no input, or its only job is wrong
 */
export async function readEachJob(
  text: string,
  source: InputSource,
  note: Note = () => {},
): Promise<{ readonly jobs: Job[]; readonly wrong: readonly WrongJob[] }> {
  givenContent("the text", text);
  givenText("the source's file", "a file's name", source?.file);
  givenFunction("note", note);
  const { file } = source;
  const content = text.replace(/^\uFEFF/, "");
  const first = content.trimStart()[0];
  if (first === "[") return readItems(itemsOf(readJson(content, file)), source, note);
  return { jobs: [await readOnly(content, first, source, note)], wrong: [] };
}

async function readItems(items: readonly Place[], source: InputSource, note: Note) {
  const jobs: Job[] = [];
  const wrong: WrongJob[] = [];
  for (const [at, item] of items.entries())
    try {
      jobs.push(await readItem(item, source, note));
    } catch (error) {
      if (items.length === 1 || !(error instanceof BadInputError)) throw error;
      wrong.push({ name: nameIn(item.value) ?? `${at + 1}`, error });
    }
  return { jobs, wrong };
}

/** The job of an input that is no list. */
async function readOnly(content: string, first: string | undefined, source: InputSource, note: Note): Promise<Job> {
  const { file } = source;
  if (first === "{") return readAlphaFold3(readJson(content, file), source, note);
  const whole = { seeds: [DEFAULT_SEED], bonds: null, userCcd: null };
  const name = stem(file);
  if (isColabFold(content)) return { ...whole, name, entities: readColabFold(content, file) };
  if (isAlignment(content, file))
    throw new BadInputError(
      `${file} is an MSA, and no input that says which chain it belongs to: name it in JSON (unpairedMsaPath), or begin it as ColabFold does ("#120<tab>1")`,
    );
  if (first === ">" || first === ";") return { ...whole, name, entities: readFasta(content, file, note) };
  if (first !== undefined && /^[A-Z*\s]+$/.test(content))
    throw new BadInputError(`${file} is no input: before a sequence there should be a line such as ">A|protein"`);
  if (first === undefined) throw new BadInputError(`${file} is no input: it is empty`);
  throw new BadInputError(
    `${file} is no input: expected AlphaFold 3's JSON, a list of AlphaFold Server jobs, FASTA, or ColabFold's a3m`,
  );
}

/** Names of jobs that a message lists. */
const MOST_NAMES = 5;

/**
 * The only job of an input, or one of several; the others are not looked at.
 * @param which its name, or its number from 1
 * @throws {BadInputError} if there are several and none is chosen, none is the chosen one, or it is wrong
 */
export async function readJob(text: string, source: InputSource, note: Note, which?: string): Promise<Job> {
  const content = text.replace(/^\uFEFF/, "");
  const isList = content.trimStart().startsWith("[");
  const items = isList ? itemsOf(readJson(content, source.file)) : undefined;
  const jobs = items ? [] : await readJobs(text, source, note);
  const names = items?.map(({ value }, at) => nameIn(value) ?? `${at + 1}`) ?? jobs.map(({ name }) => name);
  const listed = names.slice(0, MOST_NAMES).join(", ") + (names.length > MOST_NAMES ? ", …" : "");
  const bad = (what: string) => new BadInputError(visible(`${source.file} has ${what}`));
  if (which === undefined && names.length > 1)
    throw bad(`${names.length} jobs (${listed}) of which one can be used here: choose it by its name or its number`);
  const named = names.indexOf(which ?? names[0]);
  const alike = names.flatMap((name, at) => (name === which ? [at + 1] : []));
  if (alike.length > 1)
    throw bad(
      `${alike.length} jobs of the name ${JSON.stringify(which)}: choose one by its number, ${alike.join(" or ")}`,
    );
  const at = named < 0 && /^[1-9]\d*$/.test(which ?? "") ? Number(which) - 1 : named;
  if (!(at in names))
    throw bad(`no job ${JSON.stringify(which)}: there ${names.length === 1 ? "is" : "are"} ${listed}`);
  return items ? readItem(items[at], source, note) : jobs[at];
}

function nameIn(value: unknown): string | undefined {
  const name = typeof value === "object" && value !== null && "name" in value ? value.name : undefined;
  return typeof name === "string" ? name : undefined;
}

function itemsOf(place: Place): Place[] {
  const items = place.list();
  if (items.length === 0) throw place.bad("is an empty list: there are no jobs");
  // Among several jobs a place in the JSON says little.
  return items.length === 1
    ? items
    : items.map((item, at) => item.within(`job ${shown(nameIn(item.value) ?? at + 1)}`));
}

async function readItem(item: Place, source: InputSource, note: Note): Promise<Job> {
  if (isOpenJob(item, source.openLists ?? false)) return readOpenJob(item, source);
  return readServerJob(item, () => {
    const seed = randomSeed();
    note(`job ${shown(nameIn(item.value))} has no seed: ${seed} is drawn`);
    return seed;
  });
}

/** Whether a text holds one alignment of several rows; its name says so where its rows would pass for chains. */
function isAlignment(content: string, file: string): boolean {
  if (/^#\s*STOCKHOLM/i.test(content)) return true;
  if (!/\.(a3m|a2m|sto|stockholm|afa|aln)(\.(gz|zst))?$/i.test(file)) return false;
  return (content.match(/^>/gm)?.length ?? 0) > 1;
}

/** A job's name after its file's, which may have no letter that files are named of. */
function stem(file: string): string {
  const name = file
    .replace(/^.*[\\/]/, "")
    .replace(/\.(gz|zst)$/i, "")
    .replace(/\.[A-Za-z0-9]+$/, "");
  return /^\.*$/.test(fileName(name)) ? "job" : name;
}
