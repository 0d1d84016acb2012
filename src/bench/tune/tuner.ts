/** Tuning one call: candidates challenge what runs now, one after the other, and must be right before they may win. */
import { CancelledError, DeviceError, messageOf, throwIfAborted } from "../../errors.ts";
import { type Candidate, type Candidates, candidateText } from "../../kernels/tune/candidates.ts";
import type { Job } from "./jobs.ts";
import { type Race, type RaceRule, type Racer, race, raceRule } from "./race.ts";

/** What compiles, runs and judges candidates: a device, or a test's stand-in. */
export interface Machine {
  /** Milliseconds. */
  now(): number;
  /** Compiles a candidate and runs it once. @throws if it fails, or takes longer than `limit` milliseconds */
  prepare(job: Job, candidate: Candidate, limit: number): Promise<Racer>;
  /** How many dispatches of it, back to back, the clock can tell apart. */
  repeats(racer: Racer): Promise<number>;
  /** What is wrong with a candidate's numbers, or undefined. @param incumbent what runs now */
  check(job: Job, candidate: Candidate, incumbent: Candidate): Promise<string | undefined>;
}

/** What became of a candidate. */
export interface Tried {
  readonly candidate: string;
  /** `wrong`: its numbers; `failed`: it did not compile, run, or get ready in time. */
  readonly verdict: Race["verdict"] | "wrong" | "failed";
  /** Its time over that of the fastest before it. */
  readonly ratio?: number;
  readonly reason?: string;
}

export interface JobResult {
  readonly job: Job;
  readonly incumbent: Candidate;
  readonly tried: readonly Tried[];
  /** The fastest, if it is faster than what runs now: raced once more against it. */
  readonly winner: Candidate | undefined;
  /** That race. */
  readonly final: Race | undefined;
  /** How many candidates there was no time for. */
  readonly left: number;
  /** Why nothing could be timed. */
  readonly problem?: string;
}

export interface TuneOptions {
  /** When to begin no other candidate, by the machine's clock. */
  readonly deadline: number;
  /** How long a candidate may take to get ready, in milliseconds; what runs now may take longer. */
  readonly prepareLimit: number;
  readonly rule?: RaceRule;
  readonly signal?: AbortSignal;
  readonly doing?: (candidate: string) => void;
}

const PATIENCE = 4;

/**
 * Times the candidates of a job. A candidate that fails says so in the result.
 * @throws {CancelledError} if the signal fires
 * @throws {DeviceError} if the device is lost
 */
export async function tuneJob(
  job: Job,
  { incumbent, others }: Candidates,
  machine: Machine,
  { deadline, prepareLimit, rule = raceRule, signal, doing = () => {} }: TuneOptions,
): Promise<JobResult> {
  const tried: Tried[] = [];
  const base = { job, incumbent, tried, winner: undefined, final: undefined };
  const ready: Racer[] = [];
  const prepare = async (candidate: Candidate, limit = prepareLimit): Promise<Racer> => {
    throwIfAborted(signal);
    doing(candidateText(candidate));
    const racer = await machine.prepare(job, candidate, limit);
    ready.push(racer);
    return racer;
  };
  const compare = (holder: Racer, challenger: Racer): Promise<Race> =>
    race(holder, challenger, repeats, rule, () => machine.now(), signal);
  let repeats = 1;
  let left = others.length;
  try {
    const most = Math.max(prepareLimit, deadline - machine.now());
    const first = await prepare(incumbent, Math.min(PATIENCE * prepareLimit, most)).catch(unlessLost);
    if (typeof first === "string") return { ...base, left, problem: first };
    repeats = await machine.repeats(first);
    let best = { candidate: incumbent, racer: first };
    for (const candidate of others) {
      if (machine.now() >= deadline) break;
      left--;
      const name = candidateText(candidate);
      const racer = await prepare(candidate).catch(unlessLost);
      if (typeof racer === "string") {
        tried.push({ candidate: name, verdict: "failed", reason: racer });
        continue;
      }
      const { verdict, ratio } = await compare(best.racer, racer);
      const wrong = verdict === "faster" ? await machine.check(job, candidate, incumbent) : undefined;
      if (wrong === undefined) tried.push({ candidate: name, verdict, ratio });
      else tried.push({ candidate: name, verdict: "wrong", ratio, reason: wrong });
      const loser = verdict === "faster" && wrong === undefined ? best.racer : racer;
      if (loser === best.racer) best = { candidate, racer };
      if (loser !== first) drop(ready, loser);
    }
    if (best.racer === first) return { ...base, left };
    // The fastest of many looks faster than it is.
    const final = await compare(first, best.racer);
    return { ...base, left, final, winner: final.verdict === "faster" ? best.candidate : undefined };
  } finally {
    for (const racer of ready) racer.destroy();
  }
}

function drop(ready: Racer[], racer: Racer): void {
  racer.destroy();
  ready.splice(ready.indexOf(racer), 1);
}

/** What stops one candidate as a sentence. @throws what stops all */
function unlessLost(error: unknown): string {
  if (error instanceof CancelledError) throw error;
  if (error instanceof DeviceError && error.kind === "lost") throw error;
  return messageOf(error).split("\n")[0];
}
