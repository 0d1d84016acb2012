/** From outputs to files: what the package offers of it. */
import { givenFields, givenFlag, givenName, givenText, givenWhole, knownFields, MOST_SEED } from "../formats/given.ts";
import { givenTensors, type TensorMap } from "../formats/tensor.ts";
import { fileName, type Job } from "../pipeline/input/job.ts";
import { readJob } from "../pipeline/input/read.ts";
import type { InputSource } from "../pipeline/input/texts.ts";
import {
  bestOf,
  jobFiles,
  type OutputFile,
  type OutputOptions,
  sampleFiles,
  sampleName,
  structureText,
} from "../pipeline/outputs/files.ts";
import type { EngineName } from "./core/component.ts";
import type { Engine } from "./core/engine.ts";
import { dictionaryFor, pipelineOf, sourceFor } from "./core/featurise.ts";
import { predictionForm } from "./core/prediction.ts";
import { findEngine } from "./index.ts";
import { givenInput } from "./inputs.ts";

/** What is said of a job once more, as when its features were made. */
interface JobOptions {
  /** Which of several jobs: its name, or its number from 1. */
  readonly job?: string | undefined;
  /** Of the model; the job's first if none is given. */
  readonly seed?: number | undefined;
  /** Path of a dictionary of components beside those that come with the package. */
  readonly ccd?: string | undefined;
  /** Keeps the atom O1 of sugars that nothing is bonded to. */
  readonly fixStandaloneGlycans?: boolean | undefined;
}

/** How files are written. */
export interface FileOptions extends JobOptions {
  /** `mmcif` if none is named. */
  readonly format?: "mmcif" | "pdb" | undefined;
  /** Writes the terms of use that go with outputs of the repository's own weights. */
  readonly terms?: boolean | undefined;
  /** The seed of random weights: all files then say that they mean nothing. */
  readonly randomWeights?: number | undefined;
}

/** How one structure is written. */
export interface StructureOptions extends FileOptions {
  /** Which sample, from 0; the first if none is named. */
  readonly sample?: number | undefined;
}

/** How the files of a prediction are written. */
export interface PredictionOptions extends FileOptions {
  /** Confidences of all pairs of tokens too, which are large. */
  readonly fullConfidences?: boolean | undefined;
}

const OPTIONS = ["job", "seed", "ccd", "fixStandaloneGlycans", "format", "terms", "randomWeights"];
const MOST_SAMPLES = 2 ** 16;

/** @throws {BadInputError} naming the option that is wrong */
function givenFileOptions(options: unknown, own: "sample" | "fullConfidences"): void {
  givenFields("the options", 'an object such as { format: "pdb" }', options);
  knownFields("the options", options, [...OPTIONS, own]);
  for (const seed of ["seed", "randomWeights"])
    if (options[seed] !== undefined) givenWhole(seed, options[seed], 0, MOST_SEED);
  for (const flag of ["fixStandaloneGlycans", "terms", "fullConfidences"])
    if (options[flag] !== undefined) givenFlag(flag, options[flag]);
  if (options.format !== undefined) givenName("format", options.format, ["mmcif", "pdb"]);
  if (options.ccd !== undefined) givenText("ccd", "a path", options.ccd);
  if (options.job !== undefined) givenText("job", "a job's name, or its number as text", options.job);
  if (options.sample !== undefined) givenWhole("sample", options.sample, 0, MOST_SAMPLES);
}

/** The only job of an input, with its atoms. */
async function opened(
  engine: Engine,
  text: string,
  source: InputSource,
  { ccd, job: which, fixStandaloneGlycans = false }: JobOptions,
) {
  const job = await readJob(text, sourceFor(engine, source), () => {}, which);
  const dictionary = await dictionaryFor(job, source, ccd);
  return { job, name: fileName(job.name), ...pipelineOf(engine).describe(job, dictionary, { fixStandaloneGlycans }) };
}

const outputOptions = (engine: Engine, { terms, ...options }: PredictionOptions): OutputOptions => ({
  ...options,
  terms: terms ? engine.terms : undefined,
  publication: engine.publication,
});
const seedOf = (job: Job, { seed = job.seeds[0] }: JobOptions): number => seed;

/**
 * A predicted structure as the text of a file, whose B factors are confidences (pLDDT, 0 to 100).
 * @param engine whose network it was
 * @param text the input, as for {@link parseInput}
 * @param source its name, and what reads the files that it names
 * @param outputs of the network, of n tokens with padding: positions [samples, n, 24, 3] in ångström, predicted_lddt [samples, n, 24]
 * @returns mmCIF in ModelCIF's categories, or PDB
 * @throws {BadInputError} in one sentence, if the input is wrong, the outputs do not fit it, or the format cannot hold the structure
 */
export async function writeStructure(
  engine: EngineName,
  text: string,
  source: InputSource,
  outputs: TensorMap,
  options: StructureOptions = {},
): Promise<string> {
  const found = findEngine(engine);
  givenInput(text, source);
  givenTensors("outputs", outputs);
  givenFileOptions(options, "sample");
  const { sample = 0 } = options;
  const { structure } = predictionForm(found);
  const { job, ...of } = await opened(found, text, source, options);
  const model = sampleName({ seed: seedOf(job, options), sample });
  return [...structureText(structure(of, outputs, sample), model, outputOptions(found, options))].join("");
}

/**
 * All files of one seed's prediction, as AlphaFold 3 names them: per sample its structure and confidences in a folder, and beside the folders the
 * best sample's, the ranking scores of all, and the input. Texts come in pieces, made when they are iterated over.
 * @param features of the job: `frames_mask` is read, which tokens have a frame
 * @param outputs as for {@link writeStructure}, and full_pae, tmscore_adjusted_pae_global, tmscore_adjusted_pae_interface [samples, n, n] and
 *   contact_probs [n, n]
 * @throws {BadInputError} in one sentence, if the input is wrong, the outputs do not fit it, or the format cannot hold the structure
 */
export async function predictionFiles(
  engine: EngineName,
  text: string,
  source: InputSource,
  features: TensorMap,
  outputs: TensorMap,
  options: PredictionOptions = {},
): Promise<OutputFile[]> {
  const found = findEngine(engine);
  givenInput(text, source);
  givenTensors("features", features);
  givenTensors("outputs", outputs);
  givenFileOptions(options, "fullConfidences");
  const form = predictionForm(found);
  const { job, ...of } = await opened(found, text, source, options);
  const all = [...form.samples(of, features, outputs, seedOf(job, options))];
  const written = outputOptions(found, options);
  const best = bestOf(all);
  return [...all.flatMap((one) => sampleFiles(one, written)), ...(best ? jobFiles(job, all, best, written) : [])];
}
