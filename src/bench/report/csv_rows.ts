/** Rows of `summary.csv` back from their text, for folders of which nothing else was kept. */
import { rowFields } from "../core/row.ts";

/** Lines of CSV (RFC 4180) as fields; a quoted one may hold line breaks. @param content the file */
export function csvLines(content: string): string[][] {
  const lines: string[][] = [];
  let fields: string[] = [];
  for (const [, quoted, plain, end] of content.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    fields.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    if (fields.length > 1 || fields[0] !== "") lines.push(fields);
    fields = [];
  }
  return lines;
}

/** What a row's fields may have been before they became text, likeliest first. */
const readings: readonly ((text: string) => unknown)[] = [
  (text) => (text === "" ? null : undefined),
  (text) => (text === "" ? undefined : Number(text)),
  (text) => ({ true: true, false: false })[text],
  (text) => (text === "" ? [] : text.split(" ").map(Number)),
  (text) => Object.fromEntries(text.split(" ").flatMap((pair) => (pair.includes("=") ? [pair.split("=", 2)] : []))),
  (text) => text,
];

/** A row as JSON would hold it, from the first line of the file and a line of it. */
export function csvRow(head: readonly string[], line: readonly string[]): Record<string, unknown> {
  const row: Record<string, unknown> = { sections: [] };
  for (const [at, name] of head.entries()) {
    const text = line[at];
    const kind = Object.hasOwn(rowFields, name) ? rowFields[name as keyof typeof rowFields].kind : undefined;
    if (text === undefined || kind === undefined) continue;
    row[name] = readings.map((read) => read(text)).find((value) => value !== undefined && kind.holds(value)) ?? text;
    if (text === "" && kind.holds(null)) row[name] = null;
  }
  return row;
}
