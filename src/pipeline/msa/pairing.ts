/** Which rows of chains' MSAs belong together: those of one species (AlphaFold 3's `msa_pairing.py`). */
import type { Alignment } from "./alignment.ts";

/** Rows of a species in one chain beyond these are left out. */
const MOST_PER_SPECIES = 600;
/** Paired rows. */
export const MOST_PAIRED = 8192;
/** The place of a chain that has no row of a species. */
const NONE = -1;

/** How high rows stand in their chains' MSAs together: rows that stand high have a small one. */
export type RowRank = (rows: readonly number[]) => number;

/** Rows by species, alphabetically. A chain whose only row has no species takes part with its query alone. */
function groupsOf({ rows, species }: Alignment): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  if (rows === 1 && species[0] === "") return groups;
  species.forEach((name, row) => {
    const found = groups.get(name);
    if (found) found.push(row);
    else groups.set(name, [row]);
  });
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/**
 * Rows of every chain that stand side by side; −1 where a chain has none. The queries come first, then what most chains share, in each of these
 * blocks those highest in their MSAs. Sorts are stable, which the reference's are not.
 * @param rank by which rows of a block are ordered, the least first
 */
export function pairedRows(chains: readonly Alignment[], rank: RowRank): number[][] {
  const groups = chains.map(groupsOf);
  const species = [...new Set(groups.flatMap((group) => [...group.keys()]))].filter((name) => name !== "");
  const blocks = new Map<number, number[][]>();
  for (const name of species) {
    const lists = groups.map((group) => group.get(name));
    const sharing = lists.filter((list) => list !== undefined);
    if (sharing.length < 2) continue;
    const count = Math.min(MOST_PER_SPECIES, ...sharing.map(({ length }) => length));
    const block = blocks.get(sharing.length) ?? [];
    blocks.set(sharing.length, block);
    for (let row = 0; row < count; row++) block.push(lists.map((list) => list?.[row] ?? NONE));
  }
  const paired = [chains.map(() => 0)];
  for (const count of [...blocks.keys()].sort((a, b) => b - a)) {
    const block = (blocks.get(count) ?? []).map((rows) => [rows, rank(rows)] as const);
    for (const [rows] of block.sort(([, a], [, b]) => a - b)) paired.push(rows);
    if (paired.length >= MOST_PAIRED) break;
  }
  return paired.slice(0, MOST_PAIRED);
}

/** Rows of an alignment, gaps where the place is −1. */
export function takeRows({ columns, gap, classes, deletions, species }: Alignment, rows: readonly number[]): Alignment {
  const [takenClasses, takenDeletions] = [
    new Uint8Array(rows.length * columns).fill(gap),
    new Int32Array(rows.length * columns),
  ];
  rows.forEach((row, at) => {
    if (row === NONE) return;
    takenClasses.set(classes.subarray(row * columns, (row + 1) * columns), at * columns);
    takenDeletions.set(deletions.subarray(row * columns, (row + 1) * columns), at * columns);
  });
  return {
    columns,
    rows: rows.length,
    gap,
    classes: takenClasses,
    deletions: takenDeletions,
    species: rows.map((row) => species[row] ?? ""),
  };
}

/** An alignment's rows without those that another has. */
export function withoutRowsOf(alignment: Alignment, other: Alignment): Alignment {
  const decoder = new TextDecoder("latin1");
  const key = ({ classes, columns }: Alignment, row: number): string =>
    decoder.decode(classes.subarray(row * columns, (row + 1) * columns));
  const there = new Set(Array.from({ length: other.rows }, (_, row) => key(other, row)));
  const rows = Array.from({ length: alignment.rows }, (_, row) => row).filter((row) => !there.has(key(alignment, row)));
  return rows.length === alignment.rows ? alignment : takeRows(alignment, rows);
}
