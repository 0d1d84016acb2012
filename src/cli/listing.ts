/** Tables of rows in every form that a verb prints: for a terminal of some width, as Markdown, as CSV; and what their columns mean. */
import { csvField } from "../bench/core/row_text.ts";
import { shortened, visible } from "../words.ts";
import { table } from "./output.ts";

/** A column: its one home for name, value, looks and meaning. */
export interface Column<Row> {
  /** In CSV and JSON. */
  readonly key: string;
  /** For people. */
  readonly head: string;
  /** Numbers stand on the right. */
  readonly right?: true;
  /** Where the width does not do, the highest go first; those of 0 stay. */
  readonly rank: number;
  /** Its text may be shortened: to so many letters before a column is left out for it. */
  readonly shrinks?: number;
  readonly value: (row: Row) => string | number | null;
  /** For people; the value if there is no other text. */
  readonly text?: (row: Row) => string;
  /** What it says, in half a sentence. */
  readonly about: string;
}

export const formats = ["table", "md", "csv", "json"] as const;
export type Format = (typeof formats)[number];

/** How many letters a line may have: the terminal's, or what COLUMNS says, or 80. */
export function outputWidth(): number {
  const told = process.stdout.isTTY ? process.stdout.columns : Number(process.env.COLUMNS);
  return Number.isInteger(told) && told > 0 ? told : 80;
}

/** Between two columns. */
const GAP = 2;
/** What may be shortened is shortened to this at last. */
const SHORTEST = 8;

const cellText = <Row>({ value, text }: Column<Row>, row: Row): string =>
  visible(text ? text(row) : String(value(row) ?? ""));

const lengthOf = (text: string): number => [...text].length;

/** Columns with their texts, as far as they have any. */
interface Shown<Row> {
  readonly column: Column<Row>;
  readonly texts: readonly string[];
  readonly width: number;
}

const widthOf = <Row>(shown: readonly Shown<Row>[]): number =>
  shown.reduce((sum, { width }) => sum + width, 0) + GAP * Math.max(0, shown.length - 1);

/** Takes letters from the widest of the columns that may give some. @param least what is left; else as much as each says */
function shrunk<Row>(shown: readonly Shown<Row>[], most: number, least?: number): Shown<Row>[] {
  const widths = shown.map(({ width }) => width);
  const mayGive = (at: number): boolean => {
    const { shrinks } = shown[at].column;
    return shrinks !== undefined && widths[at] > (least ?? shrinks);
  };
  let over = widthOf(shown) - most;
  while (over > 0) {
    const giving = widths.map((_, at) => at).filter(mayGive);
    if (giving.length === 0) break;
    widths[giving.reduce((widest, at) => (widths[at] > widths[widest] ? at : widest))]--;
    over--;
  }
  return shown.map((one, at) => ({ ...one, width: widths[at] }));
}

/**
 * A table that is no wider than the terminal. Where it would be, names are shortened, columns are left out by rank, and if that does not
 * do, each row stands on lines of its own.
 * @returns the text, and the columns that it lacks
 */
export function fitted<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
): { readonly text: string; readonly left: readonly string[] } {
  const all: Shown<Row>[] = columns.map((column) => {
    const texts = rows.map((row) => cellText(column, row));
    return { column, texts, width: Math.max(lengthOf(column.head), ...texts.map(lengthOf)) };
  });
  // A column without a single value says nothing.
  let shown = all.filter(({ column, texts }) => column.rank === 0 || texts.some((text) => text !== ""));
  const told = shown.map(({ column }) => column.head);
  while (widthOf(shrunk(shown, width)) > width) {
    const most = Math.max(...shown.map(({ column }) => column.rank));
    if (most === 0) break;
    const at = shown.findLastIndex(({ column }) => column.rank === most);
    shown = shown.filter((_, index) => index !== at);
  }
  const kept = shown;
  shown = shrunk(shown, width);
  if (widthOf(shown) > width) shown = shrunk(shown, width, SHORTEST);
  const left = told.filter((head) => !kept.some(({ column }) => column.head === head));
  return { text: widthOf(shown) > width ? stacked(kept, rows.length, width) : lined(shown, rows.length), left };
}

function lined<Row>(shown: readonly Shown<Row>[], rows: number): string {
  const head = shown.map(({ column, width }) => `${column.right ? ">" : ""}${shortened(column.head, width)}`);
  const cells = Array.from({ length: rows }, (_, row) => shown.map(({ texts, width }) => shortened(texts[row], width)));
  return table(head, cells);
}

/** Rows one below the other: what has no number behind each other, then the numbers with their names. */
function stacked<Row>(shown: readonly Shown<Row>[], rows: number, width: number): string {
  return Array.from({ length: rows }, (_, row) => {
    const filled = shown.filter(({ texts }) => texts[row] !== "");
    const names = filled.filter(({ column }) => !column.right).map(({ texts }) => texts[row]);
    const numbers = filled
      .filter(({ column }) => column.right)
      .map(({ column, texts }) => `${column.head} ${texts[row]}`);
    return [wrapped(names.join(" "), width), wrapped(numbers.join(", "), width, "  ")].filter(Boolean).join("\n");
  }).join("\n");
}

/** Words in lines that are no longer than the width, unless a word is; lines behind the first begin with the indent, too. */
export function wrapped(text: string, width: number, indent = "", first = indent): string {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(" ").filter((one) => one !== "")) {
    if (!empty && lengthOf(line) + 1 + lengthOf(word) > width) {
      lines.push(line);
      [line, empty] = [indent, true];
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return empty ? "" : [...lines, line].join("\n");
}

/** The whole table as Markdown. */
export function markdown<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [
    line(columns.map(({ head }) => head)),
    line(columns.map(({ right }) => (right ? "---:" : "---"))),
    ...rows.map((row) => line(columns.map((column) => cellText(column, row)))),
  ].join("\n");
}

/** The whole table as CSV (RFC 4180), with values as they are. */
export const csv = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string =>
  [
    columns.map(({ key }) => key).join(","),
    ...rows.map((row) => columns.map(({ value }) => csvField(value(row))).join(",")),
  ].join("\n");

/** The table in a format that is no JSON, with a line for what it lacks. */
export function listing<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  format: Exclude<Format, "json">,
  width = outputWidth(),
): string {
  if (format === "md") return markdown(columns, rows);
  if (format === "csv") return csv(columns, rows);
  const { text, left } = fitted(columns, rows, width);
  if (left.length === 0) return text;
  return `${text}\n${wrapped(`(no room for ${left.join(", ")}: a wider terminal or --format md has them)`, width, "  ", "")}`;
}

/** What the columns mean, for help. */
export function columnsText<Row>(columns: readonly Column<Row>[], width = 80): string {
  const widest = Math.max(...columns.map(({ head }) => lengthOf(head)));
  return columns
    .map(({ head, about }) => wrapped(about, width, " ".repeat(widest + 4), `  ${head.padEnd(widest)}  `))
    .join("\n");
}
