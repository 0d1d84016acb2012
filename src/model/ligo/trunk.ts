/** ligo's trunk: src/models/embedders.py and `AlphaFold3.run_trunk` in src/models/model.py of the pinned repository. */
import { type Plan, reshape, type Tensor } from "../../gpu/plan/plan.ts";
import { type AtomEncoderWeights, type AtomInputs, encodeAtoms, prepareAtoms } from "../atom_encoder.ts";
import { gatherRows } from "../atom_features.ts";
import { copyInto, copyOf, pairSum, zerosLike } from "../copies.ts";
import { type LayerNorm, type Linear, matrixAt, type Normed, type WeightReader } from "../linear.ts";
import type { PairMasks, SingleMasks } from "../masks.ts";
import { embedMsa, type MsaBlockWeights, type MsaMasks, msaBlocks } from "../msa.ts";
import { type PairformerBlockWeights, pairformer } from "../pairformer.ts";
import { columnsOf, padded } from "../projection.ts";
import { initialPair, RELATIVE_FEATURES, type TokenTable } from "../relative_encoding.ts";
import { addRows, normalisedRows, projectRows } from "../rows.ts";
import { layerNorm, linear, normed } from "../state_dict.ts";
import { type AtomConfig, atomEncoderWeights } from "./atom_encoder.ts";
import { relativeTraits } from "./diffusion_module.ts";
import { type MsaConfig, msaEmbedding, msaTraits, msaWeights } from "./msa.ts";
import { type PairformerConfig, pairformerTraits, pairformerWeights } from "./pairformer.ts";

/** The constructor arguments of `InputEmbedder`, and what its code fixes. */
export interface EmbedderConfig extends AtomConfig {
  readonly c_trunk_pair: number;
}

/** Types of residues: the twenty amino acids and X. */
export const RESIDUE_TYPES = 21;

export interface EmbedderWeights {
  readonly encoder: AtomEncoderWeights;
  readonly types: Linear;
  readonly norm: LayerNorm;
  readonly single: Linear;
  readonly left: Linear;
  readonly right: Linear;
  readonly positions: Linear;
}

export interface TrunkWeights {
  readonly embedder: EmbedderWeights;
  readonly previousPair: Normed;
  readonly previousSingle: Normed;
  readonly msa: { readonly features: Linear; readonly single: Linear };
  readonly msaBlocks: readonly MsaBlockWeights[];
  readonly blocks: readonly PairformerBlockWeights[];
}

/** The configs of the parts that run. */
export interface TrunkParts {
  readonly embedder: EmbedderConfig;
  readonly msa: MsaConfig;
  readonly pairformer: PairformerConfig;
}

/** All weights under their full names. */
export function trunkWeights(reader: WeightReader, { embedder, msa, pairformer }: TrunkParts): TrunkWeights {
  const { c_token, c_trunk_pair } = embedder;
  return {
    embedder: embedderWeights(reader, "input_embedder", embedder),
    previousPair: normed(reader, "recycling_z_proj", c_trunk_pair, c_trunk_pair),
    previousSingle: normed(reader, "recycling_s_proj", c_token, c_token),
    msa: msaEmbedding(reader, "msa_module", msa),
    msaBlocks: msaWeights(reader, "msa_module", msa),
    blocks: pairformerWeights(reader, "pairformer", pairformer),
  };
}

function embedderWeights(reader: WeightReader, at: string, config: EmbedderConfig): EmbedderWeights {
  const { c_token, c_trunk_pair } = config;
  const features = `${at}.input_feature_embedder`;
  return {
    encoder: atomEncoderWeights(reader, `${features}.encoder`, config),
    types: linear(reader, `${features}.restype_embedding`, c_token, RESIDUE_TYPES),
    norm: layerNorm(reader, `${features}.output_ln`, c_token),
    single: linear(reader, `${at}.linear_single`, c_token, c_token),
    left: linear(reader, `${at}.linear_proj_i`, c_trunk_pair, c_token),
    right: linear(reader, `${at}.linear_proj_j`, c_trunk_pair, c_token),
    positions: linear(reader, `${at}.relpos.linear_proj`, c_trunk_pair, RELATIVE_FEATURES),
  };
}

