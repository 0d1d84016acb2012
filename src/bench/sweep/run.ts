/** Runs the cases of a sweep that are not finished, one after the other; each becomes a folder, whatever happens to it. */
import { appendFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { throwIfAborted } from "../../errors.ts";
import { groupedBy } from "../../groups.ts";
import { withTemporary } from "../../platform/node/temporaries.ts";
import type { BenchRow } from "../core/row.ts";
import { csvHeader, csvLine, jsonLine } from "../core/row_text.ts";
import { benchFiles } from "../results.ts";
import { rowsIn, type SweepFolder } from "./folder.ts";
import { type Axis, type SweepCase, withValue } from "./grid.ts";
import { type Searched, searched } from "./largest.ts";
import { type CaseEnd, type CaseRecord, caseSchema, countsOf, ran } from "./record.ts";

export interface CaseWork {
  /**
   * Runs a case.
   * @param folder an empty one for all that it writes
   * @returns how it ended, and the folder of its rows, if it got as far as that
   * @throws {CancelledError} if it was stopped
   */
  run(one: SweepCase, folder: string): Promise<CaseEnd & { readonly results: string | undefined }>;
  /** A row for everything that a case was to measure, as it is before any measurement. */
  rowsOf(one: SweepCase): readonly BenchRow[];
}

export interface SweepHooks {
  /** A case begins. */
  readonly begins?: (one: SweepCase) => void;
  /** A case is finished. @param before whether an earlier start has done that */
  readonly finished?: (one: SweepCase, record: CaseRecord, before: boolean) => void;
}

/** Which finished cases run again. `killed` ones do in any case: it was not they that failed. */
export interface Again {
  readonly failed: boolean;
}

/** Whether a case has to run. */
export const isDue = (record: CaseRecord | undefined, { failed }: Again): boolean =>
  record === undefined || record.outcome === "killed" || (failed && !ran(record));

/**
 * Runs the cases that are due, in the order given.
 * @throws {CancelledError} once the signal has fired; finished cases are kept
 */
export async function runCases(
  cases: readonly SweepCase[],
  folder: SweepFolder,
  work: CaseWork,
  again: Again,
  { begins, finished }: SweepHooks,
  signal?: AbortSignal,
): Promise<void> {
  for (const one of cases) {
    throwIfAborted(signal);
    const known = folder.record(one.key);
    if (known && !isDue(known, again)) {
      finished?.(one, known, true);
      continue;
    }
    begins?.(one);
    const record = await runCase(one, folder, work);
    finished?.(one, record, false);
  }
}

/** Runs a case and keeps what came of it. */
export async function runCase(one: SweepCase, folder: SweepFolder, work: CaseWork): Promise<CaseRecord> {
  const made = folder.make(one.key);
  return withTemporary(made, () => kept(one, made, folder, work));
}

async function kept(one: SweepCase, made: string, folder: SweepFolder, work: CaseWork): Promise<CaseRecord> {
  try {
    const started = new Date().toISOString();
    const { results = made, outcome, error, seconds, peakBytes } = await work.run(one, made);
    folder.checkThere(made);
    if (outcome !== "done") writeFailures(results, work.rowsOf(one), error ?? outcome);
    const rows = rowsIn(results);
    const record: CaseRecord = {
      ...{ schema: caseSchema, key: one.key, options: Object.fromEntries(one.settings), outcome, seconds, started },
      ...{ error: error ?? rows.find(({ ok }) => !ok)?.error ?? null, peak_bytes: peakBytes, ...countsOf(rows) },
    };
    folder.keep(results, record);
    return record;
  } finally {
    folder.discard(made);
  }
}

/**
 * The rows of a case whose process did not come to its end: a failure of everything that it was to measure. Passes of some of it that
 * may be there go: where backends take turns, none of them has all of its own.
 */
function writeFailures(results: string, blank: readonly BenchRow[], error: string): void {
  const rows = blank.map((row) => ({ ...row, ok: false, error }));
  const own = rowsIn(results);
  for (const { engine } of own) writeFileSync(path.join(results, `${engine}.jsonl`), "");
  // What the process has found out of the devices.
  const told = (row: BenchRow): BenchRow => {
    const like = own.find(({ backend, variant }) => backend === row.backend && variant === row.variant);
    return like ? { ...row, device: like.device, software: like.software, versions: like.versions } : row;
  };
  for (const row of rows.map(told)) appendFileSync(path.join(results, benchFiles.json(row)), jsonLine(row));
  writeFileSync(path.join(results, benchFiles.csv), [csvHeader, ...rows.map(told).map(csvLine)].join(""));
}

/** The largest N that runs with some options. */
export interface Largest extends Searched {
  /** By option, without the number of tokens. */
  readonly options: Readonly<Record<string, string | true>>;
  /** What the least that did not run said. */
  readonly error: string | null;
}

const LENGTH = "seq-len";

const without = ({ settings }: SweepCase): Readonly<Record<string, string | true>> =>
  Object.fromEntries([...settings].filter(([option]) => option !== LENGTH));

/** The cases that differ in the number of tokens alone, in the order of the table. */
export const groupsOf = (cases: readonly SweepCase[]): SweepCase[][] => [
  ...groupedBy(cases, (one) => JSON.stringify(without(one))).values(),
];

/**
 * What is known of the search in a group: which cases it has tried, and what is next. Each follows from the results of those before.
 * @returns undefined while a case that it needs has not run
 */
export function searchIn(
  group: readonly SweepCase[],
  axes: readonly Axis[],
  folder: SweepFolder,
): { readonly probes: readonly SweepCase[]; readonly found: Largest } | undefined {
  const tried = new Map<number, CaseRecord>();
  const probes: SweepCase[] = [];
  for (const one of group) {
    const record = folder.record(one.key);
    if (isDue(record, { failed: false })) return undefined;
    tried.set(Number(one.settings.get(LENGTH)), record as CaseRecord);
  }
  for (;;) {
    const at = searched(new Map([...tried].map(([n, record]) => [n, ran(record)])));
    const error = (at.fails === undefined ? undefined : tried.get(at.fails)?.error) ?? null;
    const found = { ...at, options: without(group[0]), error };
    if (at.next === undefined) return { probes, found };
    const value = { setting: String(at.next), identity: JSON.stringify([at.next]) };
    const probe = withValue(axes, group[0], LENGTH, value);
    probes.push(probe);
    const record = folder.record(probe.key);
    if (record === undefined || isDue(record, { failed: false })) return { probes, found };
    tried.set(at.next, record);
  }
}
