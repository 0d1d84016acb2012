/** What is to be predicted: the jobs of all inputs, with what options say of them. */
import { BadInputError, messageOf } from "../../errors.ts";
import type { Note } from "../../formats/config.ts";
import { inputFiles } from "../../pipeline/input/folder.ts";
import { fileName, type Job } from "../../pipeline/input/job.ts";
import { readJobs } from "../../pipeline/input/read.ts";
import { decodeText } from "../../pipeline/input/texts.ts";
import { nodeFiles } from "../../platform/node/files.ts";
import { type ChainFile, withMsas } from "./msas.ts";

export interface JobOptions {
  readonly seeds?: readonly number[];
  readonly msa?: readonly ChainFile[] | false;
  readonly pairedMsa?: readonly ChainFile[];
}

/** A job and the input that it was read from. */
export interface Queued {
  readonly job: Job;
  /** Of its folder and files. */
  readonly name: string;
  readonly file: string;
}

/** An input of several that cannot be read. */
export interface Unreadable {
  readonly file: string;
  readonly error: unknown;
}

/**
 * The jobs of files and folders, in this order. Of several inputs those that cannot be read are returned as such.
 * @param openLists whether lists of jobs that say no dialect may have more in them than AlphaFold Server's
 * @throws {BadInputError} if a path leads nowhere, the only input is wrong, two jobs have one name, or options do not fit the jobs
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
  const jobs: Queued[] = [];
  const unreadable: Unreadable[] = [];
  for (const file of files)
    try {
      const text = await decodeText(await nodeFiles.read(file), file);
      const found = await readJobs(text, { file, files: nodeFiles, openLists }, note);
      jobs.push(...found.map((job) => ({ job, name: fileName(job.name), file })));
    } catch (error) {
      if (files.length === 1) throw error;
      unreadable.push({ file, error });
    }
  checkNames(jobs);
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

/** @throws {BadInputError} if two jobs would share a folder; some disks do not tell small letters from capitals */
function checkNames(jobs: readonly Queued[]): void {
  const seen = new Map<string, Queued>();
  for (const each of jobs) {
    const other = seen.get(each.name.toLowerCase());
    if (other)
      throw new BadInputError(
        `${other.file}${other.file === each.file ? " has two jobs" : ` and ${each.file} have jobs`} of the name ${each.name}, which would share a folder`,
      );
    seen.set(each.name.toLowerCase(), each);
  }
}

/** What stands for an input that could not be read, in a line. */
export const unreadableText = ({ file, error }: Unreadable): string => {
  const message = messageOf(error);
  return message.includes(file) ? message : `${file}: ${message}`;
};
