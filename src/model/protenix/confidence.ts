/** Protenix' confidence head: protenix/model/modules/confidence.py of the pinned repository. */
import { type Plan, reshape, type Tensor } from "../../gpu/plan/plan.ts";
import { addTransposed } from "../../kernels/add_transposed.ts";
import { normalisedLogits } from "../bins.ts";
import { type ConfidenceInputs, type EmbeddingWeights, embedStructure, type NormalisedHead } from "../confidence.ts";
import type { LayerNorm, Linear, WeightReader } from "../linear.ts";
import type { PairMasks, SingleMasks } from "../masks.ts";
import { type PairformerBlockWeights, pairformer } from "../pairformer.ts";
import { type Column, columnsOf } from "../projection.ts";
import { normalisedRows } from "../rows.ts";
import { layerNorm, linear } from "../state_dict.ts";
import { type PairformerConfig, pairformerTraits, pairformerWeights } from "./pairformer.ts";

/** The constructor arguments of `ConfidenceHead` that change numbers, under their own names. */
export interface ConfidenceConfig extends Pick<PairformerConfig, "n_blocks" | "c_s" | "c_z" | "hidden_scale_up"> {
  readonly c_s_inputs: number;
  readonly b_pae: number;
  readonly b_pde: number;
  readonly b_plddt: number;
  readonly b_resolved: number;
  readonly max_atoms_per_token: number;
  /** How many bins of distances there are; their edges are weights. */
  readonly distance_bins: number;
}

/** Heads of the Pairformer over tokens: its class's own default, which the head does not change. */
export const SINGLE_HEADS = 16;
const defaults = { n_heads: SINGLE_HEADS, num_intermediate_factor: 4 } as const;

export const confidenceTraits = {
  /** Trap P19: the trunk's single representation is drawn between this and its negative before it is normalised. */
  limit: 512,
};

export interface ConfidenceWeights {
  readonly embedding: EmbeddingWeights;
  /** Lower and upper edges of the distances' bins, [bins] each. */
  readonly lower: () => Float32Array;
  readonly upper: () => Float32Array;
  readonly singleNorm: LayerNorm;
  readonly blocks: readonly PairformerBlockWeights[];
  readonly pae: NormalisedHead;
  readonly pde: NormalisedHead;
  readonly plddt: AtomHead;
  readonly resolved: AtomHead;
}

/** A head with a map of its own for each place that an atom may have in a token. */
export interface AtomHead {
  readonly norm: LayerNorm;
  readonly maps: readonly Linear[];
}

/** @param at such as `confidence_head` */
export function confidenceWeights(reader: WeightReader, at: string, config: ConfidenceConfig): ConfidenceWeights {
  const { c_s, c_z, c_s_inputs, distance_bins: bins, b_pae, b_pde, b_plddt, b_resolved } = config;
  const map = (name: string, outputs: number, inputs: number): Linear =>
    linear(reader, `${at}.linear_no_bias_${name}`, outputs, inputs);
  const head = (name: string, outputs: number): NormalisedHead => ({
    norm: layerNorm(reader, `${at}.${name}_ln`, c_z),
    map: map(name, outputs, c_z),
  });
  const atomHead = (name: string, outputs: number): AtomHead => ({
    norm: layerNorm(reader, `${at}.${name}_ln`, c_s),
    maps: mapsByPlace(reader, `${at}.${name}_weight`, config.max_atoms_per_token, c_s, outputs),
  });
  return {
    embedding: {
      // Trap P18: the first map's features belong to the column of the pair, the second's to its row.
      left: map("s1", c_z, c_s_inputs),
      right: map("s2", c_z, c_s_inputs),
      distances: map("d", c_z, bins),
      // Trap P20: the distance itself counts as well as its bin.
      measured: map("d_wo_onehot", c_z, 1),
    },
    lower: reader.tensor(`${at}.lower_bins`, [bins]),
    upper: reader.tensor(`${at}.upper_bins`, [bins]),
    singleNorm: layerNorm(reader, `${at}.input_strunk_ln`, c_s),
    blocks: pairformerWeights(reader, `${at}.pairformer_stack`, { ...config, ...defaults }),
    pae: head("pae", b_pae),
    pde: head("pde", b_pde),
    plddt: atomHead("plddt", b_plddt),
    resolved: atomHead("resolved", b_resolved),
  };
}

/** The maps inside `name` [places, inputs, outputs]. */
function mapsByPlace(reader: WeightReader, name: string, places: number, inputs: number, outputs: number): Linear[] {
  const all = reader.tensor(name, [places, inputs, outputs]);
  return Array.from({ length: places }, (_, place) => ({
    inputs,
    outputs,
    weight: () => ({ data: all(), offset: place * inputs * outputs, outputStride: 1, inputStride: outputs }),
  }));
}

/** Logits, bins padded to a multiple of four. */
export interface ConfidenceLogits {
  /** [n, n, bins] */
  readonly pae: Tensor;
  readonly pde: Tensor;
  /** [n, places, bins] */
  readonly plddt: Tensor;
  /** [n, places, classes] */
  readonly resolved: Tensor;
}

/** Records the head for one structure. It changes none of its inputs. */
export function confidenceLogits(
  plan: Plan,
  inputs: Pick<ConfidenceInputs, "single" | "pair" | "target" | "positions">,
  masks: { readonly pair: PairMasks; readonly single: SingleMasks },
  weights: ConfidenceWeights,
): ConfidenceLogits {
  const { embedding, lower, upper } = weights;
  const count = embedding.distances.inputs;
  const edges = (): Float32Array => {
    const [low, high] = [lower(), upper()];
    return Float32Array.from({ length: 2 * count }, (_, at) => (at % 2 ? high : low)[Math.floor(at / 2)]);
  };
  const start = plan.scope("embedding", () => ({
    single: normalisedRows(plan, inputs.single, weights.singleNorm, confidenceTraits.limit),
    pair: embedStructure(plan, inputs, embedding, { count, edges }),
  }));
  const { single, pair } = pairformer(plan, start, masks, weights.blocks, pairformerTraits);
  const [n, , C] = pair.shape;
  const ofPairs = (name: string, source: Tensor, { norm, map }: NormalisedHead): Tensor => {
    const logits = normalisedLogits(plan, name, reshape(source, [n * n, C]), norm, columnsOf(map));
    return reshape(logits, [n, n, logits.shape[1]]);
  };
  const ofAtoms = (name: string, { norm, maps }: AtomHead): Tensor => {
    const columns: Column[] = maps.flatMap((map) => columnsOf(map));
    const logits = normalisedLogits(plan, name, single, norm, columns);
    return reshape(logits, [n, maps.length, columns.length / maps.length]);
  };
  return plan.scope("heads", () => ({
    pae: ofPairs("pae", pair, weights.pae),
    // The pair and its transpose are added before they are normalised, not their logits.
    pde: ofPairs("pde", plan.dispatch(addTransposed, { x: pair }, { scalars: {} }).y, weights.pde),
    plddt: ofAtoms("plddt", weights.plddt),
    resolved: ofAtoms("resolved", weights.resolved),
  }));
}
