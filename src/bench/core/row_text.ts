/** Rows as text: a JSON object per line, and CSV. */
import { BadInputError } from "../../errors.ts";
import { givenContent, givenParts, givenText } from "../../formats/given.ts";
import { type BenchRow, csvColumns, readRow } from "./row.ts";

/** @throws {BadInputError} unless it is a row; its numbers are left alone, for a row that fails must be written too */
const givenRow = (row: unknown): void =>
  givenParts("the row", "a row of results", row, { schema: "string", engine: "string", backend: "string" });

/** A line of `<engine>.jsonl`. @throws {BadInputError} unless it is a row */
export function jsonLine(row: BenchRow): string {
  givenRow(row);
  return `${JSON.stringify(row)}\n`;
}

/**
 * Reads rows, a JSON object per line. A last line that a killed process did not finish is left out.
 * @param where names the file in complaints
 * @throws {BadInputError} that names the line
 */
export const readRows = (content: string, where: string): BenchRow[] => readLines(content, where, readRow);

/** Reads rows of any kind, a JSON object per line. @param read reads one of what JSON held @throws {BadInputError} that names the line */
export function readLines<Row>(content: string, where: string, read: (value: unknown, where: string) => Row): Row[] {
  givenContent("the content", content);
  givenText("the place", "a text that names the file in complaints", where);
  const lines = content.split("\n");
  lines.pop(); // what is behind the last line break: nothing, or the beginning of a row
  return lines.map((line, index) => {
    const at = `${where}, line ${index + 1},`;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      throw new BadInputError(`${at} is no JSON`);
    }
    return read(value, at);
  });
}

/** The first line of `summary.csv`. */
export const csvHeader = `${csvColumns.join(",")}\n`;

/** A row as a line of `summary.csv`. @throws {BadInputError} unless it is a row */
export function csvLine(row: BenchRow): string {
  givenRow(row);
  return csvLineOf(csvColumns, row);
}

/** A row of any kind as a line of CSV. */
export const csvLineOf = <Row>(columns: readonly (keyof Row)[], row: Row): string =>
  `${columns.map((column) => csvField(row[column])).join(",")}\n`;

/** A field of a CSV line, quoted as RFC 4180 asks. */
export function csvField(value: unknown): string {
  const text =
    value === null || value === undefined
      ? ""
      : Array.isArray(value)
        ? value.join(" ")
        : typeof value === "object"
          ? pairs(value)
          : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** `threads=2 tf32=off` */
const pairs = (object: object): string =>
  Object.entries(object)
    .map(([key, value]) => `${key}=${value}`)
    .join(" ");
