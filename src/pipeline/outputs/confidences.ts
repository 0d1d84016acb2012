/** Confidences as AlphaFold 3 writes them (its `confidence_types.py`): digits, order and words of its JSON, NaN as null. */
import { numpyRound, pythonFloat } from "../../formats/decimal.ts";

/** Values of pairs of tokens, of which only those of real tokens are there. */
export interface PairTable {
  /** Row by row, `stride` apart. */
  readonly values: ArrayLike<number>;
  readonly stride: number;
}

/** The scores of a sample. Matrices have a row and a column per chain. */
export interface SummaryConfidences {
  readonly ptm: number;
  /** NaN if there is one chain. */
  readonly iptm: number;
  readonly fractionDisordered: number;
  readonly hasClash: boolean;
  readonly rankingScore: number;
  readonly chainPtm: readonly number[];
  readonly chainIptm: readonly number[];
  readonly chainPairIptm: readonly (readonly number[])[];
  /** Ångström. */
  readonly chainPairPaeMin: readonly (readonly number[])[];
  /** The chain of every token: AlphaFold 3's files have it so. */
  readonly tokenChainIds: readonly string[];
}

/** Confidences of atoms, tokens, and pairs of them. */
export interface FullConfidences {
  readonly atomChainIds: readonly string[];
  /** From 0 to 100. */
  readonly atomPlddts: ArrayLike<number>;
  readonly tokenChainIds: readonly string[];
  readonly tokenResidues: readonly number[];
  /** Aligned errors, ångström. */
  readonly pae: PairTable;
  readonly contactProbs: PairTable;
}

/** A number, a text, or lists of them; NaN is written as null. */
export type SummaryValue = number | string | readonly SummaryValue[];

/** What is known of a sample's scores, whichever its engine has. */
export interface SampleScores {
  /** NaN or 0 where there is nothing to say. */
  readonly ptm: number;
  readonly iptm: number;
  /** The file of scores: its fields in order, and digits behind the point. */
  readonly file: { readonly fields: Readonly<Record<string, SummaryValue>>; readonly digits: number };
  /** What else people are told in words. */
  readonly facts: readonly (readonly [what: string, text: string])[];
  /** Scores of every pair of chains, with a row and a column for each. */
  readonly pairs: readonly { readonly title: string; readonly values: readonly (readonly number[])[] }[];
}

/** Digits of everything in AlphaFold 3's summary. */
const SUMMARY_DIGITS = 2;

/** A value as Python's `json.dumps` writes it with an indent of 1. */
function summaryValue(value: SummaryValue, indent: string, digits: number): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return Number.isNaN(value) ? "null" : pythonFloat(numpyRound(value, digits));
  if (value.length === 0) return "[]";
  const inner = `${indent} `;
  return `[\n${value.map((item) => inner + summaryValue(item, inner, digits)).join(",\n")}\n${indent}]`;
}

/** AlphaFold 3's scores with its file and what is told of them. */
export const sampleScoresOf = (summary: SummaryConfidences): SummaryConfidences & SampleScores => ({
  ...summary,
  file: { digits: SUMMARY_DIGITS, fields: summaryFields(summary) },
  facts: [
    ["Disordered", `${Math.round(100 * summary.fractionDisordered)} % of the proteins' residues`],
    ["Clashes", summary.hasClash ? "yes" : "no"],
  ],
  pairs: [
    { title: "ipTM of pairs of chains, pTM on the diagonal", values: summary.chainPairIptm },
    { title: "Least aligned error, Å, from the row's chain", values: summary.chainPairPaeMin },
  ],
});

const summaryFields = (summary: SummaryConfidences): Readonly<Record<string, SummaryValue>> => ({
  chain_ids: summary.tokenChainIds,
  chain_iptm: summary.chainIptm,
  chain_pair_iptm: summary.chainPairIptm,
  chain_pair_pae_min: summary.chainPairPaeMin,
  chain_ptm: summary.chainPtm,
  fraction_disordered: summary.fractionDisordered,
  has_clash: summary.hasClash ? 1 : 0,
  iptm: summary.iptm,
  ptm: summary.ptm,
  ranking_score: summary.rankingScore,
});

/** The text of `summary_confidences.json`. @param warning a further key, behind all others */
export function summaryText({ file: { fields, digits } }: Pick<SampleScores, "file">, warning?: string): string {
  const all = { ...fields, ...(warning === undefined ? {} : { warning }) };
  const lines = Object.entries(all).map(
    ([name, value]) => ` ${JSON.stringify(name)}: ${summaryValue(value, " ", digits)}`,
  );
  return `{\n${lines.join(",\n")}\n}`;
}

/**
 * What writes numbers with a few digits: rounded in float32 and away from zero, of two digits the last one left out if it is 0.
 * @param most the largest number that is written
 */
function writer(digits: number, most: number): (value: number) => string {
  const power = 10 ** digits;
  const limit = Math.round(most * power);
  const texts = Array.from({ length: limit + 1 }, (_, count) => pythonFloat(count / power));
  return (value) => {
    if (Number.isNaN(value)) return "null";
    const count = Math.floor(Math.fround(value * power) + 0.5);
    return texts[count < 0 ? 0 : count > limit ? limit : count];
  };
}

const plddtText = writer(2, 99.99);
const probabilityText = writer(2, 1);
const errorText = writer(1, 99.9);

/** The rows of a table of pairs, one by one. */
function* pairRows({ values, stride }: PairTable, tokens: number, text: (value: number) => string): Generator<string> {
  for (let row = 0; row < tokens; row++) {
    const words: string[] = [];
    for (let column = 0; column < tokens; column++) words.push(text(values[row * stride + column]));
    yield `${row === 0 ? "" : ","}[${words.join(",")}]`;
  }
}

/** The text of `confidences.json`, in pieces: a large one has more letters than a string can. */
export function* fullText(full: FullConfidences, warning?: string): Generator<string> {
  const tokens = full.tokenChainIds.length;
  const list = (items: readonly (string | number)[]): string => JSON.stringify(items);
  yield `{\n  "atom_chain_ids": ${list(full.atomChainIds)},\n`;
  yield `  "atom_plddts": [${Array.from(full.atomPlddts, plddtText).join(",")}],\n  "contact_probs": [`;
  yield* pairRows(full.contactProbs, tokens, probabilityText);
  yield `],\n  "pae": [`;
  yield* pairRows(full.pae, tokens, errorText);
  yield `],\n  "token_chain_ids": ${list(full.tokenChainIds)},\n  "token_res_ids": ${list(full.tokenResidues)}`;
  yield warning === undefined ? "\n}" : `,\n  "warning": ${JSON.stringify(warning)}\n}`;
}
