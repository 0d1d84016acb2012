/** From a network's outputs to structures with their scores (AlphaFold 3's `model.get_inference_result`). */
import { BadInputError } from "../../errors.ts";
import { type HostTensor, shapeText, type TensorMap } from "../../formats/tensor.ts";
import type { Complex } from "../complex.ts";
import { alignmentScores, rankingScore, type ScoredTokens } from "../scores.ts";
import { TOKEN_SLOTS, type Token } from "../tokens.ts";
import { hasClash } from "./clashes.ts";
import { type FullConfidences, type SampleScores, type SummaryConfidences, sampleScoresOf } from "./confidences.ts";
import { atomsOf, checkPlaces, type Structure } from "./structure.ts";
import { fractionDisordered } from "./surface.ts";

/** What a structure is of. */
export interface StructuredJob {
  /** The name of its files. */
  readonly name: string;
  readonly complex: Complex;
  /** Without padding. */
  readonly tokens: readonly Token[];
}

/** What a network predicted a structure of. */
export interface PredictedJob extends StructuredJob {
  /** Which tokens have a frame, [n] or fewer without padding: the feature `frames_mask`. */
  readonly frames: ArrayLike<number>;
}

/** One sample. */
export interface Prediction<Summary extends SampleScores = SampleScores> {
  readonly seed: number;
  /** From 0. */
  readonly sample: number;
  readonly structure: Structure;
  readonly summary: Summary;
  readonly full: FullConfidences;
  readonly rankingScore: number;
}

/** The outputs that structures and scores are made of, with their shapes; tokens are those of the features, padding too. */
export const predictionShapes = {
  positions: ["samples", "tokens", TOKEN_SLOTS, 3],
  contact_probs: ["tokens", "tokens"],
  predicted_lddt: ["samples", "tokens", TOKEN_SLOTS],
  full_pae: ["samples", "tokens", "tokens"],
  tmscore_adjusted_pae_global: ["samples", "tokens", "tokens"],
  tmscore_adjusted_pae_interface: ["samples", "tokens", "tokens"],
} as const;
type OutputName = keyof typeof predictionShapes;

const ALL = Object.keys(predictionShapes) as readonly OutputName[];
const STRUCTURE: readonly OutputName[] = ["positions", "predicted_lddt"];

interface Checked {
  readonly samples: number;
  readonly size: number;
  /** The values of a sample; of all where there is one for all. */
  values(name: OutputName, sample: number): ArrayLike<number>;
}

/** @param names of the outputs that are to be read, `positions` first */
function checked(outputs: TensorMap, { name, tokens }: StructuredJob, names: readonly OutputName[]): Checked {
  const find = (output: string): HostTensor => {
    const tensor = outputs.get(output);
    if (!tensor) throw new BadInputError(`${name}: the network's outputs lack ${output}`);
    return tensor;
  };
  const [samples = 0, size = 0] = find("positions").shape;
  const sizes = { samples, tokens: size };
  for (const output of names) {
    const expected = predictionShapes[output].map((axis) => (typeof axis === "number" ? axis : sizes[axis]));
    const found = find(output).shape;
    if (found.join() !== expected.join())
      throw new BadInputError(
        `${name}: the output ${output} has shape ${shapeText(found)}, expected ${shapeText(expected)} as positions has ${samples} samples of ${size} tokens`,
      );
  }
  if (samples < 1) throw new BadInputError(`${name}: the network's outputs have no samples`);
  if (size < tokens.length)
    throw new BadInputError(`${name}: the network's outputs are of ${size} tokens, but the job has ${tokens.length}`);
  return {
    samples,
    size,
    values(output, sample) {
      const { shape, data } = find(output);
      if (predictionShapes[output][0] !== "samples") return data;
      const length = data.length / shape[0];
      return data.subarray(sample * length, (sample + 1) * length);
    },
  };
}

/** The values of the slots that hold an atom, `width` numbers each. */
function ofAtoms(values: ArrayLike<number>, tokens: readonly Token[], width: number): Float32Array {
  const found: number[] = [];
  tokens.forEach(({ atoms }, token) => {
    atoms.forEach((atom, slot) => {
      if (atom) for (let at = 0; at < width; at++) found.push(values[(token * TOKEN_SLOTS + slot) * width + at]);
    });
  });
  return Float32Array.from(found);
}

