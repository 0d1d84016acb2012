/** Names of jobs as names of files and folders: what they lose, and which of them cannot be. */
import { BadInputError } from "../errors.ts";
import type { Note } from "../formats/config.ts";
import { shown } from "../formats/given.ts";
import { fileName, type Job, MOST_NAME } from "../pipeline/input/job.ts";
import { visible } from "../words.ts";

/** A job and the input that it was read from. */
export interface NamedJob {
  readonly job: Job;
  /** Of its folder and files. */
  readonly name: string;
  readonly file: string;
}

/**
 * Jobs with the names of their files. Before any work, for what cannot be written would be lost behind it.
 * @param note told which names have letters that files are not named of
 * @throws {BadInputError} if a name is too long, or two would share a folder; some disks do not tell small letters from capitals
 */
export function namedJobs(
  jobs: readonly { readonly job: Job; readonly file: string }[],
  note: Note,
): readonly NamedJob[] {
  const named = jobs.map(({ job, file }) => ({ job, file, name: fileName(job.name) }));
  const seen = new Map<string, NamedJob>();
  for (const each of named) {
    const { job, file, name } = each;
    if (name.length > MOST_NAME)
      throw new BadInputError(
        visible(
          `${file}: the name ${shown(job.name)} has ${name.length} letters, and files are named after it: it should have at most ${MOST_NAME}`,
        ),
      );
    const other = seen.get(name.toLowerCase());
    if (other) throw new BadInputError(visible(sharedText(other, each)));
    seen.set(name.toLowerCase(), each);
  }
  for (const { job, name } of named)
    if (name !== job.name.replaceAll(" ", "_"))
      note(`the files of the job ${shown(job.name)} are named ${name}: of other letters files are not named`);
  return named;
}

function sharedText(one: NamedJob, other: NamedJob): string {
  const whose = `${one.file}${one.file === other.file ? " has two jobs" : ` and ${other.file} have jobs`}`;
  const names = new Set([one.job.name, other.job.name]);
  const which =
    names.size === 1
      ? `of the name ${one.name}`
      : `whose files would be named alike (${[...names].map(shown).join(", ")})`;
  return `${whose} ${which}, which would share a folder: give one of them another name`;
}
