/** Between the host's tensors and the device's: channels and rows padded to multiples of four. */

import type { TensorMap } from "../../formats/tensor.ts";
import { padded } from "../../model/projection.ts";
import { nearbyIds } from "./ids.ts";
import { dataOf } from "./inputs.ts";

/** Rows of `channels` values with zeros behind each, to a multiple of four. Without padding, the same array. */
export function padRows(values: Float32Array, channels: number): Float32Array {
  const pitch = padded(channels);
  if (pitch === channels) return values;
  const rows = values.length / channels;
  const out = new Float32Array(rows * pitch);
  for (let row = 0; row < rows; row++) out.set(values.subarray(row * channels, (row + 1) * channels), row * pitch);
  return out;
}

/** The inverse of {@link padRows}. */
export function unpadRows(values: Float32Array, channels: number): Float32Array {
  const pitch = padded(channels);
  if (pitch === channels) return values;
  const rows = values.length / pitch;
  const out = new Float32Array(rows * channels);
  for (let row = 0; row < rows; row++) out.set(values.subarray(row * pitch, row * pitch + channels), row * channels);
  return out;
}

/** The transpose of a square matrix. */
export function transposed(values: Float32Array, n: number): Float32Array {
  const out = new Float32Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) out[j * n + i] = values[i * n + j];
  return out;
}

/** Rows of two representations side by side, padded behind both. */
export function sideBySide(
  parts: readonly { readonly data: ArrayLike<number>; readonly channels: number }[],
  rows: number,
) {
  const channels = parts.reduce((sum, part) => sum + part.channels, 0);
  const joined = new Float32Array(rows * channels);
  for (let row = 0; row < rows; row++) {
    let at = row * channels;
    for (const part of parts) for (let c = 0; c < part.channels; c++) joined[at++] = part.data[row * part.channels + c];
  }
  return padRows(joined, channels);
}

/**
 * One row of eight values per token, as the relative encoding takes them.
 * @param ids names of the five features of ids side by side @param mask of the one behind them; undefined where all tokens are there
 */
export function tokenRows(
  features: TensorMap,
  ids: readonly string[],
  mask: string | undefined,
  tokens: number,
): Float32Array {
  const rows = new Float32Array(8 * tokens);
  const there = mask === undefined ? new Float32Array(tokens).fill(1) : dataOf(features, mask);
  [...ids.map((name) => nearbyIds(dataOf(features, name))), there].forEach((values, field) => {
    for (let token = 0; token < tokens; token++) rows[8 * token + field] = values[token];
  });
  return rows;
}
