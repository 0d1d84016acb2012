/**
 * Numbers that are derived from a confidence head's outputs, outside of the network (confidences.py of google-deepmind/alphafold3). All run over the real tokens; a number that has nothing to run over is NaN.
 */
import { numpySum } from "../formats/decimal.ts";
import { givenFields, givenFlag, givenNumber, givenNumbers } from "../formats/given.ts";

/** Values per pair of tokens [n, n], in row order. */
type PairValues = ArrayLike<number>;

/** The tokens of a structure, each [n]. */
export interface ScoredTokens {
  /** Chains. */
  readonly asymId: ArrayLike<number>;
  /** Which tokens are real. */
  readonly mask: ArrayLike<number>;
  /** Which tokens have a frame of their own that errors can be aligned to: ions and collinear ligands have none. */
  readonly frames: ArrayLike<number>;
}

/** The outputs of the heads that the scores are made of, by their names in golden cases. */
export interface ScoredOutputs {
  readonly tmscore_adjusted_pae_global: PairValues;
  readonly tmscore_adjusted_pae_interface: PairValues;
  readonly full_pae: PairValues;
  readonly full_pde: PairValues;
  readonly contact_probs: PairValues;
}

/** Scores of one structure. Matrices have a row per chain, in the order of `chains`. */
export interface Scores {
  /** From 0 to 1, as all TM-scores. */
  readonly ptm: number;
  /** NaN if there is one chain. */
  readonly iptm: number;
  /** The ids of the chains, ascending. */
  readonly chains: readonly number[];
  /** ipTM of every pair of chains; on the diagonal the chain's own pTM. */
  readonly chainPairIptm: readonly (readonly number[])[];
  /** Mean ipTM of a chain with each of the others. */
  readonly chainIptm: readonly number[];
  /** Least aligned error, Ångström, of a token of the column's chain seen from a token of the row's. */
  readonly chainPairPaeMin: readonly (readonly number[])[];
  /** How many contacts to expect between tokens of two chains. */
  readonly chainPairContacts: readonly (readonly number[])[];
  /** Mean distance error, Ångström, of pairs weighted by their probability of contact. */
  readonly contactPde: number;
  readonly rankingScore: number;
}

/** Weights of the ranking score. */
const IPTM_WEIGHT = 0.8;
const DISORDER_WEIGHT = 0.5;
const CLASH_PENALTY = 100;

/** Positions of the real tokens, of one chain if it is named. */
function positions({ asymId, mask }: ScoredTokens, chain?: number): number[] {
  return Array.from({ length: mask.length }, (_, token) => token).filter(
    (token) => mask[token] !== 0 && (chain === undefined || asymId[token] === chain),
  );
}

/**
 * The predicted TM-score of some tokens: the best of all alignments to one token's frame.
 * @param terms [n, n]: row i has the terms after aligning to token i
 * @param present the tokens that it runs over
 * @param interfaces whether only pairs of different chains count
 */
export function predictedTm(
  terms: PairValues,
  tokens: ScoredTokens,
  present: readonly number[],
  interfaces: boolean,
): number {
  const { asymId, frames } = tokens;
  const n = asymId.length;
  const columns = Int32Array.from(present);
  const sizes = new Map<number, number>();
  for (const j of columns) sizes.set(asymId[j], (sizes.get(asymId[j]) ?? 0) + 1);
  const row = new Float64Array(columns.length);
  let [best, pairs] = [0, 0];
  for (const i of columns) {
    if (frames[i] === 0) continue;
    const own = asymId[i];
    const others = columns.length - (interfaces ? (sizes.get(own) ?? 0) : 0);
    pairs += others;
    // Every term is weighted before they are added, in NumPy's order: the ranking score has all digits in a file.
    const weight = 1 / (1e-8 + others);
    for (let at = 0; at < row.length; at++) {
      const j = columns[at];
      row[at] = interfaces && asymId[j] === own ? 0 : terms[i * n + j] * weight;
    }
    best = Math.max(best, numpySum(row));
  }
  return pairs > 0 ? best : Number.NaN;
}

/** ipTM of every pair of chains, made of the terms whose d0 is that of the two chains; pTM on the diagonal. */
function chainPairIptm(terms: PairValues, tokens: ScoredTokens, chains: readonly number[]): number[][] {
  const members = chains.map((chain) => positions(tokens, chain));
  const upper = chains.map((_, a) =>
    chains.map((_, b) => {
      if (b < a) return Number.NaN;
      if (a === b) return predictedTm(terms, tokens, members[a], false);
      const both = [...members[a], ...members[b]].sort((one, other) => one - other);
      return predictedTm(terms, tokens, both, true);
    }),
  );
  return chains.map((_, a) => chains.map((_, b) => upper[Math.min(a, b)][Math.max(a, b)]));
}

