/** Features made of inputs, by engines whose own pipeline is here. */
import { BadInputError } from "../../errors.ts";
import type { Note } from "../../formats/config.ts";
import type { Npz } from "../../formats/npz.ts";
import { type HostTensor, shapeText } from "../../formats/tensor.ts";
import type { Complex } from "../../pipeline/complex.ts";
import type { Component } from "../../pipeline/dictionary/component.ts";
import { type Components, openDictionary, readUserCcd } from "../../pipeline/dictionary/dictionary.ts";
import { readDictionaryFile } from "../../pipeline/dictionary/file.ts";
import { componentCodes, type Job } from "../../pipeline/input/job.ts";
import { readJob } from "../../pipeline/input/read.ts";
import type { InputSource } from "../../pipeline/input/texts.ts";
import { isPosition } from "../../pipeline/positions.ts";
import type { Token } from "../../pipeline/tokens.ts";
import type { Engine } from "./engine.ts";
import { type ConformerGenerator, generatedConformers } from "./generated_conformers.ts";

/** What a conformer is for: the features, or the frames, which have one of their own. */
export type ConformerUse = "reference" | "frames";

/**
 * Where conformers come from: coordinates [atoms, 3] in ångström of all of a component's atoms, of the dictionary by name and of a SMILES as
 * written with its hydrogens behind; undefined where those of the dictionary are to be used. `index` counts the uses.
 */
export type ConformerSource = (component: Component, use: ConformerUse, index: number) => ArrayLike<number> | undefined;

export interface FeaturiseOptions {
  /** Of the model; the job's first if none is given. */
  readonly seed?: number | undefined;
  /** Sizes that tokens are padded to, the engine's own if none are given; an empty list pads nothing. */
  readonly buckets?: readonly number[] | undefined;
  /** Without it, and where it has none, conformers are the dictionary's ideal coordinates. */
  readonly conformers?: ConformerSource | undefined;
  /** Keeps unpaired rows of MSAs that are paired too. */
  readonly keepMsaOverlaps?: boolean | undefined;
  /** Keeps the atom O1 of sugars that nothing is bonded to. */
  readonly fixStandaloneGlycans?: boolean | undefined;
  /** Whether MSAs of the input are used; they are if nothing is said. */
  readonly msa?: boolean | undefined;
  /** Whether paired rows of MSAs count among the unpaired ones too; they do if nothing is said. */
  readonly pairedAsUnpaired?: boolean | undefined;
  /** Told what was guessed, left out or is missing, and why. */
  readonly note?: Note | undefined;
}

/** Features of a job. MSAs have their real rows alone. */
export interface Featurised {
  readonly tensors: Map<string, HostTensor>;
  readonly complex: Complex;
  /** Without padding. */
  readonly tokens: readonly Token[];
}

/** Options of which not every engine has a use for each, with what stands for them where nothing is said. */
export const ownJobOptions = {
  buckets: undefined,
  keepMsaOverlaps: false,
  fixStandaloneGlycans: false,
  msa: true,
  pairedAsUnpaired: true,
} as const;
export type OwnJobOption = keyof typeof ownJobOptions;

/** What an engine makes of jobs. */
export interface JobPipeline {
  /** Chains, atoms and tokens. @throws {BadInputError} naming the component, atom or SMILES that nobody knows */
  describe(job: Job, dictionary: Components, options: FeaturiseOptions): Pick<Featurised, "complex" | "tokens">;
  /** The features. @throws {BadInputError} in one sentence, naming the chain and what is wrong with it */
  featurise(job: Job, dictionary: Components, options: FeaturiseOptions): Featurised;
  /** Those that it has a use for. */
  readonly options: readonly OwnJobOption[];
  /** Whether a list of jobs that says no dialect may have more in it than AlphaFold Server's ({@link InputSource}). */
  readonly openLists?: boolean;
}

/** What is asked for beside the options of features. */
export interface InputOnly {
  /** Path of a dictionary of components beside those that come with the package: mmCIF or BinaryCIF, plain or packed with gzip. */
  readonly ccd?: string | undefined;
  /** Makes conformers of SMILES, which have zeros without it; not together with `conformers`. */
  readonly generateConformer?: ConformerGenerator | undefined;
}

