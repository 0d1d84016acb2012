/** ligo's embedding of noise levels: `FourierEmbedding` of the pinned repository. */
import type { WeightReader } from "../linear.ts";

/** Frequencies of the embedding. */
export const FOURIER_WIDTH = 256;

export const fourierTraits = {
  /** Quirk 9: the network's 2π. */
  turn: 6.283,
};

export interface FourierWeights {
  readonly frequencies: () => Float32Array;
  readonly phases: () => Float32Array;
}

/** Quirk 9: frequencies and phases are weights; they are stored as rows. */
export const fourierWeights = (reader: WeightReader, at: string): FourierWeights => ({
  frequencies: reader.tensor(`${at}.weight`, [1, FOURIER_WIDTH]),
  phases: reader.tensor(`${at}.bias`, [1, FOURIER_WIDTH]),
});

/**
 * cos(6.283 (w ln(level / σ) / 4 + b)), in double precision until it is stored.
 * @param levels in ångström
 * @param spread σ of the data
 * @returns [levels, 256]
 */
export function fourierEmbedding(
  levels: readonly number[],
  spread: number,
  { frequencies, phases }: { readonly frequencies: Float32Array; readonly phases: Float32Array },
): Float32Array {
  const rows = new Float32Array(levels.length * FOURIER_WIDTH);
  levels.forEach((level, row) => {
    const u = Math.log(level / spread) / 4;
    for (let k = 0; k < FOURIER_WIDTH; k++)
      rows[row * FOURIER_WIDTH + k] = Math.cos(fourierTraits.turn * (u * frequencies[k] + phases[k]));
  });
  return rows;
}
