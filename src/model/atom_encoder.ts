/** From atoms to tokens: algorithm 5 of the AlphaFold 3 supplement, as the engines arrange it. */
import { bytesOf } from "../gpu/plan/dtype.ts";
import { type Plan, reshape, slice, sliceable, type Tensor } from "../gpu/plan/plan.ts";
import { type AtomPairWeights, atomPairs, gatherRows, type TokenAtoms, tokensOfAtoms } from "./atom_features.ts";
import {
  type AtomBlockWeights,
  type AtomConditions,
  type AtomWindows,
  atomConditions,
  atomTransformer,
} from "./atom_transformer.ts";
import { copyOf, sumRows } from "./copies.ts";
import type { LayerNorm, Linear } from "./linear.ts";
import { columnsOf } from "./projection.ts";
import { projectRows } from "./rows.ts";

/** How an engine's encoder differs; each value is named where the engine sets it. */
export interface AtomTraits extends Pick<AtomWindows, "penalty" | "both"> {
  /** Whether what masked atoms' positions and tokens say, and their rows behind the encoder's blocks, are zero. */
  readonly masked: boolean;
  /** Whether the rows begin as the conditioning with what the trunk adds, or as it was before. */
  readonly startsFromTrunk: boolean;
}

export interface AtomEncoderWeights {
  readonly traits: AtomTraits;
  /** From the features side by side. */
  readonly features: Linear;
  readonly row: Linear;
  readonly column: Linear;
  readonly pair: AtomPairWeights;
  readonly blocks: readonly AtomBlockWeights[];
  readonly tokens: Linear;
  /** Where the trunk conditions the atoms. */
  readonly trunk?: {
    readonly single: Linear;
    readonly singleNorm: LayerNorm;
    readonly pair: Linear;
    readonly pairNorm: LayerNorm;
  };
  readonly positions?: Linear;
}

/** What an encoder takes of the atoms, made on the host. */
export interface AtomInputs {
  /** [atoms, features]: what the engine knows of each atom, side by side. */
  readonly features: Tensor;
  /** [atoms, 8] and [windows, keys, 4]: see the kernel `atom_pair`. */
  readonly atoms: Tensor;
  readonly pairKeys: Tensor;
  /** [windows, keys, 2]: see the kernel `window_attention`. */
  readonly keys: Tensor;
  readonly queryMask: Tensor;
  /** [atoms]: the token of each, or -1. */
  readonly tokenOf: Tensor;
  readonly tokenAtoms: TokenAtoms;
}

/** What no noise level changes. */
export interface PreparedAtoms {
  /** [atoms, C] */
  readonly conditioning: Tensor;
  /** [atoms, C]: the rows before positions and blocks. */
  readonly start: Tensor;
  /** [atoms, keys, C of the atom pair] */
  readonly pair: Tensor;
  readonly windows: AtomWindows;
  readonly encoder: AtomConditions;
}

/** @param trunk a single representation [tokens, C] and a pair [tokens, tokens, C] */
export function prepareAtoms(
  plan: Plan,
  inputs: AtomInputs,
  weights: AtomEncoderWeights,
  trunk?: { readonly single: Tensor; readonly pair: Tensor },
): PreparedAtoms {
  const { penalty, both, startsFromTrunk } = weights.traits;
  const own = projectRows(plan, "features", inputs.features, columnsOf(weights.features));
  let conditioning = own;
  let trunkPair: Tensor | undefined;
  if (trunk && weights.trunk) {
    const { single, singleNorm, pair, pairNorm } = weights.trunk;
    const source = projectRows(plan, "trunk single", trunk.single, columnsOf(single), { norm: singleNorm });
    conditioning = gatherRows(plan, source, { base: own, index: inputs.tokenOf });
    const [n, , c] = trunk.pair.shape;
    const rows = reshape(trunk.pair, [n * n, c]);
    const projected = projectRows(plan, "trunk pair", rows, columnsOf(pair), { norm: pairNorm });
    trunkPair = reshape(projected, [n, n, projected.shape[1]]);
  }
  const rectified = sumRows(plan, conditioning, { rectify: true });
  const parts = {
    row: projectRows(plan, "pair rows", rectified, columnsOf(weights.row)),
    column: projectRows(plan, "pair columns", rectified, columnsOf(weights.column)),
  };
  const pair = atomPairs(plan, parts, trunkPair, { atoms: inputs.atoms, keys: inputs.pairKeys }, weights.pair);
  const windows = { keys: inputs.keys, queryMask: inputs.queryMask, penalty, both };
  const encoder = plan.scope("encoder", () => atomConditions(plan, conditioning, pair, weights.blocks));
  return { conditioning, start: startsFromTrunk ? conditioning : own, pair, windows, encoder };
}

/**
 * Encodes atoms, at noisy positions or without any, and gathers them into tokens.
 * @param positions [samples · atoms, 4], scaled
 * @returns the atoms [samples · atoms, C], and the tokens [samples · tokens, C]
 */
export function encodeAtoms(
  plan: Plan,
  { start, windows, encoder }: PreparedAtoms,
  inputs: AtomInputs,
  weights: AtomEncoderWeights,
  positions?: Tensor,
): { readonly atoms: Tensor; readonly tokens: Tensor } {
  const samples = positions ? positions.shape[0] / start.shape[0] : 1;
  const act = positions ? atPositions(plan, positions, start, weights, inputs.queryMask) : copyOf(plan, start);
  atomTransformer(plan, act, windows, encoder, weights.blocks);
  const atoms = weights.traits.masked ? sumRows(plan, act, { mask: inputs.queryMask }) : act;
  return { atoms, tokens: aggregated(plan, atoms, inputs.tokenAtoms, weights.tokens, samples) };
}

/** The tokens of all samples. Atoms are as wide as tokens for a moment, so samples that are too large go one by one. */
function aggregated(plan: Plan, atoms: Tensor, tokenAtoms: TokenAtoms, map: Linear, samples: number): Tensor {
  const columns = columnsOf(map);
  const lines = atoms.shape[0] / samples;
  const tokens = tokenAtoms.first.shape[0] - 1;
  const project = (source: Tensor): Tensor => projectRows(plan, "tokens", source, columns);
  const bytes = bytesOf([columns.length, lines]);
  if (samples * bytes <= plan.target.chunkBytes || !sliceable(bytesOf([columns.length, tokens])))
    return tokensOfAtoms(plan, project(atoms), tokenAtoms, samples);
  const all = plan.empty("tokens of atoms", [samples * tokens, columns.length]);
  for (let sample = 0; sample < samples; sample++) {
    const wide = project(slice(atoms, sample * lines, lines));
    tokensOfAtoms(plan, wide, tokenAtoms, 1, slice(all, sample * tokens, tokens));
  }
  return all;
}

/** The atoms' rows plus what their positions say. */
function atPositions(plan: Plan, positions: Tensor, start: Tensor, weights: AtomEncoderWeights, mask: Tensor): Tensor {
  if (!weights.positions) throw new Error("this encoder takes no positions");
  const options = weights.traits.masked ? { mask } : {};
  const source = projectRows(plan, "positions", positions, columnsOf(weights.positions), options);
  return sumRows(plan, start, { added: source });
}
