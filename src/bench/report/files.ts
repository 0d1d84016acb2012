/** A report's files: what each holds, and a folder of them. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { BadInputError, UnavailableError } from "../../errors.ts";
import { reasonOf } from "../../platform/node/reasons.ts";
import { writeWhole } from "../../platform/node/written_files.ts";
import { csvOf } from "./csv.ts";
import { figuresOf, type Report, tablesOf } from "./document.ts";
import { asFile } from "./figures/svg.ts";
import { htmlOf } from "./html.ts";
import { markdownOf } from "./markdown.ts";
import { painter, RESVG } from "./png.ts";

export const formats = ["html", "md", "csv", "svg", "png"] as const;
export type Format = (typeof formats)[number];

/** Names a report, by which a folder is known as one. */
const INDEX = "report.json";
const SCHEMA = "af3-gpu-report/1";

/** What `--json` prints and report.json holds: every table with its numbers. */
export const dataOf = (report: Report) => ({
  schema: SCHEMA,
  title: report.title,
  warnings: report.warnings,
  facts: Object.fromEntries(report.facts),
  notes: report.notes,
  tables: Object.fromEntries(
    tablesOf(report).map(({ name, columns, rows }) => [
      name,
      rows.map((row) =>
        Object.fromEntries(row.map(({ text, value }, at) => [columns[at].name, value === undefined ? text : value])),
      ),
    ]),
  ),
});

/** Files by their path in the folder. Figures have the page's own form there, which follows light and dark. */
export async function filesOf(
  report: Report,
  wanted: readonly Format[],
): Promise<{ readonly files: Map<string, string | Uint8Array>; readonly missing: string | undefined }> {
  const files = new Map<string, string | Uint8Array>();
  let missing: string | undefined;
  if (wanted.includes("html")) files.set("report.html", htmlOf(report));
  if (wanted.includes("csv")) for (const table of tablesOf(report)) files.set(`tables/${table.name}.csv`, csvOf(table));
  if (wanted.includes("svg"))
    for (const { name, title, draw } of figuresOf(report))
      files.set(`figures/${name}.svg`, asFile(draw("wide", title)));
  if (wanted.includes("png")) {
    const paint = await painter();
    if (typeof paint === "function")
      for (const { name, title, draw } of figuresOf(report))
        files.set(`figures/${name}.png`, paint(draw("wide", title)));
    else missing = paint.missing;
  }
  if (wanted.includes("md")) {
    const picture = (name: string): string | undefined =>
      [`figures/${name}.svg`, `figures/${name}.png`].find((file) => files.has(file));
    files.set(
      "report.md",
      markdownOf(report, ({ name }) => picture(name)),
    );
  }
  return { files, missing };
}

/**
 * Writes a report into a folder that is empty, not there, or holds an earlier one, which it takes the place of.
 * @param wanted null: all formats that can be made here
 * @returns the names of the files, and why there are no PNG files if nobody insisted on them
 * @throws {BadInputError} if the folder holds something else, or cannot be written
 * @throws {UnavailableError} if PNG was asked for and cannot be made here
 */
export async function writeReport(
  report: Report,
  folder: string,
  wanted: readonly Format[] | null,
): Promise<{ readonly names: readonly string[]; readonly missing: string | undefined }> {
  const before = earlierFiles(folder);
  const { files, missing } = await filesOf(report, wanted ?? formats);
  if (missing !== undefined && wanted !== null)
    throw new UnavailableError(missing, `npm install ${RESVG}, or leave png out of --format`);
  const names = [...files.keys()];
  for (const name of before) if (!files.has(name)) rmSync(path.join(folder, name), { force: true });
  for (const [name, content] of files) await writeWhole(path.join(folder, name), content);
  await writeWhole(path.join(folder, INDEX), `${JSON.stringify({ ...dataOf(report), files: names }, null, 1)}\n`);
  return { names: [...names, INDEX], missing };
}

const OURS = /^(?:report\.(?:html|md)|(?:figures|tables)\/[\w-]+\.(?:svg|png|csv))$/;

/** What an earlier report has left. @throws {BadInputError} if something else is there */
function earlierFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    throw new BadInputError(`cannot write a report to ${folder}: ${reasonOf(error)}`);
  }
  if (names.length === 0) return [];
  try {
    const { schema, files } = JSON.parse(readFileSync(path.join(folder, INDEX), "utf8"));
    if (schema === SCHEMA && Array.isArray(files)) return files.filter((name) => OURS.test(name));
  } catch {
    // Said below.
  }
  throw new BadInputError(
    `${folder} holds something else than a report: --out names a folder that is new, empty or an earlier report's`,
  );
}
