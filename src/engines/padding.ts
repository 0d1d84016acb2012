/** Between the host's tensors and the device's: channels and rows padded to multiples of four. */
import { padded } from "../model/projection.ts";

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