/** A number for every pair of chains from the values of their pairs of tokens, of which there are too many for a list. */
function chainPairs(
  values: PairValues,
  tokens: ScoredTokens,
  chains: readonly number[],
  rows: (token: number) => boolean,
  start: number,
  reduce: (so: number, value: number) => number,
): number[][] {
  const n = tokens.asymId.length;
  const members = chains.map((chain) => positions(tokens, chain));
  return members.map((own) =>
    members.map((columns) => {
      let result = start;
      for (const i of own) if (rows(i)) for (const j of columns) result = reduce(result, values[i * n + j]);
      return result;
    }),
  );
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Scores that are made of the confidence head's aligned errors. */
export type AlignmentScores = Pick<
  Scores,
  "ptm" | "iptm" | "chains" | "chainPairIptm" | "chainIptm" | "chainPairPaeMin"
>;

/** What is known of a structure without its distance errors. */
export function alignmentScores(
  outputs: Pick<ScoredOutputs, "tmscore_adjusted_pae_global" | "tmscore_adjusted_pae_interface" | "full_pae">,
  tokens: ScoredTokens,
): AlignmentScores {
  const present = positions(tokens);
  const chains = [...new Set(present.map((token) => tokens.asymId[token]))].sort((a, b) => a - b);
  const pairs = chainPairIptm(outputs.tmscore_adjusted_pae_interface, tokens, chains);
  const framed = (token: number): boolean => tokens.frames[token] !== 0;
  // NaN is no number, and the least of nothing is none either.
  const least = chainPairs(outputs.full_pae, tokens, chains, framed, Number.POSITIVE_INFINITY, Math.min);
  return {
    // pTM and ipTM both take the terms whose d0 is that of all tokens.
    ptm: predictedTm(outputs.tmscore_adjusted_pae_global, tokens, present, false),
    iptm: predictedTm(outputs.tmscore_adjusted_pae_global, tokens, present, true),
    chains,
    chainPairIptm: pairs,
    chainIptm: pairs.map((row, a) => mean(row.filter((value, b) => a !== b && !Number.isNaN(value)))),
    chainPairPaeMin: least.map((row) => row.map((value) => (value === Number.POSITIVE_INFINITY ? Number.NaN : value))),
  };
}

/** The mean distance error of the pairs, weighted by their probability of contact. */
export function contactPde(errors: PairValues, contacts: PairValues, tokens: ScoredTokens): number {
  const present = positions(tokens);
  const n = tokens.asymId.length;
  let [sum, weight] = [0, 0];
  for (const i of present)
    for (const j of present) {
      sum += contacts[i * n + j] * errors[i * n + j];
      weight += contacts[i * n + j];
    }
  return sum / (weight + 1e-6);
}

/**
 * By which the samples are ranked, best first.
 * @param ptm pTM; NaN where it has nothing to run over
 * @param iptm ipTM; NaN if there is one chain, and then pTM alone counts
 * @param fractionDisordered of the residues, from 0 to 1: rewarded, since the network imagines order where there is none
 * @throws {BadInputError} if one of them is something else
 */
export function rankingScore(ptm: number, iptm: number, fractionDisordered: number, hasClash: boolean): number {
  if (!Number.isNaN(ptm)) givenNumber("ptm", ptm);
  if (!Number.isNaN(iptm)) givenNumber("iptm", iptm);
  givenNumber("fractionDisordered", fractionDisordered, 0, 1);
  givenFlag("hasClash", hasClash);
  const tm = Number.isNaN(iptm) ? ptm : IPTM_WEIGHT * iptm + (1 - IPTM_WEIGHT) * ptm;
  return tm + DISORDER_WEIGHT * fractionDisordered - CLASH_PENALTY * Number(hasClash);
}

const PAIRS = [
  "tmscore_adjusted_pae_global",
  "tmscore_adjusted_pae_interface",
  "full_pae",
  "full_pde",
  "contact_probs",
] as const;

function checkScored(outputs: unknown, tokens: unknown, about: unknown): void {
  givenFields("the outputs", `an object with the values of ${PAIRS.join(", ")}`, outputs);
  givenFields("the tokens", "an object with asymId, mask and frames", tokens);
  givenFields("the rest", "an object such as { fractionDisordered: 0, hasClash: false }", about);
  givenNumbers("asymId", tokens.asymId);
  const { length } = tokens.asymId;
  givenNumbers("mask", tokens.mask, length);
  givenNumbers("frames", tokens.frames, length);
  for (const name of PAIRS) givenNumbers(name, outputs[name], length * length);
  givenNumber("fractionDisordered", about.fractionDisordered, 0, 1);
  givenFlag("hasClash", about.hasClash);
}

/**
 * All scores of one structure.
 * @throws {BadInputError} if something is missing, or there is not a value for every token, or every pair of them
 */
export function scores(
  outputs: ScoredOutputs,
  tokens: ScoredTokens,
  about: { readonly fractionDisordered: number; readonly hasClash: boolean },
): Scores {
  checkScored(outputs, tokens, about);
  const { fractionDisordered, hasClash } = about;
  const aligned = alignmentScores(outputs, tokens);
  return {
    ...aligned,
    chainPairContacts: chainPairs(
      outputs.contact_probs,
      tokens,
      aligned.chains,
      () => true,
      0,
      (sum, value) => sum + value,
    ),
    contactPde: contactPde(outputs.full_pde, outputs.contact_probs, tokens),
    rankingScore: rankingScore(aligned.ptm, aligned.iptm, fractionDisordered, hasClash),
  };
}
