/** Pieces of the kernels' double-precision references. */

/** Added to the variance by every layer norm of all engines; wgsl/lib/blocks.wgsl has it too. */
export const EPSILON = 1e-5;

/** A row without its mean and divided by its standard deviation, as all engines' layer norms do before scale and offset. */
export function normalisedRow(x: Float32Array | Float64Array, start: number, channels: number): Float64Array {
  const row = Float64Array.from(x.subarray(start, start + channels));
  const mean = row.reduce((sum, value) => sum + value, 0) / channels;
  const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / channels;
  return row.map((value) => (value - mean) / Math.sqrt(variance + EPSILON));
}

/** The product of a row with one row of the transposed weights. */
export function product(row: ArrayLike<number>, weights: Float32Array, start: number): number {
  let sum = 0;
  for (let k = 0; k < row.length; k++) sum += row[k] * weights[start + k];
  return sum;
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
export const silu = (x: number): number => x * sigmoid(x);

/**
 * Makes the first half of a projection's terms what the kernels expect: the sums of the weights of each column, over
 * the channels that count.
 */
export function setColumnSums(terms: Float32Array, weights: Float32Array, pitch: number, channels: number): void {
  const columns = terms.length / 2;
  for (let column = 0; column < columns; column++) {
    let sum = 0;
    for (let k = 0; k < channels; k++) sum += weights[column * pitch + k];
    terms[column] = sum;
  }
}

/**
 * Scales columns of weights, by a power of two, so that what a sigmoid takes of them is near one, as in networks. Drawn as other weights
 * are, most of it saturates; the rest is the difference of terms ten times as large, and is off by as much more.
 */
export function setGates(weights: Float32Array, pitch: number, channels: number, first: number, end: number): void {
  const scale = 2 ** -Math.round(Math.log2(channels) / 2);
  for (let at = first * pitch; at < end * pitch; at++) weights[at] *= scale;
}

/** Rounds a size up to a multiple of four, the pitch of rows that are read as vectors. */
export const pitchOf = (size: number): number => 4 * Math.ceil(size / 4);

/** The expectation of a value per bin under the softmax of the bins' logits. */
export function softmaxAverage(logits: readonly number[], value: (bin: number) => number): number {
  const largest = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  let [total, sum] = [0, 0];
  logits.forEach((logit, bin) => {
    const weight = Math.exp(logit - largest);
    total += weight;
    sum += weight * value(bin);
  });
  return sum / total;
}

/** Bins of distances: their lower edges are first, first + step, …; the last is open up to 10⁴. */
export interface DistanceBins {
  readonly first: number;
  readonly step: number;
  readonly count: number;
}

/** The bin of the distance of two points, or undefined on an edge and below the first. */
export function distanceBin(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { first, step, count }: DistanceBins,
): number | undefined {
  const square = (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2;
  for (let bin = 0; bin < count; bin++) {
    const above = bin + 1 < count ? (first + step * (bin + 1)) ** 2 : 1e8;
    if (square > (first + step * bin) ** 2 && square < above) return bin;
  }
  return undefined;
}

/** The largest penalty of masked keys beside which float32 keeps the digits of a logit: with it, all keys of a query may be masked. */
export const MODERATE_PENALTY = 30;
