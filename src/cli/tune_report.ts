/** What `tune` would time, does, and found, for people and as JSON. */
import type { Job } from "../bench/tune/jobs.ts";
import type { JobResult } from "../bench/tune/tuner.ts";
import { type Candidates, candidateText, paramsOf } from "../kernels/tune/candidates.ts";
import { counted } from "../words.ts";
import { fittingTable, type Plain } from "./fitting.ts";
import { milliseconds } from "./output.ts";

/** A call that would be timed. */
export interface Planned {
  readonly job: Job;
  readonly candidates: Candidates;
}

/** Sizes of a call that there are, and parameters that are not the kernel's own. */
function sizesText({ kernel, call }: Job): string {
  const params = Object.entries(call.params ?? {}).filter(
    ([name, value]) => Number(value) !== Number(kernel.params[name]),
  );
  const sizes = Object.entries(call.sizes).filter(([, size]) => size > 0);
  return [...sizes, ...params].map(([name, value]) => `${name} ${value}`).join(", ");
}

/** A job on a line. */
export const jobText = (job: Job): string => `${job.kernel.name} (${sizesText(job)})`;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** What became of a job, on a line. */
export function resultLine({ job, incumbent, winner, final, tried, left, problem }: JobResult): string {
  if (problem !== undefined) return `${jobText(job)}: cannot be timed: ${problem}`;
  const wrong = tried.filter(({ verdict }) => verdict === "wrong");
  const rest = [
    ...(left > 0 ? [`no time for ${left}`] : []),
    ...wrong.map(({ candidate, reason }) => `WRONG NUMBERS as ${candidate}: ${reason}`),
  ].map((text) => `; ${text}`);
  const stays = `${candidateText(incumbent)} stays, of ${counted(tried.length + 1, "candidate")}`;
  const wins =
    winner &&
    final &&
    `${candidateText(winner)} takes ${final.ratio.toFixed(2)} of the time of ${candidateText(incumbent)}`;
  return `${jobText(job)}: ${wins ?? stays}${rest.join("")}`;
}

export function dryText(planned: readonly Planned[], file: string): string {
  const rows = planned.map(({ job, candidates: { incumbent, others } }) => [
    job.kernel.name,
    sizesText(job),
    percent(job.share),
    candidateText(incumbent),
    others.length,
  ]);
  const columns: readonly Plain[] = [
    ["kernel", 0, 12],
    ["sizes", 1, 16],
    [">cost", 2],
    ["runs now", 0, 12],
    [">challengers", 3],
  ];
  return `${fittingTable(columns, rows)}\n\nfaster ones would be written to ${file}`;
}

export function resultsText(results: readonly JobResult[], left: number): string {
  const rows = results.map(({ job, incumbent, winner, final, tried }) => [
    job.kernel.name,
    sizesText(job),
    percent(job.share),
    candidateText(incumbent),
    tried.length,
    winner ? candidateText(winner) : "stays",
    final && winner ? `${milliseconds(final.holder)} → ${milliseconds(final.challenger)}` : "",
    final && winner ? `${final.ratio.toFixed(3)} ± ${final.error.toFixed(3)}` : "",
  ]);
  const columns: readonly Plain[] = [
    ["kernel", 0, 12],
    ["sizes", 4, 16],
    [">cost", 5],
    ["reviewed", 2, 12],
    [">timed", 6],
    ["fastest", 0, 12],
    [">ms", 3],
    [">ratio", 1],
  ];
  const rest = left > 0 ? `\n\nno time for ${counted(left, "other call")}; --minutes gives more` : "";
  return `${fittingTable(columns, rows)}${rest}`;
}

const jobJson = ({ kernel, call, cost, runs, share, label }: Job) => ({
  kernel: kernel.name,
  sizes: call.sizes,
  params: call.params ?? {},
  label,
  ...cost,
  runs,
  share,
});

const candidateJson = (candidate: Candidates["incumbent"]) => ({
  variant: candidate.variant.name,
  params: paramsOf(candidate),
});

/** For `--json`. */
export const jsonOf = {
  planned: ({ job, candidates: { incumbent, others } }: Planned) => ({
    ...jobJson(job),
    incumbent: candidateJson(incumbent),
    challengers: others.map(candidateJson),
  }),
  result: ({ job, incumbent, winner, final, tried, left, problem }: JobResult) => ({
    ...jobJson(job),
    incumbent: candidateJson(incumbent),
    winner: winner ? candidateJson(winner) : null,
    final: final ?? null,
    tried,
    left,
    problem: problem ?? null,
  }),
};
