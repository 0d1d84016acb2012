/** Lists of work whose results are printed together. */
import { throwIfAborted } from "../errors.ts";
import { stop } from "./context.ts";
import { type Progress, progress } from "./output.ts";

/**
 * Does each job in turn and reports all results; those that there are, if somebody stops the rest or it fails.
 *
 * @param work returns a job's result, or undefined where there is none to report
 * @throws what a job throws, behind the report
 */
export async function reportFinished<Job, Result>(
  jobs: readonly Job[],
  work: (job: Job, steps: Progress) => Promise<Result | undefined>,
  report: (results: readonly Result[]) => void,
): Promise<void> {
  const steps = progress();
  const results: Result[] = [];
  let all = false;
  try {
    for (const job of jobs) {
      throwIfAborted(stop.signal);
      const result = await work(job, steps);
      if (result !== undefined) results.push(result);
    }
    all = true;
  } finally {
    steps.stop();
    if (all || results.length > 0) report(results);
  }
}
