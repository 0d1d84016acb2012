/** The search of the largest N that runs. It follows from what has been tried, so that it goes on after a stop. */

/** How close it gets: N is found to so many tokens. */
export const STEP = 16;
/** Beyond this no pair tensor has an index. */
const MOST = 32_768;

export interface Searched {
  /** The largest that ran; undefined if none did. */
  readonly largest: number | undefined;
  /** The least above it that did not; undefined if the search ended at its own bound. */
  readonly fails: number | undefined;
  /** What is to be tried next; undefined once it is found. */
  readonly next: number | undefined;
}

/**
 * Doubles until one does not run, then halves what lies between. Where none has run, it halves the least.
 * @param tried by number of tokens, whether it ran; one at least
 */
export function searched(tried: ReadonlyMap<number, boolean>): Searched {
  const of = (ran: boolean): number[] => [...tried].filter(([, one]) => one === ran).map(([n]) => n);
  const ran = of(true);
  const largest = ran.length > 0 ? Math.max(...ran) : undefined;
  const above = of(false).filter((n) => n > (largest ?? 0));
  const fails = above.length > 0 ? Math.min(...above) : undefined;
  return { largest, fails, next: nextOf(largest, fails) };
}

function nextOf(largest: number | undefined, fails: number | undefined): number | undefined {
  if (fails === undefined) return largest === undefined || largest >= MOST ? undefined : Math.min(MOST, 2 * largest);
  if (largest === undefined) return fails <= STEP ? undefined : rounded(fails / 2);
  if (fails - largest <= STEP) return undefined;
  const middle = rounded((largest + fails) / 2);
  return middle > largest && middle < fails ? middle : Math.floor((largest + fails) / 2);
}

const rounded = (n: number): number => Math.max(STEP, STEP * Math.floor(n / STEP));
