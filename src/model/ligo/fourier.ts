/** ligo's embedding of noise levels: `FourierEmbedding` of the pinned repository. */
import { fourierEmbedding as embedding, FOURIER_WIDTH, type Fourier, type FourierWeights } from "../fourier.ts";
import type { WeightReader } from "../linear.ts";

export const fourierTraits = {
  /** Quirk 9: the network's 2π. */
  turn: 6.283,
};

/** Quirk 9: frequencies and phases are weights; they are stored as rows. */
export const fourierWeights = (reader: WeightReader, at: string): FourierWeights => ({
  frequencies: reader.tensor(`${at}.weight`, [1, FOURIER_WIDTH]),
  phases: reader.tensor(`${at}.bias`, [1, FOURIER_WIDTH]),
});

/** @param levels in ångström @param spread σ of the data @returns [levels, 256] */
export const fourierEmbedding = (levels: readonly number[], spread: number, weights: Fourier): Float32Array =>
  embedding(levels, spread, weights, fourierTraits.turn);
