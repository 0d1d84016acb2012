/** A report as Markdown. */
import { visible } from "../../words.ts";
import { glossary } from "../core/glossary.ts";
import type { Entry, Report, ReportFigure, ReportTable } from "./document.ts";
import { tablesOf } from "./document.ts";

/** Foreign text that is text, whatever it holds: no markup, no HTML, no second line, no second cell. */
export const markdownText = (text: string): string =>
  visible(text)
    .replace(/[\\`*_[\]|~]/g, (one) => `\\${one}`)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");

const cell = ({ text, mark }: Entry): string => {
  const safe = markdownText(text);
  return mark === "software" || mark === "wrong" || mark === "differs" ? (safe === "" ? "" : `**${safe}**`) : safe;
};

function tableOf({ columns, rows }: ReportTable): string {
  const lines = [
    columns.map(({ head }) => markdownText(head)),
    columns.map(({ number }) => (number ? "---:" : "---")),
    ...rows.map((row) => row.map(cell)),
  ];
  return lines.map((line) => `| ${line.join(" | ")} |`).join("\n");
}

/** Columns of these tables with what they mean. */
export const columnsOf = (report: Report): (readonly [head: string, meaning: string])[] =>
  [...new Set(tablesOf(report).flatMap(({ columns }) => columns.map(({ head }) => head)))].flatMap((head) =>
    Object.hasOwn(glossary, head) ? [[head, glossary[head]] as const] : [],
  );

/**
 * The report as a page of Markdown.
 * @param pictureOf where a figure lies, from the page; none if it is nowhere
 */
export function markdownOf(report: Report, pictureOf: (figure: ReportFigure) => string | undefined): string {
  const blocks: string[] = [`# ${markdownText(report.title)}`];
  for (const warning of report.warnings) blocks.push(`> **${markdownText(warning)}**`);
  blocks.push(report.facts.map(([name, text]) => `* ${name}: ${markdownText(text)}`).join("\n"));
  for (const part of report.parts) {
    blocks.push(`## ${part.title}`, ...part.paragraphs);
    for (const figure of part.figures) {
      const picture = pictureOf(figure);
      if (picture !== undefined) blocks.push(`![${markdownText(figure.alt)}](${picture})`);
    }
    for (const table of part.tables) {
      if (part.tables.length > 1 || table.title !== part.title) blocks.push(`**${markdownText(table.title)}**`);
      blocks.push(tableOf(table));
    }
  }
  if (report.notes.length > 0)
    blocks.push("## What could not be read", report.notes.map((note) => `* ${markdownText(note)}`).join("\n"));
  const columns = columnsOf(report);
  if (columns.length > 0)
    blocks.push(
      "## What the columns say",
      [
        "| column | says |",
        "| --- | --- |",
        ...columns.map(([head, meaning]) => `| ${markdownText(head)} | ${meaning} |`),
      ].join("\n"),
    );
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}
