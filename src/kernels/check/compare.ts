/** How far values are from a reference: the metric of docs/numerics.md. */

export interface Comparison {
  /** The largest |got − want| / (|want| + rms(want)); infinite if a value is not finite where the reference is. */
  readonly error: number;
  /** Mean squared error over mean square of the reference. */
  readonly normalisedSquares: number;
  /** Where the error is largest, and both values there; -1 if nothing was compared. */
  readonly worst: { readonly index: number; readonly got: number; readonly want: number };
  /** How many elements were compared. */
  readonly count: number;
  readonly rms: number;
}

/**
 * Compares the elements that count.
 *
 * @param counts which elements of `want` count; without it, all. The root mean square runs over them too
 * @param at which element of `got` belongs to each of `want`; without it, the same
 */
export function compare(
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  counts: (index: number) => boolean = () => true,
  at: (index: number) => number = (index) => index,
): Comparison {
  let squares = 0;
  let count = 0;
  for (let i = 0; i < want.length; i++) {
    if (!counts(i)) continue;
    squares += want[i] ** 2;
    count++;
  }
  const rms = count ? Math.sqrt(squares / count) : 0;
  let [error, differences] = [0, 0];
  let worst = { index: -1, got: Number.NaN, want: Number.NaN };
  for (let i = 0; i < want.length; i++) {
    if (!counts(i)) continue;
    const own = errorOf(got[at(i)], want[i], rms);
    differences += (got[at(i)] - want[i]) ** 2;
    if (own > error || worst.index < 0) {
      error = Math.max(error, own);
      worst = { index: i, got: got[at(i)], want: want[i] };
    }
  }
  return { error, normalisedSquares: squares > 0 ? differences / squares : differences, worst, count, rms };
}

function errorOf(got: number, want: number, rms: number): number {
  if (Number.isNaN(got) || Number.isNaN(want))
    return Number.isNaN(got) && Number.isNaN(want) ? 0 : Number.POSITIVE_INFINITY;
  if (got === want) return 0;
  const error = Math.abs(got - want) / (Math.abs(want) + rms);
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}

/**
 * Compares sampled positions [samples, ..., 3], not aligned. The error is the largest RMSD of a sample in ångström; of a
 * sample whose positions' own root mean square passes `absolute` / `relative`, in units that much larger.
 *
 * @param sampleOf the sample that an element of `want` is part of
 * @param bounds the larger of both holds: ångström, or parts of the root mean square
 * @param counts which elements of `want` count; without it, all
 * @param at which element of `got` belongs to each of `want`; without it, the same
 */
export function compareSamples(
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  sampleOf: (index: number) => number,
  bounds: { readonly absolute: number; readonly relative: number },
  counts?: (index: number) => boolean,
  at: (index: number) => number = (index) => index,
): Comparison {
  const whole = compare(got, want, counts, at);
  const samples = new Map<number, { differences: number; squares: number; count: number }>();
  let [largest, worst] = [-1, whole.worst];
  for (let i = 0; i < want.length; i++) {
    if (counts && !counts(i)) continue;
    const sums = samples.get(sampleOf(i)) ?? { differences: 0, squares: 0, count: 0 };
    const difference = Math.abs(got[at(i)] - want[i]);
    sums.differences += difference ** 2;
    sums.squares += want[i] ** 2;
    sums.count++;
    samples.set(sampleOf(i), sums);
    if (difference > largest) [largest, worst] = [difference, { index: i, got: got[at(i)], want: want[i] }];
  }
  const errors = [...samples.values()].map(({ differences, squares, count }) => {
    const [rmsd, rms] = [differences, squares].map((sum) => Math.sqrt((3 * sum) / count));
    const error = rmsd / Math.max(1, (rms * bounds.relative) / bounds.absolute);
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
  });
  return { ...whole, error: Math.max(0, ...errors), worst: Number.isFinite(whole.error) ? worst : whole.worst };
}
