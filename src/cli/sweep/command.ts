/** `af3-gpu sweep`: a grid of runs of `bench`, each in a process of its own, resumed after any end. */
import path from "node:path";
import { Command } from "commander";
import { gitState } from "../../bench/environment.ts";
import { SweepFolder } from "../../bench/sweep/folder.ts";
import { argumentsOf } from "../../bench/sweep/grid.ts";
import { runCase } from "../../bench/sweep/run.ts";
import { BadInputError } from "../../errors.ts";
import { sweeps } from "../../generated/sweeps.ts";
import { packageFolder } from "../../platform/node/folders.ts";
import { didYouMean } from "../../words.ts";
import { stop } from "../context.ts";
import { checkExclusions, type Exclusion } from "../option_uses.ts";
import * as option from "../options.ts";
import { print, remark } from "../output.ts";
import { aboutOf, ordered, type SweepOptions } from "./about.ts";
import { caseRunner } from "./case_process.ts";
import { readSweep, type Sweep } from "./file.ts";
import { estimatesOf, printEstimates } from "./preview.ts";
import { finishedText } from "./report.ts";
import { rowsToBe } from "./rows.ts";
import { runAll } from "./run_all.ts";

const examples = (): string => `
FILE is YAML: options of bench with a value or a list of values each, and exclude, limits (seconds, memory), largest, name.
Every combination is a case; what is finished is kept, and the same command goes on after any end.
Examples:
  ${`af3-gpu sweep ${Object.keys(sweeps)[0]}`.padEnd(40)}  one of the shipped files: ${Object.keys(sweeps).join(", ")}
  af3-gpu sweep blocks.yaml --dry-run       the cases, and what they will take
  af3-gpu sweep blocks.yaml                 runs them into results/blocks, or goes on there
  af3-gpu sweep blocks.yaml --retry-failed  those that failed once more`;

export const sweepCommand = (): Command =>
  new Command("sweep")
    .description("run bench over a grid of its options, each case in a process of its own; resumes where it stopped")
    .argument("<file>", `a YAML file, or ${Object.keys(sweeps).join(", ")}`, option.place("<file>"))
    .option("--out <folder>", "where the folder of the sweep is made", option.place("--out"), "results")
    .option("--resume", "go on where an earlier start has stopped, which is what happens anyway")
    .option("--retry-failed", "run cases again that failed")
    .option("--dry-run", "print the cases, with an estimate of time and memory")
    .option("--list-cases", "print the keys of the cases in the order in which they run")
    .option(
      "--case <key>",
      "run one case, as workflow engines do; others may run at the same time",
      option.place("--case"),
    )
    .option("--fail-on-error", "exit with 1 if a row could not run")
    .option("--json", "print the result as JSON")
    .addHelpText("after", examples())
    .action(sweepVerb);

const exclusions: readonly Exclusion[] = [
  ["dry-run", "list-cases", "one prints estimates, the other keys"],
  ["case", "dry-run", "one runs, the other does not"],
  ["case", "list-cases", "one runs, the other does not"],
  ["retry-failed", "dry-run", "one runs, the other does not"],
  ["retry-failed", "list-cases", "one runs, the other does not"],
];

async function sweepVerb(file: string, options: SweepOptions, command: Command): Promise<void> {
  checkExclusions(command, exclusions);
  const sweep = await readSweep(file);
  const at = path.join(options.out, sweep.name);
  if (options.dryRun)
    return printEstimates(await estimatesOf(sweep, new SweepFolder(at)), sweep, options.json === true);
  if (options.listCases) return listCases(sweep, options.json === true);
  const git = await gitState(packageFolder);
  const work = {
    run: caseRunner(sweep.limits, stop.signal),
    rowsOf: (one: Parameters<typeof rowsToBe>[0]) => rowsToBe(one, git),
  };
  if (options.case !== undefined) return oneCase(sweep, at, options.case, work, options);
  await runAll(sweep, at, work, options);
}

function listCases(sweep: Sweep, json: boolean): void {
  const { seed, order } = ordered(sweep);
  const cases = order.map((index) => sweep.cases[index]);
  if (!json) {
    print(cases.map(({ key }) => key).join("\n"));
    return;
  }
  const listed = cases.map((one) => ({
    key: one.key,
    options: Object.fromEntries(one.settings),
    arguments: argumentsOf(one),
  }));
  print(JSON.stringify({ name: sweep.name, order_seed: seed, limits: sweep.limits, cases: listed }, null, 2));
}

/** One case, whatever others run beside it. A case that is finished is left alone. */
async function oneCase(
  sweep: Sweep,
  at: string,
  key: string,
  work: Parameters<typeof runCase>[2],
  options: SweepOptions,
): Promise<void> {
  const one = sweep.cases.find((each) => each.key === key);
  if (!one) {
    const keys = sweep.cases.map((each) => each.key);
    throw new BadInputError(`the sweep has no case ${key}${didYouMean(key, keys)}; --list-cases prints them`);
  }
  const folder = await SweepFolder.open(at, aboutOf(sweep));
  const unlock = folder.lockCase(key);
  try {
    const known = folder.record(key);
    const again =
      known === undefined || known.outcome === "killed" || (options.retryFailed === true && known.failed > 0);
    const record = again ? await runCase(one, folder, work) : known;
    if (options.json) print(JSON.stringify(record, null, 2));
    else remark(finishedText(record, folder));
    if (record.outcome === "killed") process.exitCode = 1;
    else if (record.wrong > 0 || (options.failOnError && record.failed > 0)) process.exitCode = 1;
  } finally {
    unlock();
  }
}
