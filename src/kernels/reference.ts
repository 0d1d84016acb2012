/** Pieces of the kernels' double-precision references. */

/** Added to the variance by every layer norm of both engines; wgsl/lib/blocks.wgsl has it too. */
export const EPSILON = 1e-5;

/** A row without its mean and divided by its standard deviation, as both engines' layer norms do before scale and offset. */
export function normalisedRow(x: Float32Array, start: number, channels: number): Float64Array {
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

/** Rounds a size up to a multiple of four, the pitch of rows that are read as vectors. */
export const pitchOf = (size: number): number => 4 * Math.ceil(size / 4);
