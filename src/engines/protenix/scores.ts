/** Scores of one sample from the confidence head's logits (Protenix' `model/sample_confidence.py`, `metrics/clash.py`). */
import { tmScale } from "../../model/confidence.ts";
import { Cells } from "../../pipeline/cells.ts";

/** What is expected of the errors of pairs, [tokens, tokens] each. */
export interface PairErrors {
  /** Aligned errors, ångström. */
  readonly aligned: ArrayLike<number>;
  /** Terms of the TM-scores of all tokens, and of the pair's one or two chains. */
  readonly tmAll: ArrayLike<number>;
  readonly tmChains: ArrayLike<number>;
  /** Errors of distances, ångström. */
  readonly distance: ArrayLike<number>;
}

/** Logits of bins of errors, [tokens, tokens, 64] each: of aligned errors and of errors of distances. */
export interface PairLogits {
  readonly pae: ArrayLike<number>;
  readonly pde: ArrayLike<number>;
}

/** What a network answers for one sample. */
export interface ScoredSample {
  /** Ångström, [atoms, 3]. */
  readonly positions: ArrayLike<number>;
  /** Logits of bins of lDDT, [atoms, 50]. */
  readonly plddt: ArrayLike<number>;
  readonly pairs: PairErrors | PairLogits;
  /** [tokens, tokens] */
  readonly contacts: ArrayLike<number>;
}

/** What is scored, by the features' names. */
export interface ScoredComplex {
  /** The chain of each token, from 0 without gaps. */
  readonly asymId: ArrayLike<number>;
  readonly hasFrame: ArrayLike<number>;
  /** Of each atom. */
  readonly atomToToken: ArrayLike<number>;
  readonly isLigand: ArrayLike<number>;
}

/** Scores of one sample. Lists have a number per chain, matrices one for each pair; their diagonals are 0. */
export interface SampleScores {
  /** From 0 to 100, the mean of all atoms. */
  readonly plddt: number;
  /** Mean distance error, ångström, of pairs weighted by their probability of contact. */
  readonly gpde: number;
  /** 0 where nothing has a frame. */
  readonly ptm: number;
  /** 0 where there is one chain. */
  readonly iptm: number;
  readonly hasClash: boolean;
  readonly rankingScore: number;
  readonly chainGpde: readonly number[];
  readonly chainPairGpde: readonly (readonly number[])[];
  readonly chainPtm: readonly number[];
  readonly chainIptm: readonly number[];
  readonly chainPairIptm: readonly (readonly number[])[];
  /** From the chains' ipTM: of a ligand its own, of two polymers the mean of both. */
  readonly chainPairIptmGlobal: readonly (readonly number[])[];
  /** From 0 to 1. */
  readonly chainPlddt: readonly number[];
  readonly chainPairPlddt: readonly (readonly number[])[];
  /** From 0 to 1, [atoms]. */
  readonly atomPlddt: Float32Array;
  /** Mean aligned errors, ångström, [tokens, tokens]. */
  readonly errors: ArrayLike<number>;
}

const PLDDT_BINS = 50;
const [ERROR_BINS, MOST_ERROR] = [64, 32];
const [CLASH, MOST_CLASHES, MOST_PART] = [1.1, 100, 0.5];
const [IPTM_WEIGHT, PTM_WEIGHT, CLASH_PENALTY] = [0.8, 0.2, 100];
const EPSILON = 1e-8;

/** Middles of bins of equal width from 0. */
const middles = (bins: number, most: number): Float64Array =>
  Float64Array.from({ length: bins }, (_, bin) => ((bin + 0.5) * most) / bins);
const PLDDT = middles(PLDDT_BINS, 1);
const ERRORS = middles(ERROR_BINS, MOST_ERROR);

/** Middles of bins of errors, ångström. */
export const errorBins = (bins: number): Float64Array => middles(bins, MOST_ERROR);

/** How much an error of each bin counts among so many tokens, from 0 to 1. */
const tmWeights = (tokens: number): Float64Array => ERRORS.map((error) => 1 / (1 + (error / tmScale(tokens)) ** 2));

/** Puts the probabilities of one row of logits into `into`. */
function softmax(logits: ArrayLike<number>, from: number, into: Float64Array): void {
  let most = Number.NEGATIVE_INFINITY;
  for (let bin = 0; bin < into.length; bin++) most = Math.max(most, logits[from + bin]);
  let sum = 0;
  for (let bin = 0; bin < into.length; bin++) {
    into[bin] = Math.exp(logits[from + bin] - most);
    sum += into[bin];
  }
  for (let bin = 0; bin < into.length; bin++) into[bin] /= sum;
}

