/** A report's tables as CSV. */
import { csvField } from "../core/row_text.ts";
import type { Entry, ReportTable } from "./document.ts";

/**
 * What a spreadsheet would take for a formula: text of rows may come from anywhere. A text that begins like one gets an apostrophe,
 * by which spreadsheets know it as text; numbers stay numbers.
 */
const harmless = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);

const field = ({ text, value }: Entry): string => csvField(value === undefined ? harmless(text) : value);

/** A table, its numbers without rounding in the units that its columns' names end with. */
export const csvOf = ({ columns, rows }: ReportTable): string =>
  `${[columns.map(({ name }) => csvField(harmless(name))), ...rows.map((row) => row.map(field))].map((line) => line.join(",")).join("\n")}\n`;
