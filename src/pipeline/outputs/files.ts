/** The files of a prediction, in AlphaFold 3's tree. Nothing is written here: paths below the job's folder, and texts in pieces. */
import { pythonFloat } from "../../formats/decimal.ts";
import type { Job } from "../input/job.ts";
import { fileName } from "../input/job.ts";
import { writeJob } from "../input/write.ts";
import { fullText, summaryText } from "./confidences.ts";
import { type Publication, type Terms, termsText, warningOf } from "./metadata.ts";
import { mmcifText } from "./mmcif.ts";
import { pdbText } from "./pdb.ts";
import type { Prediction } from "./prediction.ts";
import type { Structure } from "./structure.ts";

export interface OutputOptions {
  /** `mmcif` if none is named. */
  readonly format?: "mmcif" | "pdb" | undefined;
  /** Confidences of all pairs of tokens too, which are large. */
  readonly fullConfidences?: boolean | undefined;
  /** Terms of use of the weights, which go with whatever they made (an engine's `terms`). */
  readonly terms?: Terms | undefined;
  /** The paper on the implementation whose network it was (an engine's `publication`). */
  readonly publication?: Publication | undefined;
  /** The seed of random weights: all files say that they mean nothing. */
  readonly randomWeights?: number | undefined;
}

/** A file to be written. */
export interface OutputFile {
  /** Below the job's folder, with `/` between folders. */
  readonly path: string;
  /** The text in pieces, made whenever they are iterated over. A wrong input is refused before the first of them. */
  readonly chunks: Iterable<string>;
}

/** A sample and its score. */
export type Ranked = Pick<Prediction, "seed" | "sample" | "rankingScore">;

/** The folder of a sample, and a part of its files' names. */
export const sampleName = ({ seed, sample }: Pick<Ranked, "seed" | "sample">): string =>
  `seed-${seed}_sample-${sample}`;

/** What samples are compared by: one without a score is behind all others. */
export const rankOf = ({ rankingScore }: Pick<Ranked, "rankingScore">): number =>
  Number.isNaN(rankingScore) ? Number.NEGATIVE_INFINITY : rankingScore;

/** The best of some samples: of equal ones the first. Undefined if there is none. */
export function bestOf<Sample extends Ranked>(samples: Iterable<Sample>): Sample | undefined {
  let best: Sample | undefined;
  for (const sample of samples) if (!best || rankOf(sample) > rankOf(best)) best = sample;
  return best;
}

/**
 * A structure as the text of a file, in pieces.
 * @param model which of several models it is, such as `seed-1_sample-0`
 * @throws {BadInputError} if an atom is nowhere, or the format cannot hold the structure
 */
export function structureText(structure: Structure, model: string, options: OutputOptions = {}): Iterable<string> {
  const { format = "mmcif", terms, publication, randomWeights } = options;
  const source = { terms, publication, randomWeights, model };
  // PDB is checked at once: whether it can hold a structure is asked before there is one.
  return format === "pdb" ? pdbText(structure, source) : pieces(() => mmcifText(structure, source));
}

/** What makes its pieces anew for everybody who iterates. */
const pieces = (make: () => Iterable<string>): Iterable<string> => ({
  [Symbol.iterator]: () => make()[Symbol.iterator](),
});

/** The structure and the confidences of a sample. @param prefix of their paths */
function filesOf(prediction: Prediction, prefix: string, options: OutputOptions): OutputFile[] {
  const warning = warningOf(options);
  const ending = options.format === "pdb" ? "pdb" : "cif";
  return [
    {
      path: `${prefix}_model.${ending}`,
      chunks: structureText(prediction.structure, sampleName(prediction), options),
    },
    { path: `${prefix}_summary_confidences.json`, chunks: [summaryText(prediction.summary, warning)] },
    ...(options.fullConfidences
      ? [{ path: `${prefix}_confidences.json`, chunks: pieces(() => fullText(prediction.full, warning)) }]
      : []),
  ];
}

/** The files of a sample, in a folder of its own: they can be written as soon as it is done. */
export function sampleFiles(prediction: Prediction, options: OutputOptions = {}): OutputFile[] {
  const sample = sampleName(prediction);
  return filesOf(prediction, `${sample}/${prediction.structure.name}_${sample}`, options);
}

/** The text of `ranking_scores.csv`: lines end as Python's csv ends them. */
export function rankingText(samples: Iterable<Ranked>, warning?: string): string {
  const marked = (line: string, mark: string): string => (warning === undefined ? line : `${line},${mark}`);
  const lines = [marked("seed,sample,ranking_score", "warning")];
  for (const { seed, sample, rankingScore } of samples)
    lines.push(marked(`${seed},${sample},${pythonFloat(rankingScore)}`, `"${warning}"`));
  return lines.map((line) => `${line}\r\n`).join("");
}

/**
 * The files of a whole job, beside its samples' folders: the best sample's, the scores of all, and the job.
 * @param samples all, in order of seed and sample
 * @param best one of them ({@link bestOf})
 */
export function jobFiles(
  job: Job,
  samples: Iterable<Ranked>,
  best: Prediction,
  options: OutputOptions = {},
): OutputFile[] {
  const name = fileName(job.name);
  const warning = warningOf(options);
  return [
    ...filesOf(best, name, options),
    { path: `${name}_ranking_scores.csv`, chunks: [rankingText(samples, warning)] },
    { path: `${name}_data.json`, chunks: [writeJob(job)] },
    ...(options.terms ? [{ path: "TERMS_OF_USE.md", chunks: [termsText(options.terms)] }] : []),
    ...(warning === undefined ? [] : [{ path: "RANDOM_WEIGHTS.txt", chunks: [`${warning}.\n`] }]),
  ];
}