/** What the features alone give, once, and where the cycles keep their results. */
export interface EmbeddedTrunk {
  /** [n, C]: the single inputs. */
  readonly inputs: Tensor;
  /** [n, C] and [n, n, C] */
  readonly single: Tensor;
  readonly pair: Tensor;
  /** The results of the cycle before, zeros before the first; updated. */
  readonly state: { readonly single: Tensor; readonly pair: Tensor };
}

/** @param types [n]: the class of each token's residue */
export function embedInputs(
  plan: Plan,
  { atoms, tokens, types }: { readonly atoms: AtomInputs; readonly tokens: TokenTable; readonly types: Tensor },
  weights: EmbedderWeights,
): EmbeddedTrunk {
  const inputs = plan.scope("single inputs", () => {
    const base = encodeAtoms(plan, prepareAtoms(plan, atoms, weights.encoder), atoms, weights.encoder).tokens;
    // Quirk 15: residue types and atoms are added, and normalised together.
    const x = gatherRows(plan, typeRows(plan, weights.types), { base, index: types });
    return normalisedRows(plan, x, weights.norm);
  });
  const map = (name: string, linear: Linear): Tensor => projectRows(plan, name, inputs, columnsOf(linear));
  const sums = { left: map("left", weights.left), right: map("right", weights.right) };
  const single = map("single", weights.single);
  const pair = initialPair(plan, tokens, weights.positions, relativeTraits, sums);
  return { inputs, single, pair, state: { single: zerosLike(plan, single), pair: zerosLike(plan, pair) } };
}

/** The embeddings of the residue classes, one row each. */
function typeRows(plan: Plan, map: Linear): Tensor {
  const C = padded(map.outputs);
  return plan.constant("residue types", [RESIDUE_TYPES, C], () => {
    const view = map.weight();
    return Float32Array.from({ length: RESIDUE_TYPES * C }, (_, at) =>
      at % C < map.outputs ? matrixAt(view, at % C, Math.floor(at / C)) : 0,
    );
  });
}

/** What one cycle reads: its own MSA. */
export interface CycleInputs {
  /** [rows · n, padded features] */
  readonly features: Tensor;
  readonly masks: MsaMasks;
}

/** One cycle; leaves its results in the state. Quirk 20: the functional path, whose cycles all begin at the same embedding. */
export function trunkCycle(
  plan: Plan,
  { inputs, single: firstSingle, pair: firstPair, state }: EmbeddedTrunk,
  { features, masks: msaMasks }: CycleInputs,
  masks: { readonly pair: PairMasks; readonly single: SingleMasks },
  weights: TrunkWeights,
  config: TrunkParts,
): void {
  const [n, , C] = firstPair.shape;
  const rows = (tensor: Tensor): Tensor => reshape(tensor, [n * n, C]);
  const [single, embedded] = plan.scope("recycling", () => {
    // In the first cycle the norm of zeros is its offset: even then this adds something.
    const [s, z] = [copyOf(plan, firstSingle), copyOf(plan, firstPair)];
    const { previousSingle, previousPair } = weights;
    addRows(plan, "previous single", state.single, columnsOf(previousSingle.map), s, { norm: previousSingle.norm });
    addRows(plan, "previous pair", rows(state.pair), columnsOf(previousPair.map), rows(z), {
      norm: previousPair.norm,
    });
    return [s, z];
  });
  const pair = plan.scope("msa", () => {
    copyInto(plan, embedded, state.pair);
    const msa = embedMsa(plan, { features, single: inputs }, weights.msa);
    const all = { msa: msaMasks, pair: masks.pair };
    const updated = msaBlocks(plan, { msa, pair: embedded }, all, weights.msaBlocks, msaTraits(config.msa), false);
    // Quirk 6: the module's result holds the pair already, and is added to it.
    return pairSum(plan, state.pair, updated);
  });
  const updated = plan.scope("pairformer", () =>
    pairformer(plan, { single, pair }, masks, weights.blocks, pairformerTraits(config.pairformer)),
  );
  copyInto(plan, updated.single, state.single);
  copyInto(plan, updated.pair, state.pair);
}
