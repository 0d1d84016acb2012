/** Pairs of tokens on their way to the device. */
import type { Plan, Tensor } from "../../gpu/plan/plan.ts";
import { padded } from "../../model/projection.ts";
import { padRows, transposed } from "../core/padding.ts";

/** A pair mask in both orientations. */
export interface PairMasks {
  readonly rows: Tensor;
  readonly columns: Tensor;
}

/** Declares a pair mask in both orientations. */
export const pairMaskInputs = (plan: Plan, n: number): PairMasks => ({
  rows: plan.input("mask rows", [n, padded(n)]),
  columns: plan.input("mask columns", [n, padded(n)]),
});

/** The values of {@link pairMaskInputs}. @param mask [n, n] */
export const pairMaskValues = (
  { rows, columns }: PairMasks,
  mask: Float32Array,
  n: number,
): [Tensor, Float32Array][] => [
  [rows, padRows(mask, n)],
  [columns, padRows(transposed(mask, n), n)],
];

const pairs = (n: number, value: (i: number, j: number) => number): Float32Array =>
  Float32Array.from({ length: n * n }, (_, at) => value(Math.floor(at / n), at % n));

/** Which pairs are of two tokens that are there. @param mask [n] @returns [n, n] */
export const presentPairs = (mask: ArrayLike<number>): Float32Array => pairs(mask.length, (i, j) => mask[i] * mask[j]);

/** Which pairs are of one chain. @param chains [n] @returns [n, n] */
export const sameChain = (chains: ArrayLike<number>): Float32Array =>
  pairs(chains.length, (i, j) => Number(chains[i] === chains[j]));
