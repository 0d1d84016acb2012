/** What kernels share that end a triangle multiplication on their way to the next step. */
import { normalisedRow, product, sigmoid } from "./reference.ts";

type Arrays<Name extends string> = Readonly<Record<Name, Float32Array>>;
type Sizes<Name extends string> = Readonly<Record<Name, number>>;

/**
 * A row of the pair as a triangle multiplication leaves it, in double precision.
 * @param i row and @param j column of the walk; TRANSPOSED, the pair stands at (j, i) of it
 * @returns where the row stands in the pair, and its C channels
 */
export function triangleEnd(
  { pair, product: channels, weights, biases }: Arrays<"pair" | "product" | "weights" | "biases">,
  dims: Sizes<"n" | "pitch" | "unscale" | "C" | "HIDDEN" | "CHANNELS" | "HIDDEN_CHANNELS" | "WEIGHT_PITCH"> & {
    readonly TRANSPOSED: number | boolean;
  },
  i: number,
  j: number,
): { readonly at: number; readonly row: Float64Array } {
  const { n, pitch, unscale, C, CHANNELS, HIDDEN_CHANNELS, WEIGHT_PITCH, TRANSPOSED } = dims;
  const at = (TRANSPOSED ? j * n + i : i * n + j) * C;
  const own = Float64Array.from({ length: HIDDEN_CHANNELS }, (_, h) => unscale * channels[(h * n + i) * pitch + j]);
  const y = normalisedRow(own, 0, HIDDEN_CHANNELS);
  const x = normalisedRow(pair, at, CHANNELS);
  const project = (source: Float64Array, column: number) =>
    product(source, weights, column * WEIGHT_PITCH) + biases[column];
  const row = Float64Array.from({ length: C }, (_, c) => pair[at + c] + project(y, C + c) * sigmoid(project(x, c)));
  return { at, row };
}
