/** Structures and scores of what a whole network answers (Protenix' `runner/dumper.py`: fields of its summaries, in their order). */
import { BadInputError } from "../../errors.ts";
import { shapeText, type TensorMap } from "../../formats/tensor.ts";
import type { SampleScores as FileScores } from "../../pipeline/outputs/confidences.ts";
import type { Prediction, StructuredJob } from "../../pipeline/outputs/prediction.ts";
import { atomsOf, checkPlaces, type Structure } from "../../pipeline/outputs/structure.ts";
import type { TensorSpec } from "../core/component.ts";
import type { PredictionForm } from "../core/prediction.ts";
import { pairReductions } from "./confidence_head.ts";
import { atomPlddt, type PairErrors, type PairLogits, type SampleScores, sampleScores } from "./scores.ts";

/** Bins of lDDT, and of errors. */
const [PLDDT_BINS, ERROR_BINS] = [50, 64];
/** Digits of scores in their file. */
const DIGITS = 4;

const positions: TensorSpec = { name: "positions", shape: ["samples", "atoms", 3] };
const plddt: TensorSpec = { name: "plddt", shape: ["samples", "atoms", PLDDT_BINS] };
const contactProbs: TensorSpec = { name: "contact_probs", shape: ["tokens", "tokens"] };
const logits: readonly TensorSpec[] = ["pae", "pde"].map((name) => ({
  name,
  shape: ["samples", "tokens", "tokens", ERROR_BINS],
}));
const outputs: readonly TensorSpec[] = [positions, plddt, ...logits, contactProbs];
/** The same with four numbers for a pair, where its logits are 128. */
const reduced: readonly TensorSpec[] = [
  positions,
  plddt,
  ...pairReductions.map(({ name, shape }) => ({ name, shape })),
  contactProbs,
];

interface Checked {
  readonly samples: number;
  /** The values of a sample; of all where there is one for all. */
  values(name: string, sample: number): ArrayLike<number>;
}

function checked(given: TensorMap, { name, complex, tokens }: StructuredJob, specs: readonly TensorSpec[]): Checked {
  const find = (output: string) => {
    const tensor = given.get(output);
    if (!tensor) throw new BadInputError(`${name}: the network's outputs lack ${output}`);
    return tensor;
  };
  const [samples = 0] = find("positions").shape;
  const sizes: Readonly<Record<string, number>> = {
    samples,
    atoms: atomsOf(complex).length,
    tokens: tokens.length,
  };
  for (const spec of specs) {
    const { shape } = find(spec.name);
    const wanted = spec.shape.map((axis) => (typeof axis === "number" ? axis : sizes[axis]));
    if (shape.join() !== wanted.join())
      throw new BadInputError(
        `${name}: the output ${spec.name} has shape ${shapeText(shape)}, expected ${shapeText(wanted)} of ${samples} samples, ${sizes.tokens} tokens and ${sizes.atoms} atoms`,
      );
  }
  if (samples < 1) throw new BadInputError(`${name}: the network's outputs have no samples`);
  return {
    samples,
    values(output, sample) {
      const { shape, data } = find(output);
      if (!specs.some((spec) => spec.name === output && spec.shape[0] === "samples")) return data;
      const length = data.length / shape[0];
      return data.subarray(sample * length, (sample + 1) * length);
    },
  };
}

function structureOf(
  { name, complex }: StructuredJob,
  { values }: Checked,
  sample: number,
  own: Float32Array,
): Structure {
  const structure = {
    name,
    complex,
    atoms: atomsOf(complex),
    positions: values("positions", sample),
    plddt: own.map((value) => 100 * value),
  };
  checkPlaces(structure);
  return structure;
}

/** What is read of the features. */
const FEATURES = ["asym_id", "has_frame", "atom_to_token_idx", "is_ligand"] as const;

function scoredComplex(name: string, features: TensorMap) {
  const [asymId, hasFrame, atomToToken, isLigand] = FEATURES.map((feature) => {
    const found = features.get(feature)?.data;
    if (!found) throw new BadInputError(`${name}: the features lack ${feature}, of which scores are made`);
    return found;
  });
  return { asymId, hasFrame, atomToToken, isLigand };
}

