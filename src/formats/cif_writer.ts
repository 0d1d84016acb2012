/** Writing CIF 1.1, in the layout of the wwPDB's files: values in columns, one row or loop per category, `#` between them. */
import type { CifValue } from "./cif.ts";

/** A category to be written: its items in order, all with as many values. Null is written as `?`, undefined as `.`. */
export interface CifTable {
  readonly name: string;
  readonly columns: readonly (readonly [item: string, values: readonly CifValue[]])[];
}

/** Words that begin something else; a value that is one of them is quoted. */
const RESERVED = /^(data_|save_|loop_$|stop_$|global_$)/i;
/** Nothing but these can begin a word: others open a quote, a comment, a text or a name, or are reserved. */
const PLAIN = /^[^"'#$_;[\]\s][^\s"']*$/;
/** Characters that no CIF file may have. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/** Whether a quote would end before the text does: at the same mark with a blank behind it. */
const ends = (text: string, mark: string): boolean => text.includes(`${mark} `) || text.includes(`${mark}\t`);

/** A value as it stands in a file; a text of several lines begins with a semicolon, which must be the first of its line. */
export function cifToken(value: CifValue): string {
  if (value === null) return "?";
  if (value === undefined) return ".";
  const text = value.replace(FORBIDDEN, "\ufffd").replace(/\r\n?/g, "\n");
  if (text !== "?" && text !== "." && PLAIN.test(text) && !RESERVED.test(text)) return text;
  if (!text.includes("\n")) {
    for (const mark of ['"', "'"]) if (!text.includes(mark)) return mark + text + mark;
    for (const mark of ['"', "'"]) if (!ends(text, mark)) return mark + text + mark;
  }
  // A line of it that begins with a semicolon would end it.
  return `;${text.replaceAll("\n;", "\n ;")}\n;`;
}

const isText = (token: string): boolean => token[0] === ";" && token.includes("\n");

/** Rows in a piece of text. */
const ROWS = 2048;

/** Some categories as pieces of text, so that a large file is never one string. @param block the name behind `data_` */
export function* cifText(
  block: string,
  tables: Iterable<CifTable>,
  comment: readonly string[] = [],
): Generator<string> {
  yield `${comment.map((line) => `# ${line}\n`).join("")}data_${block}\n#\n`;
  for (const table of tables) {
    const rows = table.columns[0]?.[1].length ?? 0;
    if (rows === 1) yield itemsText(table);
    else if (rows > 1) yield* loopText(table, rows);
  }
}

function itemsText({ name, columns }: CifTable): string {
  const width = Math.max(...columns.map(([item]) => item.length));
  const lines = columns.map(([item, [value]]) => {
    const token = cifToken(value);
    const full = `_${name}.${item}`;
    return isText(token) ? `${full}\n${token}\n` : `${full.padEnd(name.length + width + 2)} ${token}\n`;
  });
  return `${lines.join("")}#\n`;
}

function* loopText({ name, columns }: CifTable, rows: number): Generator<string> {
  yield `loop_\n${columns.map(([item]) => `_${name}.${item}\n`).join("")}`;
  const widths = columns.map(([, values]) => {
    let widest = 0;
    for (const value of values) {
      const token = cifToken(value);
      if (!isText(token) && token.length > widest) widest = token.length;
    }
    return widest;
  });
  for (let from = 0; from < rows; from += ROWS) {
    const lines: string[] = [];
    for (let row = from; row < Math.min(from + ROWS, rows); row++) {
      let line = "";
      columns.forEach(([, values], column) => {
        const token = cifToken(values[row]);
        // A text has lines of its own.
        line += isText(token)
          ? `${line === "" || line.endsWith("\n") ? "" : "\n"}${token}\n`
          : `${token.padEnd(widths[column])} `;
      });
      lines.push(line.endsWith("\n") ? line : `${line}\n`);
    }
    yield lines.join("");
  }
  yield "#\n";
}
