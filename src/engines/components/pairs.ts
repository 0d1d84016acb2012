/** Pairs of tokens on their way to the device. */
import type { Plan } from "../../gpu/plan/plan.ts";
import { padded } from "../../model/projection.ts";
import { padRows, transposed } from "../core/padding.ts";

/** A pair mask in both orientations. */
export const pairMaskInputs = (plan: Plan, n: number) => ({
  rows: plan.input("mask rows", [n, padded(n)]),
  columns: plan.input("mask columns", [n, padded(n)]),
});

/** The values of {@link pairMaskInputs}. @param mask [n, n] */
export const pairMaskValues = (mask: Float32Array, n: number): [string, Float32Array][] => [
  ["mask rows", padRows(mask, n)],
  ["mask columns", padRows(transposed(mask, n), n)],
];

const pairs = (n: number, value: (i: number, j: number) => number): Float32Array =>
  Float32Array.from({ length: n * n }, (_, at) => value(Math.floor(at / n), at % n));

/** Which pairs are of two tokens that are there. @param mask [n] @returns [n, n] */
export const presentPairs = (mask: ArrayLike<number>): Float32Array => pairs(mask.length, (i, j) => mask[i] * mask[j]);

/** Which pairs are of one chain. @param chains [n] @returns [n, n] */
export const sameChain = (chains: ArrayLike<number>): Float32Array =>
  pairs(chains.length, (i, j) => Number(chains[i] === chains[j]));
