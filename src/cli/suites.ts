/** `kernels --suite` and `verify --suite`: other projects' suites, checked and perhaps timed. */

import type { Roofline } from "../bench/core/roofline.ts";
import { geometricMean, summarise } from "../bench/core/stats.ts";
import { measureRoofline } from "../bench/roofline.ts";
import { suites } from "../bench/suites/index.ts";
import {
  checkEntry,
  type EntryOutcome,
  type EntryTiming,
  type Gpu,
  ratesOf,
  refused,
  skipReason,
  timeEntry,
} from "../bench/suites/run.ts";
import { entryName, type Suite, type SuiteEntry } from "../bench/suites/suite.ts";
import { enumerated } from "../engines/core/names.ts";
import { BadInputError } from "../errors.ts";
import { displayName } from "../gpu/device/adapter.ts";
import { didYouMean } from "../words.ts";
import { stop, withWebGpu } from "./context.ts";
import { reportFinished } from "./finished.ts";
import { milliseconds, print, progress, rate, table } from "./output.ts";

/** A suite by name, or `all`. @throws {BadInputError} that names those that there are */
export function suiteChoice(text: string): readonly Suite[] {
  const chosen = suites.filter(({ name }) => text === "all" || name === text);
  const known = [...suites.map(({ name }) => name), "all"];
  if (chosen.length === 0)
    throw new BadInputError(`--suite should be ${enumerated(known, "or")}, not "${text}"${didYouMean(text, known)}`);
  return chosen;
}

interface SuitesOptions {
  readonly device: string;
  readonly seed: number;
  /** Whether entries that passed are timed. */
  readonly time: boolean;
  readonly json: boolean;
}

interface Row {
  readonly entry: SuiteEntry;
  readonly outcome: EntryOutcome;
  readonly timing?: EntryTiming;
  /** As it was just before the timing: a busy machine slows both. */
  readonly roofline?: Roofline;
}

/** Runs suites and prints what they gave: exit 1 if an entry is wrong, 3 if none could run. */
export async function runSuites(chosen: readonly Suite[], options: SuitesOptions): Promise<void> {
  await withWebGpu(options.device, async (backend) => {
    const gpu = {
      device: await backend.device(),
      pipelines: await backend.pipelines(),
      target: await backend.target(),
    };
    const speed = await speedOf(gpu);
    await reportFinished(
      chosen.flatMap(({ entries }) => entries),
      async (entry, steps): Promise<Row> => {
        const doing = (what: string): void => steps.doing(`${entryName(entry)}: ${what}`);
        const reason = skipReason(entry, gpu.target, speed);
        const row: Row =
          reason === undefined
            ? await rowOf(entry, gpu, options, doing)
            : { entry, outcome: { kind: "skipped", reason } };
        const { kind } = row.outcome;
        steps.done(`${kind} ${entryName(entry)}${"reason" in row.outcome ? `: ${row.outcome.reason}` : ""}`);
        return row;
      },
      (rows) => {
        report(chosen, rows, displayName(gpu.device.adapter), options);
        if (rows.some(({ outcome }) => outcome.kind === "failed")) process.exitCode = 1;
        else if (!rows.some(({ outcome }) => outcome.kind === "passed")) process.exitCode = 3;
      },
    );
  });
}

/** What a software adapter does a second, by which entries are left out; undefined for others. */
async function speedOf(gpu: Gpu): Promise<number | undefined> {
  if (!gpu.target.software) return undefined;
  const steps = progress();
  steps.doing("measuring the adapter");
  try {
    return (await roofs(gpu)).flops;
  } finally {
    steps.stop();
  }
}

async function rowOf(
  entry: SuiteEntry,
  gpu: Gpu,
  { seed, time }: SuitesOptions,
  doing: (what: string) => void,
): Promise<Row> {
  const options = { seed, signal: stop.signal };
  doing("checking");
  const outcome = await checkEntry(gpu, entry, options);
  if (!time || outcome.kind !== "passed") return { entry, outcome };
  doing("timing");
  const roofline = await roofs(gpu);
  try {
    return { entry, outcome, timing: await timeEntry(gpu, entry, options), roofline };
  } catch (error) {
    return { entry, outcome: refused(error) };
  }
}