const expected = (probabilities: Float64Array, values: Float64Array): number =>
  probabilities.reduce((sum, value, bin) => sum + value * values[bin], 0);

function expectations(logits: ArrayLike<number>, bins: Float64Array, rows: number): Float32Array {
  const probabilities = new Float64Array(bins.length);
  return Float32Array.from({ length: rows }, (_, row) => {
    softmax(logits, row * bins.length, probabilities);
    return expected(probabilities, bins);
  });
}

/** Mean lDDT of atoms from 0 to 1. @param logits [atoms, 50] */
export const atomPlddt = (logits: ArrayLike<number>, atoms: number): Float32Array => expectations(logits, PLDDT, atoms);

/** A matrix of chains. */
const matrix = (chains: number, value: (row: number, column: number) => number): number[][] =>
  Array.from({ length: chains }, (_, row) => Array.from({ length: chains }, (_, column) => value(row, column)));
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** All scores of a sample. */
export function sampleScores(sample: ScoredSample, complex: ScoredComplex): SampleScores {
  const { asymId, atomToToken } = complex;
  const tokens = asymId.length;
  const all = Array.from({ length: tokens }, (_, token) => token);
  const members = [...new Set(Array.from(asymId))].map((chain) => all.filter((token) => asymId[token] === chain));
  const pairs = "aligned" in sample.pairs ? sample.pairs : pairErrors(sample.pairs, members, complex);
  const aligned = tmScores(pairs, members, complex);
  const errors = pairs.distance;
  const weighted = (rows: readonly number[], columns: readonly number[], epsilon: number): number => {
    let [sum, weight] = [0, 0];
    for (const i of rows)
      for (const j of columns) {
        const contact = sample.contacts[i * tokens + j];
        sum += errors[i * tokens + j] * contact;
        weight += contact;
      }
    return sum / (weight + epsilon);
  };
  const lddt = atomPlddt(sample.plddt, atomToToken.length);
  const sums = members.map(() => [0, 0] as [sum: number, count: number]);
  for (let atom = 0; atom < atomToToken.length; atom++) {
    const own = sums[asymId[atomToToken[atom]]];
    own[0] += lddt[atom];
    own[1]++;
  }
  const apart = (value: (row: number, column: number) => number): number[][] =>
    matrix(members.length, (row, column) => (row === column ? 0 : value(row, column)));
  const { ptm, iptm, chainIptm } = aligned;
  const clash = hasClash(sample.positions, complex, members.length);
  const isLigand = ligandChains(complex, members);
  const total = sums.reduce(([sum, count], [a, b]) => [sum + a, count + b], [0, 0]);
  return {
    ...aligned,
    plddt: (100 * total[0]) / total[1],
    gpde: weighted(all, all, 0),
    hasClash: clash,
    rankingScore: IPTM_WEIGHT * iptm + PTM_WEIGHT * ptm - (clash ? CLASH_PENALTY : 0),
    chainGpde: members.map((own) => weighted(own, own, EPSILON)),
    chainPairGpde: apart((row, column) =>
      weighted(members[Math.min(row, column)], members[Math.max(row, column)], EPSILON),
    ),
    chainPairIptmGlobal: apart((row, column) => {
      if (isLigand[row]) return chainIptm[row];
      return isLigand[column] ? chainIptm[column] : mean([chainIptm[row], chainIptm[column]]);
    }),
    chainPlddt: sums.map(([sum, count]) => sum / count),
    chainPairPlddt: apart((row, column) => (sums[row][0] + sums[column][0]) / (sums[row][1] + sums[column][1])),
    atomPlddt: lddt,
  };
}

/** What is expected under the logits. */
function pairErrors(
  { pae, pde }: PairLogits,
  chains: readonly (readonly number[])[],
  { asymId }: ScoredComplex,
): PairErrors {
  const tokens = asymId.length;
  const ofAll = tmWeights(tokens);
  const ofChains = matrix(chains.length, () => 0).map((row, a) =>
    row.map((_, b) => tmWeights(a === b ? chains[a].length : chains[a].length + chains[b].length)),
  );
  const aligned = new Float32Array(tokens * tokens);
  const [tmAll, tmChains] = [new Float64Array(aligned.length), new Float64Array(aligned.length)];
  const probabilities = new Float64Array(ERROR_BINS);
  for (let at = 0; at < aligned.length; at++) {
    softmax(pae, at * ERROR_BINS, probabilities);
    aligned[at] = expected(probabilities, ERRORS);
    tmAll[at] = expected(probabilities, ofAll);
    tmChains[at] = expected(probabilities, ofChains[asymId[Math.floor(at / tokens)]][asymId[at % tokens]]);
  }
  return { aligned, tmAll, tmChains, distance: expectations(pde, ERRORS, tokens * tokens) };
}