/** A sample's file of scores, and what is told of them. */
const fileScores = (scores: SampleScores): FileScores => ({
  ptm: scores.ptm,
  iptm: scores.iptm,
  file: {
    digits: DIGITS,
    fields: {
      plddt: scores.plddt,
      gpde: scores.gpde,
      ptm: scores.ptm,
      iptm: scores.iptm,
      chain_gpde: scores.chainGpde,
      chain_pair_gpde: scores.chainPairGpde,
      chain_ptm: scores.chainPtm,
      chain_iptm: scores.chainIptm,
      chain_pair_iptm: scores.chainPairIptm,
      chain_pair_iptm_global: scores.chainPairIptmGlobal,
      chain_plddt: scores.chainPlddt,
      chain_pair_plddt: scores.chainPairPlddt,
      has_clash: scores.hasClash ? 1 : 0,
      disorder: 0, // the package counts none either
      ranking_score: scores.rankingScore,
    },
  },
  facts: [
    ["pLDDT", scores.plddt.toFixed(1)],
    ["Distance error of contacts", `${scores.gpde.toFixed(2)} Å`],
    ["Clashes", scores.hasClash ? "yes" : "no"],
  ],
  pairs: [
    {
      title: "ipTM of pairs of chains, pTM on the diagonal",
      values: scores.chainPairIptm.map((row, a) => row.map((value, b) => (a === b ? scores.chainPtm[a] : value))),
    },
    {
      title: "Distance error of contacts between chains, Å",
      values: scores.chainPairGpde.map((row, a) => row.map((value, b) => (a === b ? scores.chainGpde[a] : value))),
    },
  ],
});

function logitsOf(of: (spec: TensorSpec) => ArrayLike<number>): PairLogits {
  const [pae, pde] = logits.map(of);
  return { pae, pde };
}

function errorsOf(of: (spec: TensorSpec) => ArrayLike<number>): PairErrors {
  const [aligned, tmAll, tmChains, distance] = pairReductions.map(of);
  return { aligned, tmAll, tmChains, distance };
}

function* samples(job: StructuredJob, features: TensorMap, given: TensorMap, seed: number): Generator<Prediction> {
  const isReduced = !given.has("pae") && reduced.every(({ name }) => given.has(name));
  const found = checked(given, job, isReduced ? reduced : outputs);
  const complex = scoredComplex(job.name, features);
  const { tokens } = job;
  const tokenChainIds = tokens.map(({ chain }) => chain.id);
  const stride = tokens.length;
  for (let sample = 0; sample < found.samples; sample++) {
    const of = ({ name }: TensorSpec) => found.values(name, sample);
    const contacts = of(contactProbs);
    const scores = sampleScores(
      { positions: of(positions), plddt: of(plddt), pairs: isReduced ? errorsOf(of) : logitsOf(of), contacts },
      complex,
    );
    const structure = structureOf(job, found, sample, scores.atomPlddt);
    yield {
      seed,
      sample,
      structure,
      rankingScore: scores.rankingScore,
      summary: fileScores(scores),
      full: {
        atomChainIds: structure.atoms.map(({ chain }) => chain.id),
        atomPlddts: structure.plddt,
        tokenChainIds,
        tokenResidues: tokens.map(({ residue }) => residue.number),
        pae: { values: scores.errors, stride },
        contactProbs: { values: contacts, stride },
      },
    };
  }
}

export const predictions: PredictionForm = {
  outputs,
  reduced,
  structure(job, given, sample) {
    const found = checked(given, job, [positions, plddt]);
    if (sample >= found.samples)
      throw new BadInputError(`${job.name}: there is no sample ${sample}, for samples are 0 to ${found.samples - 1}`);
    return structureOf(job, found, sample, atomPlddt(found.values("plddt", sample), atomsOf(job.complex).length));
  },
  samples,
};
