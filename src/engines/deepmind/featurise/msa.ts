/** MSA features of a complex (AlphaFold 3's `features.MSA`, `msa_pairing.py`, `merging_features.py`). */
import { type HostTensor, int32 } from "../../../formats/tensor.ts";
import { TOKEN_TYPES } from "../../../model/deepmind/sizes.ts";
import type { Chain, Complex } from "../../../pipeline/complex.ts";
import type { Components } from "../../../pipeline/dictionary/dictionary.ts";
import { GAP } from "../../../pipeline/residues.ts";
import type { Token } from "../../../pipeline/tokens.ts";
import { type Alignment, alone, isAligned, profileOf, queryOf, readAlignment } from "./alignment.ts";
import { MOST_PAIRED, pairedRows, takeRows, withoutRowsOf } from "./pairing.ts";

/** Rows altogether. */
const MOST_ROWS = 16384;
/** Deletions are counted to here. */
const MOST_DELETIONS = 127;

interface ChainRows {
  readonly paired: Alignment;
  readonly unpaired: Alignment;
  /** Before any row is left out. */
  readonly whole: Alignment;
}

/** Whether rows of chains are paired: where there are different proteins. */
export const isPaired = ({ chains }: Complex): boolean =>
  new Set(chains.flatMap(({ entity }) => (entity.kind === "protein" ? [entity.sequence] : []))).size > 1;

/**
 * Reads the MSAs of all chains, and pairs them where there is more than one different protein.
 * @throws {BadInputError} naming the chain and the row that is wrong
 */
function chainRows(complex: Complex, dictionary: Components, keepOverlaps: boolean): ChainRows[] {
  const { chains } = complex;
  const pairing = isPaired(complex);
  // Copies of an entity share what is read.
  const read = new Map<Chain["entity"], readonly [unpaired: Alignment, paired: Alignment]>();
  const all = chains.map((chain) => {
    const { entity, id } = chain;
    const found = read.get(entity);
    if (found) return found;
    const query = queryOf(chain, dictionary);
    const use = (a3m: string | null, what: string): Alignment =>
      a3m ? readAlignment(chain, query, a3m, `the ${what} MSA of chain ${id}`) : alone(query);
    const aligned = entity.kind !== "ligand" && isAligned(chain);
    const made = [
      use(aligned ? entity.unpairedMsa : null, "unpaired"),
      use(aligned && pairing && entity.kind === "protein" ? entity.pairedMsa : null, "paired"),
    ] as const;
    read.set(entity, made);
    return made;
  });
  if (!pairing) return all.map(([unpaired, paired]) => ({ paired, unpaired, whole: unpaired }));
  const rows = pairedRows(all.map(([, paired]) => paired));
  const paired = all.map(([, alignment], chain) =>
    takeRows(
      alignment,
      rows.map((places) => places[chain]),
    ),
  );
  return all.map(([unpaired], chain) => ({
    paired: paired[chain],
    unpaired: keepOverlaps ? unpaired : withoutRowsOf(unpaired, paired[chain]),
    whole: unpaired,
  }));
}

/** Paired rows that are not gaps in every chain. */
function filledRows(chains: readonly ChainRows[]): number[] {
  const rows = Array.from({ length: chains[0].paired.rows }, (_, row) => row);
  const filled = ({ paired: { classes, columns } }: ChainRows, row: number): boolean =>
    classes.subarray(row * columns, (row + 1) * columns).some((residue) => residue !== GAP);
  return rows.filter((row) => chains.some((chain) => filled(chain, row))).slice(0, MOST_PAIRED);
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
  const chains = chainRows(complex, dictionary, keepOverlaps);
  const filled = filledRows(chains);
  const blocks = chains.map(({ paired, unpaired }) => ({
    paired: takeRows(paired, filled),
    unpaired,
    unpairedRows: Math.min(unpaired.rows, MOST_ROWS - filled.length),
  }));
  const rows = filled.length + Math.max(...blocks.map(({ unpairedRows }) => unpairedRows));
  const [msa, mask, deletions] = [rows * size, rows * size, rows * size].map((length) => new Int32Array(length));
  const profile = new Float32Array(size * TOKEN_TYPES);
  const deletionMean = new Float32Array(size);
  const profiles = new Map(chains.map(({ whole }) => [whole, profileOf(whole, TOKEN_TYPES)]));
  const places = columnsOf(complex, tokens);
  places.forEach(([chain, column], token) => {
    const { paired, unpaired, unpairedRows } = blocks[chain];
    const fill = (first: number, { classes, deletions: deleted, columns }: Alignment, count: number): void => {
      for (let row = 0; row < count; row++) {
        const at = (first + row) * size + token;
        msa[at] = classes[row * columns + column];
        deletions[at] = Math.min(MOST_DELETIONS, deleted[row * columns + column]);
      }
    };
    for (let row = filled.length + unpairedRows; row < rows; row++) msa[row * size + token] = GAP;
    fill(0, paired, paired.rows);
    fill(filled.length, unpaired, unpairedRows);
    for (let row = 0; row < rows; row++) mask[row * size + token] = 1;
    const own = profiles.get(chains[chain].whole);
    if (!own) return;
    profile.set(own.profile.subarray(column * TOKEN_TYPES, (column + 1) * TOKEN_TYPES), token * TOKEN_TYPES);
    deletionMean[token] = own.deletionMean[column];
  });
  return [
    ["msa", int32([rows, size], msa)],
    ["msa_mask", int32([rows, size], mask)],
    ["deletion_matrix", int32([rows, size], deletions)],
    ["profile", { dtype: "float32", shape: [size, TOKEN_TYPES], data: profile }],
    ["deletion_mean", { dtype: "float32", shape: [size], data: deletionMean }],
    ["num_alignments", int32([], Int32Array.of(rows))],
  ];
}

/** For each token its chain's place in the complex, and its column there. */
export function columnsOf({ chains }: Complex, tokens: readonly Token[]): (readonly [chain: number, column: number])[] {
  const first = new Map<Chain, number>();
  const places = new Map(chains.map((chain, place) => [chain, place]));
  return tokens.map(({ chain, column }) => {
    if (!first.has(chain)) first.set(chain, column);
    return [places.get(chain) ?? 0, column - (first.get(chain) ?? 0)] as const;
  });
}
