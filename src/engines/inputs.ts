/** From inputs to features: what the package offers of it. */
import type { Note } from "../formats/config.ts";
import { givenFiles } from "../formats/files.ts";
import {
  givenContent,
  givenFields,
  givenFlag,
  givenFunction,
  givenList,
  givenText,
  givenWhole,
  knownFields,
  MOST_SEED,
} from "../formats/given.ts";
import type { TensorMap } from "../formats/tensor.ts";
import type { Job } from "../pipeline/input/job.ts";
import { readJobs } from "../pipeline/input/read.ts";
import type { InputSource } from "../pipeline/input/texts.ts";
import type { EngineName } from "./core/component.ts";
import { type FeaturiseOptions, featuriseInput, type InputOnly } from "./core/featurise.ts";
import { findEngine } from "./index.ts";

/** How features are made of an input (docs/features.md). */
export interface InputOptions extends Omit<FeaturiseOptions, "conformers">, InputOnly {
  /** Which of several jobs: its name, or its number from 1. */
  readonly job?: string | undefined;
}

const OPTIONS = [
  "seed",
  "buckets",
  "ccd",
  "job",
  "generateConformer",
  "keepMsaOverlaps",
  "fixStandaloneGlycans",
  "msa",
  "pairedAsUnpaired",
  "note",
];
const MOST_TOKENS = 2 ** 17;

/** @throws {BadInputError} unless they are an input's text, and where it is from */
export function givenInput(text: unknown, source: unknown): void {
  givenContent("the text", text);
  givenSource(source);
}

function givenSource(value: unknown): void {
  givenFields("the source", 'an object such as { file: "job.json" }', value);
  knownFields("the source", value, ["file", "files"]);
  givenText("the source's file", "a file's name", value.file);
  if (value.files !== undefined) givenFiles(value.files, "read", "stream", "exists");
}

/**
 * The jobs of an input: AlphaFold 3's JSON (versions 1 to 4), a list of AlphaFold Server jobs, FASTA, or an a3m with ColabFold's first line.
 * @param text the file's content
 * @param source its name, and what reads the files that it names
 * @param note told what was guessed or drawn
 * @throws {BadInputError} in one sentence, with the place in the JSON or the line
 */
export async function parseInput(text: string, source: InputSource, note: Note = () => {}): Promise<Job[]> {
  givenInput(text, source);
  givenFunction("note", note);
  return readJobs(text, source, note);
}

/**
 * An engine's features of the only job of an input, by name: what `checkFeatures` and `loadFeatures` take, but for what the engine's own pipeline
 * leaves to the network. MSAs have their real rows alone.
 * @param text as for {@link parseInput}
 * @throws {BadInputError} in one sentence, if the input is wrong, or the engine makes no features of inputs
 */
export async function featurise(
  engine: EngineName,
  text: string,
  source: InputSource,
  options: InputOptions = {},
): Promise<TensorMap> {
  const found = findEngine(engine);
  givenInput(text, source);
  givenFields("the options", "an object such as { seed: 1 }", options);
  knownFields("the options", options as Readonly<Record<string, unknown>>, OPTIONS);
  const { seed, buckets, ccd, job, note } = options;
  if (seed !== undefined) givenWhole("seed", seed, 0, MOST_SEED);
  if (buckets !== undefined) {
    givenList("buckets", "an array of sizes", buckets);
    buckets.forEach((size, at) => {
      givenWhole(`buckets[${at}]`, size, 1, MOST_TOKENS);
    });
  }
  if (ccd !== undefined) givenText("ccd", "a path", ccd);
  if (job !== undefined) givenText("job", "a job's name, or its number as text", job);
  for (const flag of ["keepMsaOverlaps", "fixStandaloneGlycans", "msa", "pairedAsUnpaired"] as const)
    if (options[flag] !== undefined) givenFlag(flag, options[flag]);
  givenFunction("generateConformer", options.generateConformer);
  givenFunction("note", note);
  return (await featuriseInput(found, text, source, options)).tensors;
}
