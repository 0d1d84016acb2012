/** Global alignment of two sequences of residues (Needleman & Wunsch 1970; gaps that open and extend as in Gotoh 1982). */
import { BadInputError } from "../../errors.ts";

const MATCH = 5;
const MISMATCH = -4;
const OPEN = -10;
const EXTEND = -0.5;
/** A byte for each pair of residues. */
const MOST_PAIRS = 2 ** 28;

/** A step along both, along one of them beside a gap in the other; and whether that gap goes on. */
const [BOTH, SECOND, FIRST, STEP, SECOND_GOES_ON, FIRST_GOES_ON] = [0, 1, 2, 3, 4, 8];

/**
 * The pairs of indices of an alignment with the best score. Gaps at the ends cost nothing, so that a part of a sequence lies where it belongs.
 * @throws {BadInputError} if the sequences are too long to be aligned
 */
export function align(first: readonly string[], second: readonly string[]): (readonly [number, number])[] {
  const [rows, columns] = [first.length + 1, second.length + 1];
  if (rows * columns > MOST_PAIRS)
    throw new BadInputError(`chains of ${rows - 1} and ${columns - 1} residues are too long to be aligned`);
  const steps = new Uint8Array(rows * columns);
  // The best scores of the row above and of this one, and those whose last step is along the first alone.
  let above = new Float64Array(columns);
  let best = new Float64Array(columns);
  const alongFirst = new Float64Array(columns).fill(Number.NEGATIVE_INFINITY);
  for (let i = 1; i < rows; i++) {
    [above, best] = [best, above];
    best[0] = 0;
    let alongSecond = Number.NEGATIVE_INFINITY;
    for (let j = 1; j < columns; j++) {
      // Behind the end of the other sequence, gaps are free.
      const [down, right] = [j === columns - 1, i === rows - 1];
      const openFirst = above[j] + (down ? 0 : OPEN);
      const goOnFirst = alongFirst[j] + (down ? 0 : EXTEND);
      const openSecond = best[j - 1] + (right ? 0 : OPEN);
      const goOnSecond = alongSecond + (right ? 0 : EXTEND);
      alongFirst[j] = Math.max(openFirst, goOnFirst);
      alongSecond = Math.max(openSecond, goOnSecond);
      const both = above[j - 1] + (first[i - 1] === second[j - 1] ? MATCH : MISMATCH);
      const score = Math.max(both, alongFirst[j], alongSecond);
      best[j] = score;
      const step = score === both ? BOTH : score === alongFirst[j] ? FIRST : SECOND;
      steps[i * columns + j] =
        step | (goOnSecond > openSecond ? SECOND_GOES_ON : 0) | (goOnFirst > openFirst ? FIRST_GOES_ON : 0);
    }
  }
  return pairsOf(steps, columns, first.length, second.length);
}

function pairsOf(steps: Uint8Array, columns: number, rows: number, last: number): (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = [];
  let [i, j, within] = [rows, last, BOTH];
  while (i > 0 && j > 0) {
    const step = steps[i * columns + j];
    const from = within === BOTH ? step & STEP : within;
    if (from === BOTH) {
      pairs.push([--i, --j]);
      continue;
    }
    const goesOn = step & (from === FIRST ? FIRST_GOES_ON : SECOND_GOES_ON);
    within = goesOn ? from : BOTH;
    if (from === FIRST) i--;
    else j--;
  }
  return pairs.reverse();
}