function scoredTokens(tokens: readonly Token[], frames: ArrayLike<number>, size: number): ScoredTokens {
  const [asymId, mask] = [new Int32Array(size), new Int32Array(size)];
  const chains = [...new Set(tokens.map(({ chain }) => chain))];
  const numbers = new Map(chains.map((chain, index) => [chain, index + 1]));
  tokens.forEach(({ chain }, token) => {
    asymId[token] = numbers.get(chain) ?? 0;
    mask[token] = 1;
  });
  return { asymId, mask, frames };
}

function structureOf({ name, complex, tokens }: StructuredJob, { values }: Checked, sample: number): Structure {
  const structure = {
    name,
    complex,
    atoms: atomsOf(complex),
    positions: ofAtoms(values("positions", sample), tokens, 3),
    plddt: ofAtoms(values("predicted_lddt", sample), tokens, 1),
  };
  checkPlaces(structure);
  return structure;
}

/**
 * The structure of one sample.
 * @param outputs positions [S, n, 24, 3] in ångström and predicted_lddt [S, n, 24], for n tokens, padding too
 * @throws {BadInputError} if an output is missing, does not fit the others or the job, or places an atom nowhere
 */
export function sampleStructure(job: StructuredJob, outputs: TensorMap, sample: number): Structure {
  const found = checked(outputs, job, STRUCTURE);
  if (sample >= found.samples)
    throw new BadInputError(`${job.name}: there is no sample ${sample}, for samples are 0 to ${found.samples - 1}`);
  return structureOf(job, found, sample);
}

/**
 * The structures of one seed, sample by sample, as they are asked for: an iteration takes a second for thousands of residues.
 * @param outputs positions [S, n, 24, 3] in ångström, predicted_lddt [S, n, 24], full_pae, tmscore_adjusted_pae_global and
 *   tmscore_adjusted_pae_interface [S, n, n], contact_probs [n, n], for n tokens, padding too. The arrays are kept, not copied
 * @throws {BadInputError} if an output is missing, does not fit the others or the job, or places an atom nowhere
 */
export function* predictions(
  job: PredictedJob,
  outputs: TensorMap,
  seed: number,
): Generator<Prediction<SummaryConfidences & SampleScores>> {
  const found = checked(outputs, job, ALL);
  const { samples, size, values } = found;
  const { name, tokens, frames } = job;
  if (frames.length < tokens.length)
    throw new BadInputError(
      `${name}: ${frames.length} tokens are said to have a frame or none, expected ${tokens.length}`,
    );
  const tokenChainIds = tokens.map(({ chain }) => chain.id);
  const scored = scoredTokens(tokens, frames, size);
  for (let sample = 0; sample < samples; sample++) {
    const structure = structureOf(job, found, sample);
    const aligned = alignmentScores(
      {
        tmscore_adjusted_pae_global: values("tmscore_adjusted_pae_global", sample),
        tmscore_adjusted_pae_interface: values("tmscore_adjusted_pae_interface", sample),
        full_pae: values("full_pae", sample),
      },
      scored,
    );
    const [disordered, clash] = [fractionDisordered(structure), hasClash(structure)];
    const ranking = rankingScore(aligned.ptm, aligned.iptm, disordered, clash);
    yield {
      seed,
      sample,
      structure,
      rankingScore: ranking,
      summary: sampleScoresOf({
        ...aligned,
        fractionDisordered: disordered,
        hasClash: clash,
        rankingScore: ranking,
        chainPtm: aligned.chainPairIptm.map((row, chain) => row[chain]),
        tokenChainIds,
      }),
      full: {
        atomChainIds: structure.atoms.map(({ chain }) => chain.id),
        atomPlddts: structure.plddt,
        tokenChainIds,
        tokenResidues: tokens.map(({ residue }) => residue.number),
        pae: { values: values("full_pae", sample), stride: size },
        contactProbs: { values: values("contact_probs", sample), stride: size },
      },
    };
  }
}
