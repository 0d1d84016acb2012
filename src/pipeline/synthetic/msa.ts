/** Synthetic alignments: relatives of the query with mutations, gaps and deletions. */
import { RandomStream } from "../../formats/random.ts";
import { AMINO_ACIDS, GAP } from "../residues.ts";
import type { Assembly } from "./assembly.ts";

/** An alignment over all tokens; padding has class 0 and no deletions. */
export interface Alignment {
  /** [rows, tokens] classes. */
  readonly classes: Int32Array;
  /** [rows, tokens] residues that were cut out before this one. */
  readonly deletions: Int32Array;
}

/**
 * Row 0 is the query. Of the others, row m covers all chains if m is a multiple of (chains + 1), as paired rows do, else one chain and
 * gaps elsewhere. Ligands have gaps in every row.
 * @param name prefix of the streams, so that alignments for several passes differ
 */
export function alignment({ seed, size, tokens, proteinChains }: Assembly, name: string, rows: number): Alignment {
  const [classes, deletions] = [new Int32Array(rows * size), new Int32Array(rows * size)];
  for (let row = 0; row < rows; row++) {
    const draw = (what: string, bound: number) =>
      new RandomStream(seed, `${name}/${what}/${row}`).integers(tokens.length, bound);
    const [kinds, residues, cuts] = [draw("kind", 16), draw("class", AMINO_ACIDS), draw("deletion", 64)];
    const covered = row % (proteinChains + 1);
    tokens.forEach(({ aatype, chain, ligandAtom }, token) => {
      const at = row * size + token;
      const absent = ligandAtom !== undefined || (covered > 0 && chain !== covered - 1);
      const gap = absent || (row > 0 && kinds[token] < 2);
      if (gap) classes[at] = GAP;
      else classes[at] = row > 0 && kinds[token] < 7 ? residues[token] : aatype;
      if (!gap && row > 0 && cuts[token] < 4) deletions[at] = cuts[token] + 1;
    });
  }
  return { classes, deletions };
}

/** Column frequencies of `count` classes [tokens, count], and mean deletions [tokens]; zeros for padding. */
export function profileOf(
  { size, tokens }: Assembly,
  { classes, deletions }: Alignment,
  count: number,
): { profile: Float32Array; deletionMean: Float32Array } {
  const rows = classes.length / size;
  const [frequency, deleted] = [new Int32Array(size * count), new Int32Array(size)];
  for (let row = 0; row < rows; row++)
    for (let token = 0; token < tokens.length; token++) {
      frequency[token * count + classes[row * size + token]]++;
      deleted[token] += deletions[row * size + token];
    }
  const mean = (sums: Int32Array): Float32Array => Float32Array.from(sums, (sum) => sum / rows);
  return { profile: mean(frequency), deletionMean: mean(deleted) };
}
