/** The rows of all chains side by side (AlphaFold 3's `msa_pairing.py`, `merging_features.py`). */
import type { Alignment } from "./alignment.ts";
import { MOST_PAIRED, pairedRows, type RowRank, takeRows, withoutRowsOf } from "./pairing.ts";

/** Rows altogether. */
const MOST_ROWS = 16384;

/** What was read of one chain. */
export interface ChainAlignments {
  readonly unpaired: Alignment;
  /** Whose rows name species. */
  readonly paired: Alignment;
}

interface Block extends ChainAlignments {
  /** Of the unpaired rows. */
  readonly count: number;
}

/** The rows of all chains: paired ones first, then each chain's own. */
export interface MergedRows {
  readonly rows: number;
  /** Calls with each row's class and deletions in a column of a chain; gaps below a chain's own rows. */
  column(chain: number, column: number, see: (row: number, residue: number, deletions: number) => void): void;
}

/** Paired rows that are not gaps in every chain. */
function filledRows(chains: readonly ChainAlignments[]): number[] {
  const rows = Array.from({ length: chains[0].paired.rows }, (_, row) => row);
  const filled = ({ paired: { classes, columns, gap } }: ChainAlignments, row: number): boolean =>
    classes.subarray(row * columns, (row + 1) * columns).some((residue) => residue !== gap);
  return rows.filter((row) => chains.some((chain) => filled(chain, row))).slice(0, MOST_PAIRED);
}

/** Rows of one species side by side, and without them each chain's own. */
function pairedChains(chains: readonly ChainAlignments[], rank: RowRank, keepOverlaps: boolean): ChainAlignments[] {
  const rows = pairedRows(
    chains.map(({ paired }) => paired),
    rank,
  );
  return chains.map(({ unpaired, paired }, chain) => {
    const taken = takeRows(
      paired,
      rows.map((places) => places[chain]),
    );
    return { paired: taken, unpaired: keepOverlaps ? unpaired : withoutRowsOf(unpaired, taken) };
  });
}

/**
 * Puts the rows of all chains side by side.
 * @param rank of paired rows; undefined where nothing is paired: then each chain's paired rows stand above its own as they are
 * @param keepOverlaps keeps unpaired rows that are paired too
 */
export function mergeRows(
  given: readonly ChainAlignments[],
  rank: RowRank | undefined,
  keepOverlaps: boolean,
): MergedRows {
  const chains = rank ? pairedChains(given, rank, keepOverlaps) : given;
  const filled = filledRows(chains);
  const blocks = chains.map(
    ({ paired, unpaired }): Block => ({
      paired: takeRows(paired, filled),
      unpaired,
      count: Math.min(unpaired.rows, MOST_ROWS - filled.length),
    }),
  );
  const rows = filled.length + Math.max(...blocks.map(({ count }) => count));
  return {
    rows,
    column(chain, column, see) {
      const { paired, unpaired, count } = blocks[chain];
      const each = (first: number, { classes, deletions, columns }: Alignment, length: number): void => {
        for (let row = 0; row < length; row++)
          see(first + row, classes[row * columns + column], deletions[row * columns + column]);
      };
      each(0, paired, paired.rows);
      each(filled.length, unpaired, count);
      for (let row = filled.length + count; row < rows; row++) see(row, unpaired.gap, 0);
    },
  };
}
