/** MSAs of several chains in one a3m, as ColabFold writes them. */
import { BadInputError } from "../../errors.ts";
import { parseA3m, type Row } from "../../formats/a3m.ts";
import { visible } from "../../words.ts";
import { chainId, type Polymer } from "./job.ts";

/** `#lengths<tab>copies`: with commas, a number for every different chain. */
const HEADER = /^#(\d+(?:,\d+)*)\t(\d+(?:,\d+)*)[ \t]*\r?(?:\n|$)/;
/** More residues than any complex has. */
const MOST_RESIDUES = 100_000;
const MOST_COPIES = 10_000;

/** Whether a text begins as such a file does. */
export const isColabFold = (text: string): boolean => HEADER.test(text);

/**
 * Splits the MSAs to chains. Rows before the first query of a single chain (`>101`) are paired; those behind it are that chain's own.
 *
 * Paired rows belong together by their place ({@link pairedBySpecies}). Nothing is paired where there is one different chain only.
 * @throws {BadInputError} with the row of what is wrong
 */
export function readColabFold(text: string, file: string): Polymer[] {
  const bad = (what: string): BadInputError => new BadInputError(visible(`${file} ${what}`));
  const [, lengthList, countList] = HEADER.exec(text) ?? [];
  if (lengthList === undefined) throw bad('should begin with a line such as "#120,80<tab>1,1"');
  const [lengths, counts] = [lengthList, countList].map((list) => list.split(",").map(Number));
  if (lengths.length !== counts.length)
    throw bad(`names ${lengths.length} lengths and ${counts.length} counts in its first line: they should be as many`);
  const columns = lengths.reduce((sum, length) => sum + length, 0);
  if (lengths.includes(0) || columns > MOST_RESIDUES || counts.some((count) => count < 1 || count > MOST_COPIES))
    throw bad("has a first line whose lengths or counts no complex has");
  const rows = parseA3m(text);
  if (rows.length === 0) throw bad("has no rows");
  const chains = lengths.map(() => ({ sequence: "", paired: [] as Row[], unpaired: [] as Row[] }));
  let of: number | undefined = lengths.length === 1 ? 0 : undefined;
  rows.forEach(({ description, sequence }, index) => {
    const parts = split(sequence, lengths);
    if (!parts) throw bad(`has ${counted(sequence)} columns in row ${index + 1}, expected ${columns}`);
    const names = description.split("\t").map((name) => name.trim());
    const query = lengths.length > 1 && names.length === 1 ? queryOf(names[0], lengths.length) : undefined;
    of = query ?? of;
    if (of !== undefined) chains[of].unpaired.push({ description, sequence: parts[of] });
    else
      parts.forEach((part, chain) => {
        chains[chain].paired.push({ description: names[chain] ?? "", sequence: part });
      });
    const own = of === undefined ? chains.map((_, chain) => chain) : [of];
    for (const chain of own) chains[chain].sequence ||= parts[chain].replace(/[a-z]/g, "");
  });
  let next = 0;
  return chains.map(({ sequence, paired, unpaired }, chain) => {
    const strange = sequence.search(/[^A-Z]/);
    if (sequence === "" || strange >= 0)
      throw bad(`has no whole query for chain ${chain + 1} (its name should be ${FIRST + chain})`);
    return {
      kind: "protein",
      ids: Array.from({ length: counts[chain] }, () => chainId(next++)),
      sequence,
      modifications: [],
      unpairedMsa: textOf(unpaired),
      pairedMsa: lengths.length > 1 ? textOf(pairedBySpecies(paired)) : "",
      templates: [],
    };
  });
}

/** ColabFold numbers chains from here. */
const FIRST = 101;

function queryOf(name: string, chains: number): number | undefined {
  const chain = /^\d{3,}$/.test(name) ? Number(name) - FIRST : -1;
  return chain >= 0 && chain < chains ? chain : undefined;
}

const counted = (sequence: string): number => sequence.replace(/[a-z]/g, "").length;

/**
 * A row's columns by chain; insertions between two go with the later one if the column before them is a gap. Undefined if there are too few columns
 * or too many.
 */
function split(sequence: string, lengths: readonly number[]): string[] | undefined {
  const parts: string[] = [];
  let from = 0;
  for (const [chain, length] of lengths.entries()) {
    let [at, columns] = [from, 0];
    const last = chain === lengths.length - 1;
    for (; at < sequence.length; at++) {
      const inserted = sequence[at] >= "a" && sequence[at] <= "z";
      if (columns === length && (!inserted || (!last && sequence[at - 1] === "-"))) break;
      if (!inserted) columns++;
    }
    if (columns !== length || (last && at < sequence.length)) return undefined;
    parts.push(sequence.slice(from, at));
    from = at;
  }
  return parts;
}

/**
 * Rows that are paired by their places, in a form that pairing by species finds again: each has a species of its own, under a header as UniProt
 * writes it. The query has none: it is in front of all pairs as it is. A chain takes no part in a pair where its row is gaps alone.
 */
export const pairedBySpecies = (rows: readonly Row[]): Row[] =>
  rows.flatMap(({ description, sequence }, index) => {
    if (index === 0) return [{ description, sequence }];
    if (/^-*$/.test(sequence)) return [];
    const species = index.toString(36).toUpperCase().padStart(5, "0");
    return [{ description: `tr|A0A000|ROW_${species} ${description}`, sequence }];
  });

const textOf = (rows: readonly Row[]): string =>
  rows.map(({ description, sequence }) => `>${description}\n${sequence}\n`).join("");
