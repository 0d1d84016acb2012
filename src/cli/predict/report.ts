/** What a call of `predict` prints on stdout. */
import path from "node:path";
import { sampleName } from "../../pipeline/outputs/files.ts";
import { print, table } from "../output.ts";
import type { PredictOptions } from "./options.ts";
import type { Finished } from "./predict.ts";
import type { Outcome } from "./queue.ts";

const isFinished = (outcome: Finished | Outcome): outcome is Finished => "best" in outcome;
const score = (value: number | null): string => (value === null || Number.isNaN(value) ? "" : value.toFixed(2));

/** A row per job with its best sample, or everything as JSON. */
export function printOutcomes(
  outcomes: readonly (Finished | Outcome)[],
  { json, out, format }: Pick<PredictOptions, "json" | "out" | "format">,
): void {
  if (json) {
    print(JSON.stringify({ out, jobs: outcomes }, null, 2));
    return;
  }
  const rows = outcomes
    .filter(isFinished)
    .map(({ name, folder, samples, best }) => [
      name,
      samples.length,
      sampleName(best),
      score(best.rankingScore),
      score(best.ptm),
      score(best.iptm),
      path.join(folder, `${name}_model.${format === "pdb" ? "pdb" : "cif"}`),
    ]);
  if (rows.length > 0) print(table(["job", ">samples", "best", ">ranking score", ">pTM", ">ipTM", "structure"], rows));
}
