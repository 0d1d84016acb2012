/** `af3-gpu compare`: whether one result is faster than another. */
import { realpathSync } from "node:fs";
import path from "node:path";
import { Command } from "commander";
import { type Comparison, compareRuns, type Measured, meanRatio } from "../bench/core/compare.ts";
import { glossary } from "../bench/core/glossary.ts";
import { type Clock, measuredIn } from "../bench/result_files.ts";
import { enumerated } from "../engines/core/names.ts";
import { BadInputError } from "../errors.ts";
import {
  type Column,
  columnsText,
  csv,
  type Format,
  formats,
  listing,
  markdown,
  outputWidth,
  wrapped,
} from "./listing.ts";
import * as option from "./options.ts";
import { milliseconds, noteOnce, print, remark } from "./output.ts";

interface CompareOptions {
  readonly threshold: number;
  readonly clock: Clock;
  readonly crossDevice?: boolean;
  readonly failOn?: "slower";
  readonly markdown?: boolean;
  readonly format?: Format;
  readonly json?: boolean;
}

const EXAMPLE = `
Each is a result folder of bench or kernels, or a folder of several. Several runs of each, made in turns (A, B, A, B, …; eight of each or
more), are compared pair by pair, and what slows the machine slows both; runs that were not need a calm machine and a large difference.
The ratio is the second's time over the first's: above 1, the second is slower. FASTER and SLOWER: its 99 % interval holds no 1, and it
passes the threshold; 1 row in 200 does either by chance. SAME: its 95 % interval lies within the threshold. UNSURE: neither can be told.
Examples:
  af3-gpu compare results/2026-01-02T03-04-05-678Z results/2026-01-03T03-04-05-678Z
  af3-gpu compare before after --fail-on slower --threshold 5%    folders with several runs of each`;

export const compareCommand = (): Command =>
  new Command("compare")
    .description("say which rows of two results are faster, slower or the same, and how sure that is")
    .argument("<first>", "a result folder, or a folder of them", option.place("<first>"))
    .argument("<second>", "what is compared with it", option.place("<second>"))
    .option("--threshold <share>", "a smaller change is none", option.share("--threshold"), 0.03)
    .option(
      "--clock <name>",
      "which time of bench: elapsed (with upload and read-back), exec or gpu",
      option.oneOf("--clock", ["elapsed", "exec", "gpu"] as const),
      "elapsed",
    )
    .option("--cross-device", "compare different devices, too")
    .option(
      "--fail-on <change>",
      "slower: exit with 1 if a row is, or has lost its time",
      option.oneOf("--fail-on", ["slower"] as const),
    )
    .option("--format <name>", "table, md, csv or json", option.oneOf("--format", formats))
    .option("--markdown", "short for --format md")
    .option("--json", "short for --format json")
    .addHelpText("after", () => `\nColumns:\n${columnsText(columns)}\n${EXAMPLE}`)
    .action(async (first: string, second: string, options: CompareOptions) => {
      if ([options.json, options.markdown, options.format].filter(Boolean).length > 1)
        throw new BadInputError("--json, --markdown or --format: one of them");
      refuseOneInOther(first, second);
      const note = noteOnce();
      const [a, b] = [await measuredIn(first, options.clock, note), await measuredIn(second, options.clock, note)];
      const compared = reportComparison(a, b, [first, second], options);
      const lost = a.some(
        (one) => one.samples.length > 0 && !b.some(({ name, samples }) => name === one.name && samples.length > 0),
      );
      if (options.failOn && (lost || compared.some(({ change }) => change === "SLOWER"))) process.exitCode = 1;
    });

/** Where a path leads, links followed; of one that leads nowhere, the reading says so. */
function realOf(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return path.resolve(folder);
  }
}

/** @throws {BadInputError} if a run would be compared with itself */
function refuseOneInOther(first: string, second: string): void {
  const [a, b] = [first, second].map((one) => path.join(realOf(one), path.sep));
  if (a.startsWith(b) || b.startsWith(a))
    throw new BadInputError(
      `${first} and ${second} are ${a === b ? "the same" : "one in the other"}: a run is not compared with itself`,
    );
}

/**
 * Compares, and prints what came of it.
 * @param names of both, for people
 * @throws {BadInputError} if they have nothing in common, or ran on different devices
 */
