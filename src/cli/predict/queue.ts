/** A queue of jobs, of which a failed one does not stop the rest. */
import { CancelledError, messageOf, throwIfAborted, UnavailableError } from "../../errors.ts";
import { counted, visible } from "../../words.ts";
import { stop } from "../context.ts";
import type { Progress } from "../output.ts";
import { type Queued, type Unreadable, unreadableText } from "./inputs.ts";

/** What became of a job. */
export interface Outcome {
  readonly name: string;
  readonly file: string;
  readonly state: "predicted" | "skipped" | "planned" | "failed";
  readonly error?: string;
}

/** What went wrong with a job of several: of which file and which job, whether or not the message says so. */
function failureText({ job, name, file }: Queued, message: string): string {
  if (message.startsWith(file)) return message;
  const own = [job.name, name].find((each) => message.startsWith(`${each}: `));
  return `${file}, job ${JSON.stringify(job.name)}: ${own === undefined ? message : message.slice(own.length + 2)}`;
}

/** Names of jobs that the last line lists. */
const MOST_NAMES = 10;
const namesOf = (lost: readonly Outcome[]): string =>
  lost
    .slice(0, MOST_NAMES)
    .map(({ name }) => visible(name))
    .join(", ") + (lost.length > MOST_NAMES ? ", …" : "");

/**
 * Does the jobs in turn, a line for each that is finished. With more than one input, a failure is a line too and makes the exit code 1.
 * What could not be read has been said before, and is counted.
 * @param work what is done with a job, and the line that says so
 * @param failed called behind a failure
 * @throws what the only job throws; a request to stop, and a device that cannot be had, whatever else there is
 */
export async function inTurn<Result extends Outcome>(
  { jobs, unreadable }: { readonly jobs: readonly Queued[]; readonly unreadable: readonly Unreadable[] },
  steps: Progress,
  work: (queued: Queued, prefix: string) => Promise<readonly [Result, string]>,
  failed: () => Promise<void> = async () => {},
): Promise<(Result | Outcome)[]> {
  const total = jobs.length + unreadable.length;
  const outcomes: (Result | Outcome)[] = [];
  for (const each of unreadable)
    outcomes.push({ name: each.name, file: each.file, state: "failed", error: unreadableText(each) });
  for (const [at, queued] of jobs.entries()) {
    throwIfAborted(stop.signal);
    const { name, file } = queued;
    try {
      const [outcome, line] = await work(
        queued,
        total > 1 ? `${unreadable.length + at + 1} of ${total}, ${name}` : name,
      );
      outcomes.push(outcome);
      steps.done(line);
    } catch (error) {
      if (total === 1 || error instanceof CancelledError || error instanceof UnavailableError || stop.signal.aborted)
        throw error;
      await failed();
      const text = failureText(queued, messageOf(error));
      outcomes.push({ name, file, state: "failed", error: text });
      steps.done(text);
    }
  }
  const lost = outcomes.filter(({ state }) => state === "failed");
  if (lost.length > 0) {
    steps.done(`${lost.length} of ${counted(total, "input")} failed: ${namesOf(lost)}`);
    process.exitCode = 1;
  }
  return outcomes;
}