export type JobOptions = FeaturiseOptions & InputOnly;

/**
 * The features of the only job of an input, or of the one that is chosen.
 * @param text the input: AlphaFold 3's JSON, a list of AlphaFold Server jobs, FASTA, or ColabFold's a3m
 * @param source its name, and what reads the files that it names
 * @throws {BadInputError} in one sentence, if the engine makes none or the input is wrong
 */
export async function featuriseInput(
  engine: Engine,
  text: string,
  source: InputSource,
  options: JobOptions & { readonly job?: string | undefined } = {},
): Promise<Featurised> {
  const job = await readJob(text, sourceFor(engine, source), options.note ?? (() => {}), options.job);
  return featuriseJob(engine, job, source, options);
}

/** @throws {BadInputError} if the engine makes no features of inputs */
export function pipelineOf({ name, features }: Engine): JobPipeline {
  if (features.jobs) return features.jobs;
  throw new BadInputError(`${name}'s features are not made of inputs: give them as a file, or make synthetic ones`);
}

/** An input as this engine reads it. @throws {BadInputError} if the engine makes no features of inputs */
export const sourceFor = (engine: Engine, source: InputSource): InputSource => ({
  ...source,
  openLists: pipelineOf(engine).openLists,
});

/** The first option that is given, though the engine has no use for it. */
export function uselessOption(engine: Engine, options: FeaturiseOptions): OwnJobOption | undefined {
  const { options: useful } = pipelineOf(engine);
  const names = Object.keys(ownJobOptions) as OwnJobOption[];
  return names.find(
    (name) => options[name] !== undefined && options[name] !== ownJobOptions[name] && !useful.includes(name),
  );
}

/**
 * The features of a job.
 * @param source what it was read from
 * @throws {BadInputError} in one sentence, if the engine makes none or the job is wrong
 */
export async function featuriseJob(
  engine: Engine,
  job: Job,
  source: InputSource,
  options: JobOptions = {},
): Promise<Featurised> {
  const { featurise } = pipelineOf(engine);
  const useless = uselessOption(engine, options);
  if (useless) throw new BadInputError(`${engine.name} has no use for the option ${useless}: leave it out`);
  const dictionary = await dictionaryFor(job, source, options.ccd);
  const { conformers, generateConformer, seed = job.seeds[0], note = () => {} } = options;
  const conformersOf = generateConformer ? await generatedConformers(job, seed, generateConformer, note) : conformers;
  return featurise(job, dictionary, { ...options, conformers: conformersOf });
}

/**
 * The components that a job may name: those that come with the package, those of a dictionary, and its own.
 * @param ccd path of the dictionary
 * @throws {BadInputError} if the dictionary or the job's own components are wrong
 */
export async function dictionaryFor(job: Job, source: InputSource, ccd?: string): Promise<Components> {
  const given = job.userCcd === null ? [] : readUserCcd(job.userCcd, source.file);
  if (ccd !== undefined && !source.files)
    throw new BadInputError(`ccd names the file ${ccd}, which cannot be read from here: give files with the source`);
  const beside =
    ccd !== undefined && source.files ? await readDictionaryFile(source.files, ccd, componentCodes(job)) : [];
  return openDictionary(beside, given);
}

/** Conformers from an archive, in order of use: `reference_000`, `frames_000` and so on, [atoms, 3] each. */
export function recordedConformers(archive: Npz): ConformerSource {
  return ({ code, atoms, smiles }, use, index) => {
    const name = `${use}_${String(index).padStart(3, "0")}`;
    const { shape, data } = archive.read(name);
    const fits = smiles === undefined ? shape[0] === atoms.length : shape[0] >= atoms.length;
    if (shape.length !== 2 || shape[1] !== 3 || !fits)
      throw new BadInputError(
        `${archive.file}: ${name} has shape ${shapeText(shape)}, expected [${smiles === undefined ? "" : "at least "}${atoms.length}, 3] for ${code}`,
      );
    if (!isPosition(data))
      throw new BadInputError(`${archive.file}: ${name} has numbers that are no places in ångström`);
    return data;
  };
}
