/** MSA features of a complex (Protenix' `data/msa/msa_featurizer.py`, `msa_utils.py`). */
import { parseA3m, type Row } from "../../../formats/a3m.ts";
import { float32, type HostTensor, int32 } from "../../../formats/tensor.ts";
import type { Chain, Complex } from "../../../pipeline/complex.ts";
import type { PolymerKind } from "../../../pipeline/input/job.ts";
import {
  type AlignmentRules,
  alignmentOf,
  alone,
  isAligned,
  isPaired,
  uniprotSpecies,
} from "../../../pipeline/msa/alignment.ts";
import { alignmentsOfChains, profileFeatures } from "../../../pipeline/msa/chains.ts";
import { aminoAcidOf } from "../../../pipeline/msa/classes.ts";
import { type ChainAlignments, mergeRows } from "../../../pipeline/msa/merge.ts";
import { UNKNOWN } from "../../../pipeline/residues.ts";
import { columnsOf, type Token } from "../../../pipeline/tokens.ts";
import { classes } from "./classes.ts";
import { oneHot } from "./tokens.ts";

/** Deletions are counted to here, and by how many of them their value is half of 1. */
const [MOST_DELETIONS, HALF] = [127, 3];

/** A header of UniRef, whose name has the species behind the accession. */
const UNIREF = /^UniRef100_[^_]+_([^_/]+)/;

const rules: AlignmentRules = {
  classes,
  species: (description) => uniprotSpecies(description.trim()) || (UNIREF.exec(description.trim())?.[1] ?? ""),
  startsWithQuery: false,
};

/** How high rows stand together: the sum of the logarithms of their places, in float32. Where a chain has none, it adds nothing. */
function rowRank(rows: readonly number[]): number {
  return rows.reduce((sum, row) => Math.fround(sum + Math.fround(Math.log(Math.fround(Math.abs(row) + 1e-10)))), 0);
}

/** Classes of a chain's letters as they stand in the input, whatever is modified; of ligands X for each component. */
function queryOf({ entity, residues }: Chain): Uint8Array {
  if (entity.kind === "ligand") return new Uint8Array(residues.length).fill(UNKNOWN);
  const { kind } = entity;
  return Uint8Array.from(entity.sequence, (letter) =>
    classes.of(kind, kind === "protein" ? aminoAcidOf(letter) : letter),
  );
}

/** The first of rows that are equal but for what is inserted. */
function distinct(rows: readonly Row[]): Row[] {
  const seen = new Set<string>();
  return rows.filter(({ sequence }) => {
    const key = sequence.replace(/[a-z]/g, "");
    return !seen.has(key) && seen.add(key);
  });
}

/** @throws {BadInputError} naming the chain and the row that is wrong */
function alignmentsOf(complex: Complex, pairedAsUnpaired: boolean): ChainAlignments[] {
  const pairing = isPaired(complex);
  return alignmentsOfChains(complex, (chain): ChainAlignments => {
    const { entity, id } = chain;
    const query = queryOf(chain);
    const none = alone(query, classes.gap);
    const use = (rows: readonly Row[], kind: PolymerKind, what: string) =>
      alignmentOf(rows, kind, query, rules, `the ${what} MSA of chain ${id}`);
    if (entity.kind === "ligand" || !isAligned(chain)) return { unpaired: none, paired: none };
    const [unpaired, paired] = [parseA3m(entity.unpairedMsa ?? ""), parseA3m(entity.pairedMsa ?? "")];
    const isProtein = entity.kind === "protein";
    const own = isProtein && pairedAsUnpaired ? [...paired, ...unpaired] : unpaired;
    return {
      unpaired: use(distinct(own), entity.kind, "unpaired"),
      paired: pairing && isProtein ? use(paired, entity.kind, "paired") : none,
    };
  });
}

/** The features of a complex without MSAs: one row of the tokens' own classes. */
export function withoutMsa(kinds: Int32Array): [string, HostTensor][] {
  const size = kinds.length;
  return [
    ["msa", int32([1, size], kinds.slice())],
    ["has_deletion", float32([1, size], new Float32Array(size))],
    ["deletion_value", float32([1, size], new Float32Array(size))],
    ["profile", float32([size, classes.count], oneHot(kinds))],
    ["deletion_mean", float32([size], new Float32Array(size))],
  ];
}

/**
 * The features of the MSA: paired rows, then unpaired ones. Of all but proteins, rows that are gaps along the whole chain repeat the first row.
 * @param pairedAsUnpaired whether paired rows count among the unpaired ones too (the package's `msa_pair_as_unpair`)
 */
export function msaFeatures(
  complex: Complex,
  tokens: readonly Token[],
  pairedAsUnpaired: boolean,
): [string, HostTensor][] {
  const chains = alignmentsOf(complex, pairedAsUnpaired);
  const merged = mergeRows(chains, isPaired(complex) ? rowRank : undefined, false);
  const [{ rows }, size] = [merged, tokens.length];
  const msa = new Int32Array(rows * size);
  const [has, value] = [new Float32Array(rows * size), new Float32Array(rows * size)];
  const gaps = complex.chains.map(({ entity }, chain) =>
    entity.kind === "protein" ? undefined : gapRows(merged, chain, chains[chain].unpaired.columns),
  );
  columnsOf(complex, tokens).forEach(([chain, column], token) => {
    merged.column(chain, column, (row, residue, deletions) => {
      const at = row * size + token;
      const counted = Math.min(MOST_DELETIONS, deletions);
      msa[at] = gaps[chain]?.[row] ? msa[token] : residue;
      has[at] = Math.min(1, counted);
      value[at] = Math.atan(counted / HALF) * (2 / Math.PI);
    });
  });
  return [
    ["msa", int32([rows, size], msa)],
    ["has_deletion", float32([rows, size], has)],
    ["deletion_value", float32([rows, size], value)],
    ...profileFeatures(complex, tokens, chains, size, classes.count),
  ];
}

/** Which rows are gaps in all columns of a chain. */
function gapRows(merged: ReturnType<typeof mergeRows>, chain: number, columns: number): Uint8Array {
  const gaps = new Uint8Array(merged.rows).fill(1);
  for (let column = 0; column < columns; column++)
    merged.column(chain, column, (row, residue) => {
      if (residue !== classes.gap) gaps[row] = 0;
    });
  return gaps;
}
