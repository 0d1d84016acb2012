/** One job: its features, what is said of them, and its results in its folder. */
import type { Engine } from "../../engines/core/engine.ts";
import { type Featurised, featuriseJob, type JobOptions } from "../../engines/core/featurise.ts";
import { savedOutputs } from "../../engines/core/prediction.ts";
import { BadInputError } from "../../errors.ts";
import type { Note } from "../../formats/config.ts";
import { writeNpz } from "../../formats/npz_writer.ts";
import type { TensorMap } from "../../formats/tensor.ts";
import type { Job } from "../../pipeline/input/job.ts";
import { writeJob } from "../../pipeline/input/write.ts";
import { type OutputOptions, rankingText } from "../../pipeline/outputs/files.ts";
import { termsText, warningOf } from "../../pipeline/outputs/metadata.ts";
import { nodeFiles } from "../../platform/node/files.ts";
import { counted } from "../../words.ts";
import { alignedOnServer } from "../align.ts";
import { sizesText } from "../features_of_input.ts";
import type { Queued } from "./inputs.ts";
import type { JobFolder, RunRecord, Scored } from "./job_folder.ts";
import { jobPage, PAGE } from "./page.ts";
import { viewerScript } from "./page_view.ts";
import { resultsOf } from "./results.ts";
import { withoutSearch } from "./settings.ts";

/** How features of jobs are made. */
export type Making = { readonly engine: Engine } & Omit<JobOptions, "seed" | "note">;

/**
 * A job with the MSAs that a server finds. Whether it is finished is asked before: its folder knows it as the input has it, and the server.
 * @throws {UnavailableError} if the server is away or fails
 */
export async function searched(queued: Queued, server: string | undefined): Promise<Queued> {
  return server === undefined ? queued : { ...queued, job: await alignedOnServer(queued.job, server) };
}

/** The features of a job for one seed. @throws {BadInputError} if the job is wrong */
export function featuresOf(
  { engine, ...options }: Making,
  queued: Queued,
  seed: number,
  note: Note,
): Promise<Featurised> {
  return featuriseJob(engine, queued.job, { file: queued.file, files: nodeFiles }, { ...options, seed, note });
}

/** Tokens, atoms, rows of the MSA and templates, in a line. */
export function madeText(made: Featurised, { entities }: Job): string {
  const templates = entities.reduce(
    (sum, entity) => sum + (entity.kind === "ligand" ? 0 : entity.ids.length * (entity.templates?.length ?? 0)),
    0,
  );
  return `${sizesText(made)}, ${counted(templates, "template")}`;
}

/** How the results of a job are written. */
export interface Writing extends OutputOptions {
  /** Without it only those of which no structure can be written; `never` where they are in a file already. */
  readonly saveOutputs: boolean | "never";
  /** Whose outputs they are made of. */
  readonly engine: Engine;
  readonly record: Pick<RunRecord, "settings" | "about">;
}

/**
 * Makes structures and scores of a seed's outputs, and adds them to the folder.
 * @throws {BadInputError} if they cannot be written in the format that was asked for; then the outputs are kept, for a network may have run for hours
 */
export async function keepSeed(
  folder: JobFolder,
  made: Featurised,
  outputs: TensorMap,
  seed: number,
  writing: Writing,
): Promise<void> {
  const { engine, saveOutputs, randomWeights, record } = writing;
  const kept = `seed-${seed}_outputs.npz`;
  const beside = (): Uint8Array => writeNpz(savedOutputs(outputs, randomWeights));
  try {
    const results = resultsOf(engine, folder.name, made, outputs, seed, writing);
    await folder.add(seed, results, record, new Map(saveOutputs === true ? [[kept, beside()]] : []));
  } catch (error) {
    if (!(error instanceof BadInputError) || saveOutputs === "never") throw error;
    const file = await folder.file(kept, beside()).catch(() => undefined);
    if (file === undefined) throw error;
    throw new BadInputError(`${error.message}; the network's outputs are kept for --from-outputs: ${file}`);
  }
}

/** Writes what a job has at its top: the best sample, the ranking, and the job itself. */
export async function finishJob(folder: JobFolder, job: Job, writing: Writing): Promise<Scored> {
  const samples = folder.done;
  const best = folder.best();
  const warning = warningOf(writing);
  await folder.file("ranking_scores.csv", rankingText(samples, warning));
  await folder.file("data.json", writeJob(withoutSearch(job)));
  if (writing.terms) await folder.top("TERMS_OF_USE.md", termsText(writing.terms));
  if (warning !== undefined) await folder.top("RANDOM_WEIGHTS.txt", `${warning}.\n`);
  const model = `model.${writing.format === "pdb" ? "pdb" : "cif"}`;
  const text = await folder.sampleText(best, model);
  const shown = { file: `${folder.name}_${model}`, text, viewer: await viewerScript() };
  await folder.finish(best, writing.record, (file, content) =>
    file === PAGE ? jobPage(content.toString("utf8"), samples, shown) : content,
  );
  return best;
}
