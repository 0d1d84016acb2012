/** Aligned rows of one chain (AlphaFold 3's `msa_features.py`, `msa_identifiers.py`, `data3.get_profile_features`). */
import { BadInputError } from "../../errors.ts";
import type { Row } from "../../formats/a3m.ts";
import { visible } from "../../words.ts";
import type { Chain, Complex } from "../complex.ts";
import type { PolymerKind } from "../input/job.ts";
import { NO_CLASS, type ResidueClasses } from "./classes.ts";

/** Aligned rows of a chain; the first is the chain itself. */
export interface Alignment {
  readonly columns: number;
  readonly rows: number;
  /** The class of gaps. */
  readonly gap: number;
  /** [rows, columns] */
  readonly classes: Uint8Array;
  /** Residues left out before each column, [rows, columns]. */
  readonly deletions: Int32Array;
  /** Per row, as UniProt's names of entries end with it; empty if a header has none. */
  readonly species: readonly string[];
}

/** Chains with fewer residues have no MSA and no templates. */
export const LEAST_RESIDUES = 5;

/** Whether an MSA of a chain is looked at. */
export const isAligned = ({ entity, residues }: Pick<Chain, "entity" | "residues">): boolean =>
  (entity.kind === "protein" || entity.kind === "rna") && residues.length >= LEAST_RESIDUES;

/** Whether rows of chains are paired: where there are different proteins. */
export const isPaired = ({ chains }: Complex): boolean =>
  new Set(chains.flatMap(({ entity }) => (entity.kind === "protein" ? [entity.sequence] : []))).size > 1;

/** What a header of UniProt says: database, accession, perhaps a number, and the entry's name, of which the species is the end. */
const UNIPROT = /^(?:tr|sp)\|(?:[A-Z0-9]{6,10})(?:_\d+)?\|(?:[A-Z0-9]{1,10}_)([A-Z0-9]{1,5})/;

/** The species of a row by its header; empty if it has none. */
export const uniprotSpecies = (description: string): string => UNIPROT.exec(description)?.[1] ?? "";

/** The query alone. */
export const alone = (query: Uint8Array, gap: number): Alignment => ({
  columns: query.length,
  rows: 1,
  gap,
  classes: query,
  deletions: new Int32Array(query.length),
  species: [""],
});

/** How an engine reads alignments. */
export interface AlignmentRules {
  readonly classes: ResidueClasses;
  /** The species of a row by its header; empty if it has none. */
  readonly species: (description: string) => string;
  /** Whether the first row must be the query, residue by residue; else it must be as long. */
  readonly startsWithQuery: boolean;
}

/**
 * The alignment of some rows; of none, the query alone.
 * @param kind of the chain
 * @param query classes of the chain's own residues
 * @param what its name in messages, such as `the unpaired MSA of chain A`
 * @throws {BadInputError} naming the row: if the first is not the query, if one has other columns, or a letter that none may have
 */
export function alignmentOf(
  rows: readonly Row[],
  kind: PolymerKind,
  query: Uint8Array,
  { classes: known, species, startsWithQuery }: AlignmentRules,
  what: string,
): Alignment {
  if (rows.length === 0) return alone(query, known.gap);
  const columns = query.length;
  const classes = new Uint8Array(rows.length * columns);
  const deletions = new Int32Array(rows.length * columns);
  const table = known.letters(kind);
  rows.forEach((row, index) => {
    const bad = (message: string) =>
      new BadInputError(visible(`${what}: row ${index + 1} (${row.description.slice(0, 40)}) ${message}`));
    encode(
      row,
      table,
      classes.subarray(index * columns, (index + 1) * columns),
      deletions.subarray(index * columns, (index + 1) * columns),
      bad,
    );
  });
  const strange = query.findIndex((residue, column) => residue !== classes[column]);
  if (startsWithQuery && strange >= 0) throw new BadInputError(visible(`${what}: ${differs(rows[0], strange)}`));
  return {
    columns,
    rows: rows.length,
    gap: known.gap,
    classes,
    deletions,
    species: rows.map(({ description }) => species(description)),
  };
}

function differs({ sequence }: Row, column: number): string {
  const letter = sequence.replace(/[a-z]/g, "")[column];
  const advice = /[UOBZJ]/.test(letter)
    ? `: where a sequence has ${letter}, its MSA has X`
    : ": the first row should be the sequence itself";
  return `the first row has ${letter} at column ${column + 1}, which is another residue than the sequence has${advice}`;
}

function encode(
  { sequence }: Row,
  table: Uint8Array,
  classes: Uint8Array,
  deletions: Int32Array,
  bad: (what: string) => BadInputError,
): void {
  let [column, deleted] = [0, 0];
  for (let at = 0; at < sequence.length; at++) {
    const code = sequence.charCodeAt(at);
    if (code >= 97 && code <= 122) {
      deleted++;
      continue;
    }
    const residue = table[code] ?? NO_CLASS;
    if (residue === NO_CLASS)
      throw bad(`has ${JSON.stringify(sequence[at])} at position ${at + 1}, expected letters and gaps ("-")`);
    if (column < classes.length) {
      classes[column] = residue;
      deletions[column] = deleted;
    }
    deleted = 0;
    column++;
  }
  if (column !== classes.length)
    throw bad(`has ${column} columns, expected ${classes.length}, as many as the chain has residues`);
}

/** How often each class stands in each column, [columns, classes], and the mean number of deletions before it. */
export function profileOf(
  { rows, columns, classes, deletions }: Alignment,
  count: number,
): { profile: Float64Array; deletionMean: Float64Array } {
  const profile = new Float64Array(columns * count);
  const deletionMean = new Float64Array(columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      profile[column * count + classes[row * columns + column]] += 1 / rows;
      deletionMean[column] += deletions[row * columns + column];
    }
  for (let column = 0; column < columns; column++) deletionMean[column] /= rows;
  return { profile, deletionMean };
}
