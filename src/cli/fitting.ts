/** Tables of texts that are no wider than the terminal, for verbs that have no other form of them but `--json`. */
import { type Column, fitted, outputWidth, wrapped } from "./listing.ts";

/**
 * A column: its head (`>`: numbers, on the right), how soon it is left out (the highest first, 0 never), and to how many letters its texts
 * may be shortened before that.
 */
export type Plain = readonly [head: string, rank: number, shrinks?: number];

/** @param more where everything stands that has no room */
export function fittingTable(
  columns: readonly Plain[],
  rows: readonly (readonly (string | number)[])[],
  more = "--json",
  width = outputWidth(),
): string {
  type Row = readonly (string | number)[];
  const full = columns.map(([head, rank, shrinks], at): Column<Row> => {
    const name = head.replace(/^>/, "");
    const looks = { ...(head.startsWith(">") && { right: true as const }), ...(shrinks !== undefined && { shrinks }) };
    return { key: name, head: name, rank, ...looks, value: (row) => row[at], about: "" };
  });
  const { text, left } = fitted(full, rows, width);
  if (left.length === 0) return text;
  return `${text}\n${wrapped(`(no room for ${left.join(", ")}: a wider terminal or ${more} has them)`, width, "  ", "")}`;
}
