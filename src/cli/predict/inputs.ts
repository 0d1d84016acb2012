/** What is to be predicted: the jobs of all inputs, with what options say of them. */
import { BadInputError, messageOf } from "../../errors.ts";
import type { Note } from "../../formats/config.ts";
import { inputFiles } from "../../pipeline/input/folder.ts";
import type { Job } from "../../pipeline/input/job.ts";
import { readEachJob } from "../../pipeline/input/read.ts";
import { decodeText } from "../../pipeline/input/texts.ts";
import { nodeFiles } from "../../platform/node/files.ts";
import { type NamedJob, namedJobs } from "../job_names.ts";
import { notesOf } from "../output.ts";
import { type ChainFile, withMsas } from "./msas.ts";

export interface JobOptions {
  readonly seeds?: readonly number[];
  readonly msa?: readonly ChainFile[] | false;
  readonly pairedMsa?: readonly ChainFile[];
}

/** A job and the input that it was read from. */
export type Queued = NamedJob;

/** An input of several that cannot be read, or a job of several in one. */
export interface Unreadable {
  /** Of the job; the file's where all of it is wrong. */
  readonly name: string;
  readonly file: string;
  readonly error: unknown;
}

/**
 * The jobs of files and folders, in this order. Of several inputs and of several jobs in one, those that cannot be read are returned as such.
 * @param openLists whether lists of jobs that say no dialect may have more in them than AlphaFold Server's
 * @throws {BadInputError} if a path leads nowhere, the only input is wrong, names of jobs are no names of folders, or options do not fit the jobs
 */
export async function queueOf(
  paths: readonly string[],
  options: JobOptions,
  note: Note,
  openLists = false,
): Promise<{ readonly jobs: readonly Queued[]; readonly unreadable: readonly Unreadable[] }> {
  const files: string[] = [];
  for (const path of paths) files.push(...(await inputFiles(nodeFiles, path)));
  const twice = files.find((file, at) => files.indexOf(file) !== at);
  if (twice !== undefined) throw new BadInputError(`the input ${twice} is named twice`);
  const read: { readonly job: Job; readonly file: string }[] = [];
  const unreadable: Unreadable[] = [];
  for (const file of files)
    try {
      const text = await decodeText(await nodeFiles.read(file), file);
      const found = await readEachJob(
        text,
        { file, files: nodeFiles, openLists },
        notesOf(note, files.length > 1 ? file : undefined),
      );
      read.push(...found.jobs.map((job) => ({ job, file })));
      unreadable.push(...found.wrong.map((each) => ({ ...each, file })));
    } catch (error) {
      if (files.length === 1) throw error;
      unreadable.push({ name: file, file, error });
    }
  const jobs = namedJobs(read, note);
  if (options.msa === false && options.pairedMsa)
    throw new BadInputError("--no-msa and --paired-msa contradict each other: leave out one of them");
  if (options.msa || options.pairedMsa) {
    if (jobs.length !== 1 || unreadable.length > 0)
      throw new BadInputError(
        `--msa and --paired-msa name chains of one job, and there are ${jobs.length + unreadable.length}: give MSAs in the inputs`,
      );
    const [only] = jobs;
    const { pairedMsa } = options;
    const unpairedMsa = options.msa || undefined;
    return {
      jobs: [withSeeds({ ...only, job: await withMsas(only.job, { unpairedMsa, pairedMsa }, nodeFiles) }, options)],
      unreadable,
    };
  }
  return { jobs: jobs.map((each) => withSeeds(each, options)), unreadable };
}

const withSeeds = (queued: Queued, { seeds = queued.job.seeds }: JobOptions): Queued => ({
  ...queued,
  job: { ...queued.job, seeds: [...new Set(seeds)] },
});

/** What stands for an input that could not be read, in a line. */
export const unreadableText = ({ file, error }: Unreadable): string => {
  const message = messageOf(error);
  return message.includes(file) ? message : `${file}: ${message}`;
};
