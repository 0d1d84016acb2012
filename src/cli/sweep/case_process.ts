/** A case as a process of its own: `af3-gpu bench` with the case's options. */
import { existsSync, readdirSync, readFileSync, renameSync } from "node:fs";
import path from "node:path";
import { argumentsOf, type SweepCase } from "../../bench/sweep/grid.ts";
import { caseEndOf } from "../../bench/sweep/record.ts";
import type { CaseWork } from "../../bench/sweep/run.ts";
import { CancelledError } from "../../errors.ts";
import { packageFolder } from "../../platform/node/folders.ts";
import { type Limits, runLimited } from "../../platform/node/limited_process.ts";

const STARTER = path.join(packageFolder, "dist", "cli", "start.js");

/** Beside the rows: what the case said, and its summary with the share of the roofline, which rows do not have. */
const LOG = "case.log";
export const SUMMARIES = "summaries.json";

/** Runs cases. @param signal ends one that runs */
export const caseRunner =
  (limits: Limits, signal: AbortSignal): CaseWork["run"] =>
  async (one, folder) => {
    const [out, log] = [path.join(folder, SUMMARIES), path.join(folder, LOG)];
    const end = await runLimited(commandOf(one, folder), { out, log, limits, signal });
    if (end.ended === "stopped") throw new CancelledError();
    const results = resultsIn(folder);
    if (results) for (const file of [out, log]) renameSync(file, path.join(results, path.basename(file)));
    const at = results ?? folder;
    return { ...caseEndOf(end, limits, isComplete(path.join(at, SUMMARIES)), lastLine(path.join(at, LOG))), results };
  };

const commandOf = (one: SweepCase, folder: string): string[] => [
  process.execPath,
  ...process.execArgv.filter((argument) => !argument.startsWith("--inspect")),
  STARTER,
  "bench",
  ...argumentsOf(one),
  `--out=${folder}`,
  "--json",
];

/** bench makes one folder, unless it is refused before. */
const resultsIn = (folder: string): string | undefined =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => path.join(folder, name))[0];

/** Whether the summaries are there, which bench prints behind all of its rows. */
function isComplete(file: string): boolean {
  try {
    JSON.parse(readFileSync(file, "utf8"));
    return true;
  } catch {
    return false;
  }
}

const MOST_LETTERS = 500;

function lastLine(log: string): string {
  if (!existsSync(log)) return "";
  const lines = readFileSync(log, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("results: "));
  return (lines.at(-1) ?? "").slice(0, MOST_LETTERS);
}
