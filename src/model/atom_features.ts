/** Steps between tokens and atoms that engines share. */
import { type Plan, reshape, type Tensor } from "../gpu/plan/plan.ts";
import { atomPair } from "../kernels/atom_pair.ts";
import { gatherSum } from "../kernels/gather_sum.ts";
import { tokenMean } from "../kernels/token_mean.ts";
import { type Linear, matrixAt } from "./linear.ts";
import { nothing } from "./projection.ts";

/** How rows are gathered and added; see the kernel `gather_sum`. */
export interface GatherOptions {
  /** [rows, C], or fewer rows that repeat. */
  readonly base: Tensor;
  /** [rows] of a sample; negative entries gather nothing. */
  readonly index: Tensor;
  readonly mask?: Tensor | undefined;
  /** How many samples the result has; the source has rows for each with `perSample`, or the same for all. */
  readonly samples?: number;
  readonly perSample?: boolean;
}

/**
 * Adds gathered rows to a base.
 * @param source [sample rows, C], or as many for every sample
 * @returns [samples · rows, C]
 */
export function gatherRows(
  plan: Plan,
  source: Tensor,
  { base, index, mask, samples = 1, perSample = false }: GatherOptions,
): Tensor {
  const C = source.shape[1];
  const { y } = plan.dispatch(
    gatherSum,
    { base, source, index, mask: mask ?? nothing(plan) },
    {
      params: { MASKED: mask !== undefined },
      scalars: { samples, sample_rows: source.shape[0] / (perSample ? samples : 1) },
    },
  );
  return reshape(y, [samples * index.shape[0], C]);
}

/** Which atoms make a token: `first` [tokens + 1] bounds of its `entries` [·, 2], each an atom's row and its weight. */
export interface TokenAtoms {
  readonly first: Tensor;
  readonly entries: Tensor;
}

/** The weighted mean of the rectified rows of each token's atoms. @param atoms [samples · atoms, C] */
export function tokensOfAtoms(
  plan: Plan,
  atoms: Tensor,
  { first, entries }: TokenAtoms,
  samples: number,
  into?: Tensor,
): Tensor {
  const { y } = plan.dispatch(
    tokenMean,
    { x: atoms, first, entries },
    { scalars: { samples }, ...(into && { into: { y: into } }) },
  );
  return reshape(y, [samples * (first.shape[0] - 1), atoms.shape[1]]);
}

/** The maps of the atom pair's geometry, and the layers of the network behind them. */
export interface AtomPairWeights {
  readonly offsets: Linear;
  readonly distances: Linear;
  readonly valid: Linear;
  readonly layers: readonly Linear[];
  /** Whether the network's output is added to its input. */
  readonly residual: boolean;
}

/**
 * The pair features of atoms in windows.
 * @param parts [atoms, C] each: what the query's atom adds, and the key's
 * @param trunk [tokens, tokens, C], where the trunk conditions the atoms
 * @param atoms [atoms, 8] and keys [windows, keys, 4]: see the kernel `atom_pair`
 * @returns [atoms, keys, C]
 */
export function atomPairs(
  plan: Plan,
  parts: { readonly row: Tensor; readonly column: Tensor },
  trunk: Tensor | undefined,
  { atoms, keys }: { readonly atoms: Tensor; readonly keys: Tensor },
  weights: AtomPairWeights,
): Tensor {
  const C = parts.row.shape[1];
  const tokens = trunk?.shape[0] ?? 0;
  const shape = [5 + weights.layers.length * C, C];
  return plan.dispatch(
    atomPair,
    {
      row_part: parts.row,
      column_part: parts.column,
      trunk: trunk ? reshape(trunk, [tokens * tokens, C]) : nothing(plan, [0, C]),
      atoms,
      keys_of: keys,
      weights: plan.constant("pair weights", shape, () => pairRows(weights, C)),
    },
    {
      params: { LAYERS: weights.layers.length, RESIDUAL: weights.residual, TRUNK: trunk !== undefined },
      scalars: { tokens },
    },
  ).p;
}

/** The maps' weights below each other, one row per input; the inputs of layers are padded. */
function pairRows({ offsets, distances, valid, layers }: AtomPairWeights, C: number): Float32Array {
  const rowsOf = (map: Linear, inputs: number): number[] => {
    const view = map.weight();
    return Array.from({ length: inputs * C }, (_, at) => {
      const [input, output] = [Math.floor(at / C), at % C];
      return input < map.inputs && output < map.outputs ? matrixAt(view, output, input) : 0;
    });
  };
  const geometry = [offsets, distances, valid].flatMap((map) => rowsOf(map, map.inputs));
  return Float32Array.from([...geometry, ...layers.flatMap((layer) => rowsOf(layer, C))]);
}
