/** What a ColabFold-type server answers, as MSAs of AlphaFold 3's input. */
import { BadInputError } from "../../errors.ts";
import { parseA3m, type Row } from "../../formats/a3m.ts";
import { visible } from "../../words.ts";
import { pairedBySpecies } from "../input/colabfold.ts";
import { FIRST_QUERY } from "./search.ts";

/** Files of an answer that are read, in this order. */
export const UNIREF = "uniref.a3m";
export const ENVIRONMENTAL = "bfd.mgnify30.metaeuk30.smag30.a3m";
export const PAIRED = "pair.a3m";

const withoutInsertions = (sequence: string): string => sequence.replace(/[a-z]+/g, "");

/**
 * The rows of each query, from a file in which NUL ends those of one.
 * @param server its name, for messages
 * @throws {BadInputError} if a query has none, or a row that is no alignment of it
 */
function rowsOf(bytes: Uint8Array, name: string, sequences: readonly string[], server: string): Row[][] {
  const bad = (what: string) =>
    new BadInputError(visible(`${server} gives an answer that is not right: ${name} ${what}`));
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw bad("is no text");
  }
  const found: Row[][] = sequences.map(() => []);
  for (const block of text.split("\0")) {
    const rows = parseA3m(block);
    if (rows.length === 0) continue;
    const query = rows[0].description.trim();
    const at = /^\d{1,9}$/.test(query) ? Number(query) - FIRST_QUERY : -1;
    const sequence = sequences[at];
    if (sequence === undefined) throw bad(`has rows of ${JSON.stringify(query.slice(0, 40))}, which was not asked for`);
    if (rows[0].sequence !== sequence) throw bad(`has another sequence as query ${query} than was sent`);
    for (const [index, row] of rows.entries()) {
      const strange = row.sequence.search(/[^A-Za-z-]/);
      if (strange >= 0) throw bad(`has ${JSON.stringify(row.sequence[strange])} in row ${index + 1} of query ${query}`);
      const columns = withoutInsertions(row.sequence).length;
      if (columns !== sequence.length)
        throw bad(`has ${columns} columns in row ${index + 1} of query ${query}, expected ${sequence.length}`);
    }
    found[at].push(...rows);
  }
  const lost = found.findIndex((rows) => rows.length === 0);
  if (lost >= 0) throw bad(`has no rows of query ${FIRST_QUERY + lost}`);
  return found;
}

function file(files: ReadonlyMap<string, Uint8Array>, name: string, server: string): Uint8Array {
  const found = files.get(name);
  if (!found) throw new BadInputError(`${server} gives an answer that is not right: it has no ${name}`);
  return found;
}

const textOf = (rows: readonly Row[]): string =>
  rows.map(({ description, sequence }) => `>${description}\n${sequence}\n`).join("");

const asQuery = ({ sequence }: Row): Row => ({ description: "query", sequence });

/** Rows without those whose columns are an earlier one's, as AlphaFold 3's own pipeline joins what it finds in several databases. */
function withoutRepeats(rows: readonly Row[]): Row[] {
  const seen = new Set<string>();
  return rows.filter(({ sequence }) => {
    const columns = withoutInsertions(sequence);
    return seen.size < seen.add(columns).size;
  });
}

/**
 * The a3m of each sequence: the query, then what was found, in every database.
 * @throws {BadInputError} if the answer is not one to these sequences
 */
export function unpairedOf(
  files: ReadonlyMap<string, Uint8Array>,
  sequences: readonly string[],
  environmental: boolean,
  server: string,
): string[] {
  const parts = [UNIREF, ...(environmental ? [ENVIRONMENTAL] : [])].map((name) =>
    rowsOf(file(files, name, server), name, sequences, server),
  );
  return sequences.map((_, at) => {
    const [query, ...rows] = parts.flatMap((part) => part[at]);
    return textOf(withoutRepeats([asQuery(query), ...rows]));
  });
}

/**
 * The paired a3m of each sequence. Rows of one place belong together: each place becomes a species of its own ({@link pairedBySpecies}).
 * @throws {BadInputError} if the answer is not one to these sequences
 */
export function pairedOf(
  files: ReadonlyMap<string, Uint8Array>,
  sequences: readonly string[],
  server: string,
): string[] {
  const all = rowsOf(file(files, PAIRED, server), PAIRED, sequences, server);
  const other = all.findIndex((rows) => rows.length !== all[0].length);
  if (other >= 0)
    throw new BadInputError(
      `${server} gives an answer that is not right: ${PAIRED} has ${all[0].length} rows of query ${FIRST_QUERY} and ${all[other].length} of query ${FIRST_QUERY + other}, which cannot be paired`,
    );
  return all.map(([query, ...rows]) => textOf(pairedBySpecies([asQuery(query), ...rows])));
}
