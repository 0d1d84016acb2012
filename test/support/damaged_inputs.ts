/** Damaged inputs: whatever is read must be read or refused in one sentence. */
import { featurise } from "../../src/engines/deepmind/featurise/index.ts";
import { BadInputError } from "../../src/errors.ts";
import { parseCif } from "../../src/formats/cif.ts";
import { RandomStream } from "../../src/formats/random.ts";
import { openDictionary, readUserCcd } from "../../src/pipeline/dictionary/dictionary.ts";
import { readJobs } from "../../src/pipeline/input/read.ts";

const PIECES = [
  "",
  "\0",
  "\n",
  "'",
  '"',
  ";",
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "null",
  "-1",
  "1e9",
  "A",
  "a",
  ">",
  "-",
  "#",
  "\t",
  "loop_",
  "data_x",
  "_a.b",
  "?",
  ".",
  "é",
  "😀",
  "\u2028",
];

/** A text with some of its characters changed, cut, doubled or moved; the same for the same seed and number. */
export function damaged(text: string, seed: number, number: number): string {
  const stream = new RandomStream(seed, `damage/${number}`);
  const changes = 1 + stream.integers(1, 4)[0];
  let found = text;
  const draws = stream.integers(1 + changes * 4, 2 ** 30);
  for (let change = 0; change < changes; change++) {
    const [kind, at, length, piece] = draws.slice(1 + change * 4, 5 + change * 4);
    const from = at % (found.length + 1);
    const to = Math.min(found.length, from + (length % 2 ? 1 : length % 40));
    const put = PIECES[piece % PIECES.length];
    if (kind % 4 === 0) found = found.slice(0, from) + put + found.slice(to);
    else if (kind % 4 === 1) found = found.slice(0, from) + put + found.slice(from);
    else if (kind % 4 === 2) found = found.slice(0, to) + found.slice(from);
    else found = found.slice(0, from) + found.slice(to);
  }
  return found;
}

/** What is done with each kind of text. */
export const readers: Readonly<Record<string, (text: string) => unknown>> = {
  async job(text) {
    const dictionary = await openDictionary();
    for (const job of await readJobs(text, { file: "input" })) {
      const own = job.userCcd === null ? dictionary : await openDictionary(readUserCcd(job.userCcd, "input"));
      // As many chains as a list of ids may have would only take time.
      if (job.entities.reduce((sum, { ids }) => sum + ids.length, 0) < 50) featurise(job, own, { buckets: [] });
    }
  },
  cif: (text) => parseCif(text, "input"),
  components: (text) => readUserCcd(text, "input"),
};

/** Reads a text. @returns what is wrong with how it was refused; undefined if it was read, or refused as it should be */
export async function complaint(reader: (text: string) => unknown, text: string): Promise<string | undefined> {
  try {
    await reader(text);
  } catch (error) {
    if (!(error instanceof BadInputError))
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
    if (error.message.includes("\n") || error.message.length > 1000)
      return `not one sentence: ${error.message.slice(0, 2000)}`;
  }
  return undefined;
}
