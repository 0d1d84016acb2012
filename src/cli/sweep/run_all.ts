/** All cases of a sweep: their order, progress, what is printed at the end, and the exit code. */
import path from "node:path";
import { leftText } from "../../bench/core/progress.ts";
import { SweepFolder } from "../../bench/sweep/folder.ts";
import type { SweepCase } from "../../bench/sweep/grid.ts";
import { type Again, type CaseWork, groupsOf, isDue, type Largest, runCases, searchIn } from "../../bench/sweep/run.ts";
import { throwIfAborted } from "../../errors.ts";
import { tellsResident } from "../../platform/node/process_memory.ts";
import { withTemporary } from "../../platform/node/temporaries.ts";
import { counted } from "../../words.ts";
import { stop } from "../context.ts";
import { print, progress, remark } from "../output.ts";
import { aboutOf, ordered, type SweepOptions } from "./about.ts";
import type { Sweep } from "./file.ts";
import { type Finished, failuresText, finishedText, largestText, summariesOf, sweepTable } from "./report.ts";

export async function runAll(sweep: Sweep, at: string, work: CaseWork, options: SweepOptions): Promise<void> {
  const folder = await SweepFolder.open(at, aboutOf(sweep));
  const unlock = folder.lock();
  const again = { failed: options.retryFailed === true };
  const { seed, order } = ordered(sweep);
  const cases = order.map((index) => sweep.cases[index]);
  tellStart(sweep, cases, folder, again, seed);
  const told = (): void =>
    remark(
      `${counted(finishedOf(sweep.cases, folder).length, "case")} of ${sweep.cases.length} finished in ${at}; the same command goes on`,
    );
  stop.signal.addEventListener("abort", told);
  try {
    await withTemporary(path.join(at, "lock"), async () => {
      await inTurn(cases, folder, work, again);
      const probes = sweep.largest ? await searchAll(sweep, folder, work) : { cases: [], found: [] };
      await finish(sweep, [...sweep.cases, ...probes.cases], probes.found, folder, options);
    });
  } finally {
    stop.signal.removeEventListener("abort", told);
    unlock();
  }
}

function tellStart(sweep: Sweep, cases: readonly SweepCase[], folder: SweepFolder, again: Again, seed: number): void {
  const due = cases.filter(({ key }) => isDue(folder.record(key), again)).length;
  const before = cases.length - due;
  remark(
    `${counted(cases.length, "case")} into ${folder.folder}, in an order drawn with the seed ${seed}${before > 0 ? `; ${before} finished by an earlier start` : ""}`,
  );
  const stray = folder.keys().filter((key) => !cases.some((one) => one.key === key));
  if (stray.length > 0 && !sweep.largest)
    remark(
      `note: ${counted(stray.length, "case")} in this folder are not of this file; they stay, and are in no table`,
    );
  if (sweep.limits.memory !== undefined && !tellsResident)
    remark("note: this system does not tell how much memory a process has; limits: memory is not kept");
}

/** Runs cases with a line for each that is finished, and the time that is left. */
async function inTurn(cases: readonly SweepCase[], folder: SweepFolder, work: CaseWork, again: Again): Promise<void> {
  const steps = progress();
  const total = cases.filter(({ key }) => isDue(folder.record(key), again)).length;
  let [done, spent] = [0, 0];
  try {
    await runCases(
      cases,
      folder,
      work,
      again,
      {
        begins: ({ key }) => steps.doing(`[${done + 1}/${total}] ${key}${leftOf(done, total, spent)}`),
        finished: (_, record, before) => {
          if (before) return;
          done++;
          spent += record.seconds;
          steps.done(`[${done}/${total}] ${finishedText(record, folder)}${leftOf(done, total, spent)}`);
        },
      },
      stop.signal,
    );
  } finally {
    steps.stop();
  }
}

/** As long for each as those that are done took, in the mean. They came in random order. */
const leftOf = (done: number, total: number, spent: number): string =>
  done === 0 || done === total ? "" : `; ${leftText((1000 * spent * (total - done)) / done)} left`;

const finishedOf = (cases: readonly SweepCase[], folder: SweepFolder): Finished[] =>
  cases.flatMap((one) => {
    const record = folder.record(one.key);
    return record ? [{ one, record }] : [];
  });

/** Searches the largest N of every group, going on from what has been tried. */
async function searchAll(
  sweep: Sweep,
  folder: SweepFolder,
  work: CaseWork,
): Promise<{ readonly cases: readonly SweepCase[]; readonly found: readonly Largest[] }> {
  const cases: SweepCase[] = [];
  const found: Largest[] = [];
  for (const group of groupsOf(sweep.cases)) {
    for (;;) {
      throwIfAborted(stop.signal);
      const search = searchIn(group, sweep.axes, folder);
      if (search === undefined) {
        remark(`the largest N of ${group[0].key} waits for cases that were killed`);
        break;
      }
      const probe = search.probes.at(-1);
      const due =
        search.found.next !== undefined && probe !== undefined && isDue(folder.record(probe.key), { failed: false });
      if (due) await inTurn([probe], folder, work, { failed: false });
      // A probe that was killed decides nothing.
      if (due && !isDue(folder.record(probe.key), { failed: false })) continue;
      cases.push(...search.probes.filter(({ key }) => folder.record(key) !== undefined));
      if (due)
        remark(`the largest N of ${group[0].key} is not found: ${probe.key} was killed; the same command goes on`);
      else found.push(search.found);
      break;
    }
  }
  return { cases, found };
}

async function finish(
  sweep: Sweep,
  cases: readonly SweepCase[],
  found: readonly Largest[],
  folder: SweepFolder,
  options: SweepOptions,
): Promise<void> {
  const finished = finishedOf(cases, folder);
  const summary = await folder.writeSummary(finished.map(({ record }) => record.key));
  if (options.json) print(JSON.stringify(jsonOf(sweep, finished, found, folder), null, 2));
  else
    print(
      [sweepTable(finished, sweep.axes, folder), "", ...failuresText(finished), ...largestText(found)]
        .join("\n")
        .trimEnd(),
    );
  const killed = finished.filter(({ record }) => record.outcome === "killed").length;
  if (killed > 0) remark(`${counted(killed, "case")} killed: the same command tries again`);
  remark(`results: ${folder.folder} (all rows: ${summary})`);
  process.exitCode = exitCodeOf(finished, options.failOnError === true);
}

const jsonOf = (
  sweep: Sweep,
  finished: readonly Finished[],
  found: readonly Largest[],
  folder: SweepFolder,
): object => ({
  name: sweep.name,
  folder: folder.folder,
  cases: finished.map(({ record }) => ({ ...record, summaries: summariesOf(folder, record) ?? [] })),
  ...(sweep.largest && { largest: found }),
});

/** 1 if a row is wrong; 3 if none could run; a case that could not beside others that did is a row like others. */
export function exitCodeOf(finished: readonly Pick<Finished, "record">[], failOnError: boolean): number {
  const records = finished.map(({ record }) => record);
  if (records.some(({ wrong }) => wrong > 0)) return 1;
  if (records.every(({ rows, failed }) => failed === rows)) return 3;
  return failOnError && records.some(({ failed }) => failed > 0) ? 1 : 0;
}
