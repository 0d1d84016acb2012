/** MSA features of a complex (AlphaFold 3's `features.MSA`). */
import { parseA3m } from "../../../formats/a3m.ts";
import { type HostTensor, int32 } from "../../../formats/tensor.ts";
import { TOKEN_TYPES } from "../../../model/deepmind/sizes.ts";
import { type Chain, type Complex, codesOf } from "../../../pipeline/complex.ts";
import type { Components } from "../../../pipeline/dictionary/dictionary.ts";
import {
  type AlignmentRules,
  alignmentOf,
  alone,
  isAligned,
  isPaired,
  uniprotSpecies,
} from "../../../pipeline/msa/alignment.ts";
import { alignmentsOfChains, profileFeatures } from "../../../pipeline/msa/chains.ts";
import { type ChainAlignments, mergeRows } from "../../../pipeline/msa/merge.ts";
import { GAP } from "../../../pipeline/residues.ts";
import { columnsOf, type Token } from "../../../pipeline/tokens.ts";
import { classes } from "./classes.ts";

/** Deletions are counted to here. */
const MOST_DELETIONS = 127;

export const alignmentRules: AlignmentRules = { classes, species: uniprotSpecies, startsWithQuery: true };

/** How high rows stand together: in float32, as the reference multiplies. */
export const rowRank = (rows: readonly number[]): number =>
  Math.abs(rows.reduce((product, row) => Math.fround(product * row), 1));

/** Classes of a chain's own residues: modified ones have those of their parents; of a ligand's atoms they are gaps. */
export function queryOf({ entity, residues }: Chain, dictionary: Components): Uint8Array {
  if (entity.kind === "ligand")
    return new Uint8Array(residues.reduce((sum, { atoms }) => sum + atoms.length, 0)).fill(GAP);
  return Uint8Array.from(codesOf(entity), (code) => classes.of(entity.kind, dictionary.letter(code)));
}

/**
 * Reads the MSAs of all chains.
 * @throws {BadInputError} naming the chain and the row that is wrong
 */
function alignmentsOf(complex: Complex, dictionary: Components): ChainAlignments[] {
  const pairing = isPaired(complex);
  return alignmentsOfChains(complex, (chain) => {
    const { entity, id } = chain;
    const query = queryOf(chain, dictionary);
    const use = (a3m: string | null, what: string) =>
      a3m && entity.kind !== "ligand"
        ? alignmentOf(parseA3m(a3m), entity.kind, query, alignmentRules, `the ${what} MSA of chain ${id}`)
        : alone(query, GAP);
    const aligned = entity.kind !== "ligand" && isAligned(chain);
    return {
      unpaired: use(aligned ? entity.unpairedMsa : null, "unpaired"),
      paired: use(aligned && pairing && entity.kind === "protein" ? entity.pairedMsa : null, "paired"),
    };
  });
}

/**
 * The features of the MSA: its real rows alone, columns of split residues repeated.
 * @param size tokens with padding
 * @param keepOverlaps keeps unpaired rows that are paired too (the reference's `resolve_msa_overlaps=False`)
 */
export function msaFeatures(
  complex: Complex,
  tokens: readonly Token[],
  size: number,
  dictionary: Components,
  keepOverlaps: boolean,
): [string, HostTensor][] {
  const chains = alignmentsOf(complex, dictionary);
  const merged = mergeRows(chains, isPaired(complex) ? rowRank : undefined, keepOverlaps);
  const { rows } = merged;
  const [msa, mask, deletions] = [rows * size, rows * size, rows * size].map((length) => new Int32Array(length));
  columnsOf(complex, tokens).forEach(([chain, column], token) => {
    merged.column(chain, column, (row, residue, deleted) => {
      const at = row * size + token;
      msa[at] = residue;
      deletions[at] = Math.min(MOST_DELETIONS, deleted);
      mask[at] = 1;
    });
  });
  return [
    ["msa", int32([rows, size], msa)],
    ["msa_mask", int32([rows, size], mask)],
    ["deletion_matrix", int32([rows, size], deletions)],
    ...profileFeatures(complex, tokens, chains, size, TOKEN_TYPES),
    ["num_alignments", int32([], Int32Array.of(rows))],
  ];
}