export function reportComparison(
  a: readonly Measured[],
  b: readonly Measured[],
  names: readonly [string, string],
  options: Partial<CompareOptions>,
): Comparison[] {
  const compared = compareRuns(a, b, options.threshold);
  if (compared.length === 0)
    throw new BadInputError(
      `${names[0]} and ${names[1]} have no row in common: ${enumerated(sample(a), "and")} there, ${enumerated(sample(b), "and")} here`,
    );
  if (!options.crossDevice) refuseOtherDevices(a, b, compared);
  const format = options.json ? "json" : options.markdown ? "md" : (options.format ?? "table");
  if (format === "json") print(JSON.stringify({ ratio: meanRatio(compared), rows: compared }, null, 2));
  else if (format === "csv") print(csv(columns, compared));
  else print(format === "md" ? markdownText(compared) : report(compared));
  for (const [side, other, name] of [
    [a, b, names[0]],
    [b, a, names[1]],
  ] as const) {
    const alone = new Set(side.map((one) => one.name).filter((one) => !other.some((theirs) => theirs.name === one)));
    if (alone.size > 0) remark(`only in ${name}: ${[...alone].join("; ")}`);
  }
  return compared;
}

const sample = (side: readonly Measured[]): string[] => [...new Set(side.map(({ name }) => name))].slice(0, 3);

function refuseOtherDevices(a: readonly Measured[], b: readonly Measured[], compared: readonly Comparison[]): void {
  for (const { name } of compared) {
    const devices = [
      ...new Set([...a, ...b].flatMap((one) => (one.name === name && one.device !== "" ? [one.device] : []))),
    ];
    if (devices.length > 1)
      throw new BadInputError(
        `${name} ran on ${enumerated(devices, "and")}: af3-gpu compare --cross-device compares them all the same`,
      );
  }
}

const maybe = (value: number | null, text: (value: number) => string): string => (value === null ? "" : text(value));

const columns: readonly Column<Comparison>[] = [
  { key: "row", head: "row", rank: 0, shrinks: 36, value: ({ name }) => name, about: glossary.row },
  {
    key: "first_ms",
    head: "first ms",
    right: true,
    rank: 2,
    value: ({ first }) => first,
    text: ({ first }) => maybe(first, milliseconds),
    about: glossary.first,
  },
  {
    key: "second_ms",
    head: "second ms",
    right: true,
    rank: 2,
    value: ({ second }) => second,
    text: ({ second }) => maybe(second, milliseconds),
    about: glossary.second,
  },
  {
    key: "ratio",
    head: "ratio",
    right: true,
    rank: 0,
    value: ({ ratio }) => ratio,
    text: ({ ratio }) => maybe(ratio, (value) => value.toFixed(3)),
    about: glossary.ratio,
  },
  {
    key: "interval",
    head: "95 %",
    right: true,
    rank: 1,
    value: ({ interval }) => (interval ? `${interval.low} ${interval.high}` : null),
    text: ({ interval }) => (interval ? `${interval.low.toFixed(3)}–${interval.high.toFixed(3)}` : ""),
    about: glossary["95 %"],
  },
  {
    key: "turns",
    head: "turns",
    right: true,
    rank: 3,
    value: ({ turns }) => turns,
    text: ({ turns }) => (turns > 0 ? String(turns) : ""),
    about: glossary.turns,
  },
  { key: "change", head: "change", rank: 0, value: ({ change }) => change, about: glossary.change },
];

const meanText = (compared: readonly Comparison[]): string => {
  const ratio = meanRatio(compared);
  const count = compared.filter((one) => one.ratio !== null).length;
  return ratio === null
    ? "no ratios"
    : `geometric mean of ${count} ${count === 1 ? "ratio" : "ratios"}: ${ratio.toFixed(3)}; above 1, the second is slower`;
};

/** Why rows are unsure, a line each. */
const reasons = (compared: readonly Comparison[]): string[] =>
  compared.flatMap(({ name, change, reason }) => (reason === null ? [] : [`${name}: ${change}, ${reason}`]));

function report(compared: readonly Comparison[]): string {
  const width = outputWidth();
  const notes = [...reasons(compared), meanText(compared)].map((note) => wrapped(note, width, "  ", ""));
  return [listing(columns, compared, "table", width), "", ...notes].join("\n");
}

const markdownText = (compared: readonly Comparison[]): string =>
  [markdown(columns, compared), "", ...[...reasons(compared), meanText(compared)].map((note) => `* ${note}`)].join(
    "\n",
  );
