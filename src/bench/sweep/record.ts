/** What is kept of a case beside its rows: `case.json`. */
import { BadInputError } from "../../errors.ts";
import { givenFields } from "../../formats/given.ts";
import type { ProcessEnd } from "../../platform/node/limited_process.ts";
import { sizeText } from "../../words.ts";
import type { BenchRow } from "../core/row.ts";

export const caseSchema = "af3-gpu-sweep-case/1";

/**
 * How a case ended. `done`: bench has said all of its rows, good or bad. `refused`: bench could not begin. `killed`: by somebody else,
 * or by a system that was short of memory; the next start tries it again.
 */
export const outcomes = ["done", "timeout", "out of memory", "crash", "refused", "killed"] as const;
export type Outcome = (typeof outcomes)[number];

/** How the process of a case ended. */
export interface CaseEnd {
  readonly outcome: Outcome;
  /** Of what is not `done`: the error of its rows. */
  readonly error: string | null;
  readonly seconds: number;
  /** The most resident memory of the process with all that it started, in bytes; null where there is no telling. */
  readonly peakBytes: number | null;
}

export interface CaseRecord {
  readonly schema: typeof caseSchema;
  readonly key: string;
  readonly options: Readonly<Record<string, string | true>>;
  readonly outcome: Outcome;
  /** Of its process, else of the first row that has one. */
  readonly error: string | null;
  readonly seconds: number;
  readonly peak_bytes: number | null;
  readonly started: string;
  /** How many rows there are, and how many of them say that something could not run or was wrong. */
  readonly rows: number;
  readonly failed: number;
  readonly wrong: number;
}

/** Whether everything of a case ran and was right. */
export const ran = ({ outcome, rows, failed }: CaseRecord): boolean => outcome === "done" && rows > 0 && failed === 0;

export const countsOf = (rows: readonly BenchRow[]): Pick<CaseRecord, "rows" | "failed" | "wrong"> => ({
  rows: rows.length,
  failed: rows.filter(({ ok }) => !ok).length,
  wrong: rows.filter(({ ok, error }) => !ok && error?.startsWith("wrong: ")).length,
});

/** @throws {BadInputError} unless it is a record */
export function readRecord(text: string, where: string): CaseRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BadInputError(`${where} is no JSON: remove its folder, and the case runs again`);
  }
  givenFields(where, "an object", value);
  if (value.schema !== caseSchema || !outcomes.includes(value.outcome as Outcome) || typeof value.key !== "string")
    throw new BadInputError(`${where} is of no version that this one reads: name another folder with --out`);
  return value as unknown as CaseRecord;
}

/**
 * What the end of `bench`'s process means.
 * @param complete whether it has said its summary, which it does behind all of its rows
 * @param last what it said last
 */
export function caseEndOf(
  { code, signal, ended, seconds, peakBytes }: ProcessEnd,
  limits: { readonly seconds?: number; readonly memory?: number },
  complete: boolean,
  last: string,
): CaseEnd {
  const end = (outcome: Outcome, error: string | null): CaseEnd => ({ outcome, error, seconds, peakBytes });
  const size = (bytes: number | null | undefined): string => sizeText(bytes ?? 0);
  if (ended === "time") return end("timeout", `timeout: not done after ${limits.seconds} s (limits: seconds)`);
  if (ended === "memory")
    return end("out of memory", `out of memory: ${size(peakBytes)} resident, limits: memory is ${size(limits.memory)}`);
  if (complete && code !== null && code <= 3) return end("done", null);
  const by = signal ?? KILLS.get(code ?? -1);
  if (by !== undefined) return end("killed", `killed: its process was ended by ${by}`);
  const said = last.replace(/^af3-gpu: /, "");
  if (code === 2 || code === 3) return end("refused", said);
  return end("crash", `crash: ${said === "" ? `its process ended with ${code}` : said}`);
}

/** Exit codes of processes that somebody stopped; drivers that crash have others (128 + 11, …). */
const KILLS: ReadonlyMap<number, string> = new Map([
  [129, "SIGHUP"],
  [130, "SIGINT"],
  [137, "SIGKILL"],
  [143, "SIGTERM"],
]);
