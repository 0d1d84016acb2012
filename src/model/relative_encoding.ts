/** How the tokens of a pair lie to each other: algorithm 3 of the AlphaFold 3 supplement, as the engines compute it. */
import { bytesOf } from "../gpu/plan/dtype.ts";
import { type Plan, reshape, slice, type Tensor } from "../gpu/plan/plan.ts";
import { relativeEncoding } from "../kernels/relative_encoding.ts";
import { chunksOf } from "./chunks.ts";
import { type Linear, matrixAt, type Normed } from "./linear.ts";
import { columnsOf, nothing, padded } from "./projection.ts";
import { projectRows } from "./rows.ts";

/** One-hot features of a pair of tokens: 66 offsets of residues, 66 of tokens, the same entity, 6 offsets of chains. */
export const RELATIVE_FEATURES = 139;
const TABLE_ROWS = RELATIVE_FEATURES + 1; // the last is a bond's

/** Slices of a tensor must begin where bindings can. */
const SLICE_ROWS = 16;

/** How an engine's encoding differs; each value is named where the engine sets it. */
export interface RelativeTraits {
  /** Offsets of the column minus the row, instead of the row minus the column. */
  readonly reversed: boolean;
  /** Whether the chain's feature compares copies within an entity, instead of chains with themselves. */
  readonly entityChains: boolean;
  /** Whether pairs with a masked token have no encoding. */
  readonly masked: boolean;
}

/** [tokens, 8]: residue, token, chain, entity, copy within the entity, mask, two unused. Whole numbers below 2²⁴, which lie to each other as the ids do. */
export type TokenTable = Tensor;

/** What stands before and beside the encoding. */
interface Surroundings {
  /** [n · n, padded channels] in front of the encoding, of which `channels` count. */
  readonly pair?: { readonly rows: Tensor; readonly channels: number };
  /** [n, C] each: added by the row's token and by the column's. */
  readonly sums?: { readonly left: Tensor; readonly right: Tensor };
  /** [n · n] */
  readonly bonds?: Tensor;
}

function encode(
  plan: Plan,
  tokens: TokenTable,
  table: { readonly rows: Tensor; readonly features: number },
  traits: RelativeTraits,
  { pair, sums, bonds }: Surroundings,
  rows: { readonly first: number; readonly count: number },
): Tensor {
  const E = table.rows.shape[1];
  const none = nothing(plan, [0, E]);
  return plan.dispatch(
    relativeEncoding,
    {
      pair: pair?.rows ?? nothing(plan, [0, 0]),
      left: sums?.left ?? none,
      right: sums?.right ?? none,
      table: table.rows,
      tokens,
      bonds: bonds ?? nothing(plan),
    },
    {
      params: {
        CHANNELS: pair?.channels ?? 0,
        FEATURES: pair ? table.features : E,
        SUMMED: sums !== undefined,
        BONDS: bonds !== undefined,
        REVERSED: traits.reversed,
        ENTITY_CHAINS: traits.entityChains,
        MASKED: traits.masked,
      },
      scalars: { first_row: rows.first, rows: rows.count },
    },
  ).encoded;
}

/** The weights of the features, one row each, and of a bond. */
function tableOf(plan: Plan, map: Linear, bond?: Linear) {
  const E = padded(map.outputs);
  const rows = plan.constant("relative features", [TABLE_ROWS, E], () => {
    const table = new Float32Array(TABLE_ROWS * E);
    const view = map.weight();
    for (let input = 0; input < RELATIVE_FEATURES; input++)
      for (let output = 0; output < map.outputs; output++) table[input * E + output] = matrixAt(view, output, input);
    const bonds = bond?.weight();
    if (bonds)
      for (let output = 0; output < map.outputs; output++)
        table[RELATIVE_FEATURES * E + output] = matrixAt(bonds, output, 0);
    return table;
  });
  return { rows, features: map.outputs };
}

/** The features themselves, as if a map took each to a column of its own. */
const identity = (plan: Plan) => ({
  rows: plan.constant("one-hot", [TABLE_ROWS, TABLE_ROWS], () =>
    Float32Array.from({ length: TABLE_ROWS ** 2 }, (_, at) =>
      at % (TABLE_ROWS + 1) === 0 && at < RELATIVE_FEATURES * TABLE_ROWS ? 1 : 0,
    ),
  ),
  features: RELATIVE_FEATURES,
});

/**
 * A new pair representation: the encoding by `map`, sums of the tokens' own maps, and bonds.
 * @param sums [n, padded C] each
 * @param bonds [n · n] with the weights of one bond
 * @returns [n, n, padded C]
 */
export function initialPair(
  plan: Plan,
  tokens: TokenTable,
  map: Linear,
  traits: RelativeTraits,
  sums: { readonly left: Tensor; readonly right: Tensor },
  bonds?: { readonly contacts: Tensor; readonly map: Linear },
): Tensor {
  const [n] = tokens.shape;
  const table = tableOf(plan, map, bonds?.map);
  const rows = { first: 0, count: n * n };
  const pair = encode(plan, tokens, table, traits, { sums, ...(bonds && { bonds: bonds.contacts }) }, rows);
  return reshape(pair, [n, n, pair.shape[1]]);
}

/**
 * The pair representation with its encoding behind it, normalised and mapped: what conditions a diffusion.
 * @param pair [n, n, padded C]
 * @param encoding the map of the encoding, or undefined where its features stand for themselves
 * @returns [n, n, columns of `map`]
 */
export function conditionedPair(
  plan: Plan,
  pair: Tensor,
  tokens: TokenTable,
  { norm, map, encoding }: Normed & { readonly encoding?: Linear },
  traits: RelativeTraits,
): Tensor {
  const [n, , C] = pair.shape;
  const table = encoding ? tableOf(plan, encoding) : identity(plan);
  const made = plan.empty("pair conditioning", [n * n, padded(map.outputs)]);
  const channels = norm.channels - (encoding?.outputs ?? RELATIVE_FEATURES);
  const source = { rows: reshape(pair, [n * n, C]), channels };
  // Twice as wide as the pair: in chunks, it never exists as a whole.
  for (const rows of chunksOf(plan, n * n, bytesOf([padded(norm.channels)]), pair.bytes, SLICE_ROWS)) {
    const wide = encode(plan, tokens, table, traits, { pair: source }, rows);
    projectRows(plan, "pair conditioning", wide, columnsOf(map), { norm, into: slice(made, rows.first, rows.count) });
  }
  return reshape(made, [n, n, made.shape[1]]);
}
