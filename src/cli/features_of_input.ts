/** `af3-gpu features INPUT`: from a sequence to an engine's features. */
import type { Command } from "commander";
import type { Engine } from "../engines/core/engine.ts";
import {
  type Featurised,
  type FeaturiseOptions,
  featuriseInput,
  type JobOptions,
  type OwnJobOption,
  recordedConformers,
  uselessOption,
} from "../engines/core/featurise.ts";
import { BadInputError } from "../errors.ts";
import { Npz } from "../formats/npz.ts";
import { decodeText } from "../pipeline/input/texts.ts";
import { openConformers } from "../platform/node/conformers/generator.ts";
import { nodeFiles } from "../platform/node/files.ts";
import { tensorEndings } from "../platform/node/tensor_files.ts";
import { counted } from "../words.ts";
import { stop } from "./context.ts";
import { noteOnce, remark } from "./output.ts";

export interface InputOptions {
  readonly seed?: number;
  readonly buckets?: readonly number[];
  readonly conformers?: string;
  readonly ccd?: string;
  readonly job?: string;
  readonly keepMsaOverlaps?: boolean;
  readonly fixStandaloneGlycans?: boolean;
  /** False: without MSAs. What else there may be says something else. */
  readonly msa?: unknown;
  readonly pairedAsUnpaired?: boolean;
}

/** Options that only inputs have a use for. */
export const INPUT_OPTIONS = [
  "job",
  "buckets",
  "conformers",
  "ccd",
  "keepMsaOverlaps",
  "fixStandaloneGlycans",
  "msa",
  "pairedAsUnpaired",
] as const;

/** Whether an option was given that only inputs have a use for: these two are there unless they are turned off. */
export const isInputOption = (name: (typeof INPUT_OPTIONS)[number], options: InputOptions): boolean =>
  name === "msa" || name === "pairedAsUnpaired" ? options[name] === false : options[name] !== undefined;

/** Adds what says how features are made of an input. @param before stands before each explanation */
export const withInputOptions = (command: Command, before = ""): Command =>
  command
    .option(
      "--buckets <list>",
      `${before}sizes that tokens are padded to, or exact (default the engine's own)`,
      buckets,
    )
    .option(
      "--conformers <source>",
      `${before}ideal, generated (for SMILES; needs openchemlib), or an .npz of conformers (default ideal)`,
    )
    .option("--ccd <file>", `${before}a dictionary of components beside those that are shipped, mmCIF or BinaryCIF`)
    .option("--keep-msa-overlaps", `${before}keep unpaired rows that are paired too`)
    .option("--fix-standalone-glycans", `${before}keep O1 of sugars that nothing is bonded to`)
    .option("--no-msa", `${before}leave MSAs of the input unused`)
    .option("--no-paired-as-unpaired", `${before}count paired rows of MSAs among the paired ones alone`);

/** Options as the pipelines know them. @throws {BadInputError} if one is given that the engine has no use for */
export function madeWith(engine: Engine, options: InputOptions): FeaturiseOptions {
  const { buckets, keepMsaOverlaps, fixStandaloneGlycans, pairedAsUnpaired } = options;
  const made = {
    buckets,
    keepMsaOverlaps,
    fixStandaloneGlycans,
    msa: options.msa !== false,
    pairedAsUnpaired: pairedAsUnpaired !== false,
  };
  const useless = uselessOption(engine, made);
  if (useless) throw new BadInputError(`${engine.name} has no use for ${FLAGS[useless]}: leave it out`);
  return made;
}

const FLAGS: Readonly<Record<OwnJobOption, string>> = {
  buckets: "--buckets",
  keepMsaOverlaps: "--keep-msa-overlaps",
  fixStandaloneGlycans: "--fix-standalone-glycans",
  msa: "--no-msa",
  pairedAsUnpaired: "--no-paired-as-unpaired",
};

/** Whether a file is an input, and no features. */
export const isInput = (file: string): boolean => !tensorEndings.some((ending) => file.toLowerCase().endsWith(ending));

/** A list of sizes, or `exact` for none. */
function buckets(text: string): readonly number[] {
  if (text === "exact") return [];
  const sizes = text.split(",").map((size) => (/^\d{1,6}$/.test(size.trim()) ? Number(size) : 0));
  if (sizes.includes(0)) throw new BadInputError(`--buckets should be sizes such as 256,512, or exact, not "${text}"`);
  return sizes;
}

/** @throws {BadInputError} if the input is wrong, or `--conformers` */
export async function featuresOfInput(engine: Engine, file: string, options: InputOptions): Promise<Featurised> {
  const { conformers, job, ccd, seed } = options;
  const made = { ...madeWith(engine, options), job, ccd, seed };
  const source = await openConformerSource(conformers);
  try {
    const text = await decodeText(await nodeFiles.read(file), file);
    const note = noteOnce();
    const found = await featuriseInput(engine, text, { file, files: nodeFiles }, { ...made, ...source.options, note });
    remark(sizesText(found));
    return found;
  } finally {
    await source.dispose();
  }
}

/** Where conformers come from, until it is disposed of. */
export interface OpenedConformers {
  readonly options: Pick<JobOptions, "conformers" | "generateConformer">;
  dispose(): Promise<void>;
}

/** Opens what `--conformers` names. @throws {BadInputError} if there is no such source */
export async function openConformerSource(given = "ideal"): Promise<OpenedConformers> {
  const nothing = async (): Promise<void> => {};
  if (given === "ideal") return { options: {}, dispose: nothing };
  if (given === "generated") {
    const thread = openConformers({ signal: stop.signal });
    return { options: { generateConformer: thread.make }, dispose: () => thread.dispose() };
  }
  if (!given.toLowerCase().endsWith(".npz"))
    throw new BadInputError(`--conformers should be ideal, generated, or an .npz file of conformers, not "${given}"`);
  const archive = new Npz(await nodeFiles.read(given), given);
  return { options: { conformers: recordedConformers(archive) }, dispose: nothing };
}

/** Tokens, atoms and rows, in a line. */
export function sizesText({ tensors, tokens }: Featurised): string {
  const [rows, size] = tensors.get("msa")?.shape ?? [0, 0];
  const padded = size === tokens.length ? "" : `, padded to ${size}`;
  const atoms = tokens.reduce((sum, token) => sum + token.atoms.filter(Boolean).length, 0);
  return `${counted(tokens.length, "token")}${padded}, ${counted(atoms, "atom")}, ${counted(rows, "row")} of the MSA`;
}