/** TM-scores from aligned errors: rows are aligned to tokens with a frame, and the best of them counts. */
function tmScores(
  { aligned, tmAll, tmChains }: PairErrors,
  chains: readonly (readonly number[])[],
  { asymId, hasFrame }: ScoredComplex,
) {
  const tokens = asymId.length;
  let [ptm, iptm] = [0, 0];
  const chainPtm = chains.map(() => 0);
  const pairs = matrix(chains.length, () => 0);
  for (let i = 0; i < tokens; i++) {
    const chain = asymId[i];
    const [whole, own] = [chains.map(() => 0), chains.map(() => 0)];
    for (let j = 0; j < tokens; j++) {
      whole[asymId[j]] += tmAll[i * tokens + j];
      own[asymId[j]] += tmChains[i * tokens + j];
    }
    if (hasFrame[i] === 0) continue;
    const sum = whole.reduce((all, value) => all + value, 0);
    ptm = Math.max(ptm, sum / tokens);
    iptm = Math.max(iptm, (sum - whole[chain]) / (EPSILON + tokens - chains[chain].length));
    chainPtm[chain] = Math.max(chainPtm[chain], own[chain] / chains[chain].length);
    for (let other = 0; other < chains.length; other++) {
      if (other === chain) continue;
      const value = Math.max(pairs[chain][other], own[other] / (EPSILON + chains[other].length));
      pairs[chain][other] = value;
      pairs[other][chain] = value;
    }
  }
  const framed = chains.map((own) => own.some((token) => hasFrame[token] !== 0));
  const chainIptm = chains.map((_, a) => {
    const values = chains.flatMap((_, b) => {
      if (a === b) return [];
      return [...(framed[a] ? [pairs[a][b]] : []), ...(framed[b] ? [pairs[b][a]] : [])];
    });
    return values.length === 0 ? 0 : mean(values);
  });
  return { ptm, iptm, chainPtm, chainIptm, chainPairIptm: pairs, errors: aligned };
}

/** Chains of which half or more are ligands' tokens; half of one token is none. */
function ligandChains({ atomToToken, isLigand }: ScoredComplex, members: readonly (readonly number[])[]): boolean[] {
  const ligands = new Set<number>();
  for (let atom = 0; atom < atomToToken.length; atom++) if (isLigand[atom] !== 0) ligands.add(atomToToken[atom]);
  return members.map((own) => own.filter((token) => ligands.has(token)).length >= Math.floor(own.length / 2));
}

/** Whether two polymers lie in each other: more than 100 pairs of their atoms, or more than half as many as the smaller one has atoms. */
function hasClash(
  positions: ArrayLike<number>,
  { asymId, atomToToken, isLigand }: ScoredComplex,
  chains: number,
): boolean {
  const polymers = Array.from({ length: atomToToken.length }, (_, atom) => atom).filter((atom) => isLigand[atom] === 0);
  const chainOf = (point: number): number => asymId[atomToToken[polymers[point]]];
  const points = polymers.flatMap((atom) => [0, 1, 2].map((axis) => positions[3 * atom + axis]));
  const cells = new Cells(points, CLASH);
  const sizes = new Int32Array(chains);
  const pairs = new Int32Array(chains * chains);
  for (let point = 0; point < polymers.length; point++) {
    const chain = chainOf(point);
    sizes[chain]++;
    for (const other of cells.near(point)) {
      const against = chainOf(other);
      if (against <= chain) continue;
      const apart = Math.hypot(...[0, 1, 2].map((axis) => points[3 * point + axis] - points[3 * other + axis]));
      if (apart < CLASH) pairs[chain * chains + against]++;
    }
  }
  return pairs.some((count, at) => {
    const smaller = Math.min(sizes[Math.floor(at / chains)], sizes[at % chains]);
    return count > MOST_CLASHES || count / smaller > MOST_PART;
  });
}