const roofs = ({ device, pipelines, target }: Gpu): Promise<Roofline> => measureRoofline(device, pipelines, target);

function report(
  chosen: readonly Suite[],
  rows: readonly Row[],
  device: string,
  { seed, time, json }: SuitesOptions,
): void {
  const means = chosen.map(({ name }) => ({
    suite: name,
    ...meanOf(rows.filter(({ entry }) => entry.suite === name)),
  }));
  if (json) {
    print(JSON.stringify({ device, seed, entries: rows.map(jsonOf), ...(time && { means }) }, null, 2));
    return;
  }
  const columns = ["", "suite", "shape", "inputs", ">error / tolerance", ">compared"];
  const clocks = [">median ms", ">quartiles", ">samples", "clock", ">FLOP/s", ">roofline"];
  print(
    table(
      [...columns, ...(time ? clocks : []), "why"],
      rows.map((row) => cellsOf(row, time)),
    ),
  );
  const count = (kind: EntryOutcome["kind"]): number => rows.filter(({ outcome }) => outcome.kind === kind).length;
  print(`${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped on ${device}`);
  if (time)
    for (const { suite, shapes, of, ms } of means)
      print(
        ms === undefined
          ? `${suite}: no geometric mean, none of its ${of} shapes ran with the scored inputs`
          : `${suite}: geometric mean ${milliseconds(ms)} ms over ${shapes} of ${of} shapes, with the scored inputs`,
      );
}

function cellsOf({ entry, outcome, timing, roofline }: Row, time: boolean): (string | number)[] {
  const judged = outcome.kind === "skipped" ? undefined : outcome.judged;
  const cells = [
    outcome.kind === "failed" ? "FAILED" : outcome.kind,
    entry.suite,
    entry.shape,
    entry.inputs,
    judged?.error.toPrecision(2) ?? "",
    judged?.count ?? "",
  ];
  const why = outcome.kind === "passed" ? "" : outcome.reason;
  if (!time) return [...cells, why];
  if (!timing || !roofline) return [...cells, "", "", "", "", "", "", why];
  const { median, q25, q75, count } = summarise(timing.sampling.samples);
  const { flops, share } = ratesOf(timing, roofline);
  const quartiles = `${milliseconds(q25)}–${milliseconds(q75)}`;
  const roof = `${(100 * share).toFixed(0)} %`;
  return [...cells, milliseconds(median), quartiles, count, timing.clock, rate(flops, ""), roof, why];
}

const jsonOf = ({ entry, outcome, timing, roofline }: Row) => ({
  suite: entry.suite,
  shape: entry.shape,
  inputs: entry.inputs,
  tolerance: entry.tolerance,
  scored: entry.scored,
  ...outcome,
  ...(timing && { timing }),
  ...(roofline && { roofline }),
});

/** The geometric mean of the medians over the shapes that were timed, each with the inputs that count. */
function meanOf(rows: readonly Row[]): { readonly shapes: number; readonly of: number; readonly ms?: number } {
  const scored = rows.filter(({ entry }) => entry.scored);
  const medians = scored.flatMap(({ timing }) => (timing ? [summarise(timing.sampling.samples).median] : []));
  return { shapes: medians.length, of: scored.length, ...(medians.length > 0 && { ms: geometricMean(medians) }) };
}

/** Prints what suites hold. */
export function listSuites(chosen: readonly Suite[], json: boolean): void {
  const found = chosen.flatMap(({ entries }) => entries);
  if (json) {
    const plain = found.map(({ suite, shape, inputs, tolerance, scored }) => ({
      suite,
      shape,
      inputs,
      tolerance,
      scored,
    }));
    print(JSON.stringify(plain, null, 2));
    return;
  }
  const rows = found.map(({ suite, shape, inputs, tolerance: { atol, rtol }, scored }) => [
    suite,
    shape,
    inputs,
    atol.toExponential(0),
    rtol.toExponential(0),
    scored ? "yes" : "",
  ]);
  print(table(["suite", "shape", "inputs", ">atol", ">rtol", "scored"], rows));
}
