/** The embedding of noise levels: algorithm 22 of the AlphaFold 3 supplement, where its frequencies are weights. */

/** Frequencies of the embedding. */
export const FOURIER_WIDTH = 256;

/** The embedding's weights on the host, which embeds the noise levels. */
export interface Fourier {
  readonly frequencies: Float32Array;
  readonly phases: Float32Array;
}

/** Where those weights come from. */
export interface FourierWeights {
  readonly frequencies: () => Float32Array;
  readonly phases: () => Float32Array;
}

export const fourierOf = ({ frequencies, phases }: FourierWeights): Fourier => ({
  frequencies: frequencies(),
  phases: phases(),
});

/**
 * cos(turn (w ln(level / σ) / 4 + b)), in double precision until it is stored.
 * @param levels in ångström
 * @param spread σ of the data
 * @param turn what the engine takes for 2π
 * @returns [levels, 256]
 */
export function fourierEmbedding(
  levels: readonly number[],
  spread: number,
  { frequencies, phases }: Fourier,
  turn: number,
): Float32Array {
  const rows = new Float32Array(levels.length * FOURIER_WIDTH);
  levels.forEach((level, row) => {
    const u = Math.log(level / spread) / 4;
    for (let k = 0; k < FOURIER_WIDTH; k++)
      rows[row * FOURIER_WIDTH + k] = Math.cos(turn * (u * frequencies[k] + phases[k]));
  });
  return rows;
}
