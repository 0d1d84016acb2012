/** `af3-gpu report`: pages, tables and figures from results. */
import path from "node:path";
import { Command } from "commander";
import { dataOf, type Format, formats, writeReport } from "../bench/report/files.ts";
import { gather } from "../bench/report/gather.ts";
import { reportOf } from "../bench/report/report.ts";
import { BadInputError } from "../errors.ts";
import { counted } from "../words.ts";
import * as option from "./options.ts";
import { print, remark } from "./output.ts";

interface ReportOptions {
  readonly out?: string;
  readonly format?: readonly Format[];
  readonly title?: string;
  readonly json?: boolean;
}

const EXAMPLE = `
Each is a result folder of bench or kernels, or a folder that holds some: of several runs, a sweep, a day on a GPU machine. All formats
are written unless --format names some: report.html (one page that needs nothing else), report.md, tables/*.csv, figures/*.svg and
*.png (PNG needs the package @resvg/resvg-js, which a clone has). Of several folders, each is compared with the first, too.
What cannot be read is left out, and said with file and line.
Examples:
  af3-gpu report results/2026-01-02T03-04-05-678Z       into the folder report inside of it
  af3-gpu report results --out page --format html,md
  af3-gpu report before after --out changes             two results beside each other`;

const formatList = (text: string): readonly Format[] => {
  const list = text.split(",").map((one) => option.oneOf("--format", formats)(one.trim()));
  return [...new Set(list)];
};

export const reportCommand = (): Command =>
  new Command("report")
    .description("make a page, tables and figures of results")
    .argument("<folders...>", "result folders, or folders of them")
    .option("--out <folder>", "where to; unless given, report in the first folder", option.place("--out"))
    .option("--format <list>", `some of ${formats.join(", ")}`, formatList)
    .option("--title <text>", "the page's title")
    .option("--json", "print the tables as JSON, and write nothing unless --out says where")
    .addHelpText("after", EXAMPLE)
    .action(async (folders: readonly string[], options: ReportOptions) => {
      for (const folder of folders) option.place("<folders>")(folder);
      if (options.json && options.format && options.out === undefined)
        throw new BadInputError("--json prints the tables and writes nothing: --format needs --out beside it");
      const report = reportOf(await gather(folders), options.title);
      for (const note of report.notes) remark(`note: ${note}`);
      if (options.json) print(JSON.stringify(dataOf(report), null, 2));
      if (options.json && options.out === undefined) return;
      const out = options.out ?? path.join(folders[0], "report");
      const { names, missing } = await writeReport(report, out, options.format ?? null);
      if (missing !== undefined) remark(`note: ${missing}`);
      const page = names.find((name) => /\.(html|md)$/.test(name)) ?? names[0];
      const text = `${path.join(out, page)} (${counted(names.length, "file")})`;
      if (options.json) remark(text);
      else print(text);
    });
