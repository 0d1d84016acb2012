import { defineKernel } from "../gpu/plan/kernel.ts";
import { pitchOf } from "./check/reference.ts";
import { pointwise } from "./check/tolerance.ts";
import { laneVariants } from "./families/lanes.ts";

/** How far offsets of residues and tokens count; those of chains count less far. */
export const residueLimit = 32;
const CHAIN_LIMIT = 2;

/** Where the groups of the table's rows begin. */
const LAYOUT = { tokens: 66, entity: 132, chains: 133, bond: 139 } as const;

/**
 * Encodes for every pair of tokens how they lie to each other (algorithm 3), right behind a copy of the
 * CHANNELS channels of a representation. FEATURES of the E columns count, the rest pads.
 *
 * `tokens` holds per token: residue, token, chain (asym), entity, copy within the entity (sym), mask, two unused. `table`
 * holds the weights of 66 + 66 + 1 + 6 one-hot features and of a bond. SUMMED adds `left` of the row's token and `right` of
 * the column's, BONDS the bond weights times `bonds` [n · n]. ENTITY_CHAINS compares copies within an entity, otherwise
 * chains with themselves. Ids must be whole numbers below 2²⁴.
 */
export const relativeEncoding = defineKernel({
  name: "relative_encoding",
  formula: "encoded[i, j] = pair[i, j] ++ (left[i] + right[j] + mask · Σ table[bin(i, j)] + bond[i, j] w)",
  inputs: {
    pair: ["pair_rows", "C"],
    left: ["sum_rows", "E"],
    right: ["sum_rows", "E"],
    table: [140, "E"],
    tokens: ["n", 8],
    bonds: ["bond_count"],
  },
  inouts: {},
  outputs: { encoded: ["rows", "WIDTH"] },
  params: {
    CHANNELS: 0,
    FEATURES: 128,
    SUMMED: false,
    BONDS: false,
    REVERSED: false,
    ENTITY_CHAINS: true,
    MASKED: false,
  },
  scalars: { first_row: "u32", rows: "u32" },
  uniforms: ["n", "first_row", "rows"],
  derive: ({ CHANNELS, FEATURES }) => ({ WIDTH: pitchOf(CHANNELS + FEATURES) }),
  variants: laneVariants,
  work: ({ rows, WIDTH, E }) => ({ rows: (rows * WIDTH) / 4, flops: (32 * E) / WIDTH }),
  flops: ({ rows, E }) => 8 * rows * E,
  touched: ({ rows, C, bond_count }) => ({ pair: rows * C, bonds: Math.min(bond_count, rows) }),
  tolerance: (_, precision) => pointwise(precision),
  rows: ({ rows }) => rows,
  reference({ pair, left, right, table, tokens, bonds }, { encoded }, dims, rows) {
    const { n, first_row, C, CHANNELS, FEATURES, E, WIDTH, SUMMED, BONDS, REVERSED, ENTITY_CHAINS, MASKED } = dims;
    const bin = (offset: number, limit: number, comparable: boolean): number =>
      comparable ? Math.min(Math.max((REVERSED ? -offset : offset) + limit, 0), 2 * limit) : 2 * limit + 1;
    for (const row of rows) {
      const position = first_row + row;
      const [i, j] = [Math.floor(position / n), position % n];
      const difference = (field: number): number => tokens[8 * i + field] - tokens[8 * j + field];
      const [sameChain, sameEntity] = [difference(2) === 0, difference(3) === 0];
      const chains = ENTITY_CHAINS
        ? bin(difference(4), CHAIN_LIMIT, sameEntity)
        : bin(difference(2), CHAIN_LIMIT, sameChain);
      const ones = [
        bin(difference(0), residueLimit, sameChain),
        LAYOUT.tokens + bin(difference(1), residueLimit, sameChain && difference(0) === 0),
        ...(sameEntity ? [LAYOUT.entity] : []),
        LAYOUT.chains + chains,
      ];
      const scale = MASKED ? tokens[8 * i + 5] * tokens[8 * j + 5] : 1;
      for (let c = 0; c < WIDTH; c++) encoded[row * WIDTH + c] = c < CHANNELS ? pair[position * C + c] : 0;
      for (let c = 0; c < FEATURES; c++) {
        let sum = scale * ones.reduce((total, at) => total + table[at * E + c], 0);
        if (SUMMED) sum += left[i * E + c] + right[j * E + c];
        if (BONDS) sum += bonds[position] * table[LAYOUT.bond * E + c];
        encoded[row * WIDTH + CHANNELS + c] = sum;
      }
    }
  },
  fill: { bonds: "mask" },
  prepare({ tokens }, { n }) {
    // Two entities of several chains; residues far apart, and tokens that share one.
    for (let t = 0; t < n; t++) {
      const chain = Math.floor((5 * t) / n);
      tokens.set(
        [Math.floor(t / 2) * (t % 3 ? 1 : 9), t, chain, chain % 2, chain >> 1, t % 6 === 5 ? 0 : 1, 0, 0],
        8 * t,
      );
    }
  },
  cases: [
    {
      name: "one token",
      dims: { n: 1, pair_rows: 0, C: 0, sum_rows: 0, E: 4, bond_count: 0 },
      params: { FEATURES: 4 },
      scalars: { first_row: 0, rows: 1 },
    },
    {
      name: "sums and bonds, a chunk",
      dims: { n: 29, pair_rows: 0, C: 0, sum_rows: 29, E: 20, bond_count: 841 },
      params: { FEATURES: 20, SUMMED: true, BONDS: true },
      scalars: { first_row: 58, rows: 406 },
      tags: ["ragged"],
    },
    {
      name: "behind a pair, reversed, masked, chains alone",
      dims: { n: 47, pair_rows: 2209, C: 12, sum_rows: 0, E: 8, bond_count: 0 },
      params: { CHANNELS: 12, FEATURES: 8, REVERSED: true, ENTITY_CHAINS: false, MASKED: true },
      scalars: { first_row: 0, rows: 2209 },
      tags: ["ragged"],
    },
    {
      name: "behind a pair of channels that fill no vector",
      dims: { n: 19, pair_rows: 361, C: 12, sum_rows: 19, E: 16, bond_count: 0 },
      params: { CHANNELS: 10, FEATURES: 15, SUMMED: true },
      scalars: { first_row: 0, rows: 361 },
      tags: ["ragged"],
    },
    {
      name: "N = 128",
      dims: { n: 128, pair_rows: 0, C: 0, sum_rows: 128, E: 128, bond_count: 16384 },
      params: { SUMMED: true, BONDS: true },
      scalars: { first_row: 0, rows: 16384 },
      tags: ["bench"],
    },
  ],
});
