/** `af3-gpu compare`: whether one result is faster than another. */
import { Command } from "commander";
import { type Comparison, compareRuns, type Measured, meanRatio } from "../bench/core/compare.ts";
import { type Clock, measuredIn } from "../bench/result_files.ts";
import { enumerated } from "../engines/core/names.ts";
import { BadInputError } from "../errors.ts";
import * as option from "./options.ts";
import { milliseconds, print, remark, table } from "./output.ts";

interface CompareOptions {
  readonly threshold: number;
  readonly clock: Clock;
  readonly crossDevice?: boolean;
  readonly failOn?: "slower";
  readonly markdown?: boolean;
  readonly json?: boolean;
}

const EXAMPLE = `
Each is a result folder of bench or kernels, or a folder of several. Several runs of each, made in turns (A, B, A, B, …; five of each or
more), are compared turn by turn, and what slows the machine slows both; runs that were not need a calm machine and a large difference.
FASTER and SLOWER: the 95 % interval of the ratio holds no 1, and the ratio passes the threshold. SAME: the interval lies within it.
UNSURE: neither can be told.
Examples:
  af3-gpu compare results/2026-01-02T03-04-05-678Z results/2026-01-03T03-04-05-678Z
  af3-gpu compare before after --fail-on slower --threshold 5%    folders with several runs of each`;

export const compareCommand = (): Command =>
  new Command("compare")
    .description("say which rows of two results are faster, slower or the same, and how sure that is")
    .argument("<first>", "a result folder, or a folder of them")
    .argument("<second>", "what is compared with it", option.place("<second>"))
    .option("--threshold <share>", "a smaller change is none", option.share("--threshold"), 0.03)
    .option(
      "--clock <name>",
      "which time of bench: elapsed (with upload and read-back), exec or gpu",
      option.oneOf("--clock", ["elapsed", "exec", "gpu"] as const),
      "elapsed",
    )
    .option("--cross-device", "compare different devices, too")
    .option("--fail-on <change>", "slower: exit with 1 if a row is", option.oneOf("--fail-on", ["slower"] as const))
    .option("--markdown", "print a table in Markdown")
    .option("--json", "print the result as JSON")
    .addHelpText("after", EXAMPLE)
    .action((first: string, second: string, options: CompareOptions) => {
      if (options.json && options.markdown) throw new BadInputError("--json or --markdown: one of them");
      const [a, b] = [measuredIn(first, options.clock), measuredIn(second, options.clock)];
      const compared = reportComparison(a, b, [first, second], options);
      if (options.failOn && compared.some(({ change }) => change === "SLOWER")) process.exitCode = 1;
    });

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
  if (options.json) print(JSON.stringify({ ratio: meanRatio(compared), rows: compared }, null, 2));
  else print(options.markdown ? markdown(compared) : report(compared));
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
    const [first, second] = [a, b].map((side) => side.find((one) => one.name === name && one.device !== "")?.device);
    if (first !== undefined && second !== undefined && first !== second)
      throw new BadInputError(`${name} ran on ${first} and on ${second}: --cross-device compares them all the same`);
  }
}

const COLUMNS = ["row", ">first ms", ">second ms", ">ratio", ">95 %", ">turns", "change"];

function cells({ name, first, second, ratio, interval, turns, change }: Comparison): string[] {
  return [
    name,
    first === null ? "" : milliseconds(first),
    second === null ? "" : milliseconds(second),
    ratio?.toFixed(3) ?? "",
    interval ? `${interval.low.toFixed(3)}–${interval.high.toFixed(3)}` : "",
    turns > 0 ? String(turns) : "",
    change,
  ];
}

const meanText = (compared: readonly Comparison[]): string => {
  const ratio = meanRatio(compared);
  const count = compared.filter((one) => one.ratio !== null).length;
  return ratio === null
    ? "no ratios"
    : `geometric mean of ${count} ${count === 1 ? "ratio" : "ratios"}: ${ratio.toFixed(3)}`;
};

/** Why rows are unsure, a line each. */
const reasons = (compared: readonly Comparison[]): string[] =>
  compared.flatMap(({ name, change, reason }) => (reason === null ? [] : [`${name}: ${change}, ${reason}`]));

const report = (compared: readonly Comparison[]): string =>
  [
    table(COLUMNS, compared.map(cells)),
    "",
    ...reasons(compared),
    `${meanText(compared)}; above 1, the second is slower`,
  ].join("\n");

function markdown(compared: readonly Comparison[]): string {
  const line = (parts: readonly string[]): string =>
    `| ${parts.map((part) => part.replaceAll("|", "\\|")).join(" | ")} |`;
  const head = line(COLUMNS.map((column) => column.replace(/^>/, "")));
  const rule = line(COLUMNS.map((column) => (column.startsWith(">") ? "---:" : "---")));
  const notes = [...reasons(compared), meanText(compared)].map((note) => `* ${note}`);
  return [head, rule, ...compared.map((one) => line(cells(one))), "", ...notes].join("\n");
}
