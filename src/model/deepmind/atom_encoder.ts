/** deepmind's atoms: alphafold3/model/network/atom_cross_attention.py of the pinned repository. */
import type { AtomEncoderWeights, AtomTraits } from "../atom_encoder.ts";
import type { AtomBlockWeights } from "../atom_transformer.ts";
import type { LayerNorm, Linear, MatrixView, WeightReader } from "../linear.ts";
import {
  type AttentionConfig,
  adaptiveNorm,
  conditionedAttention,
  conditionedTransition,
  zeroGate,
} from "./conditioned.ts";
import { type Layer, linear, scaleNorm, unstacked } from "./weights.ts";

/** The fields of `AtomCrossAttEncoderConfig`, which the diffusion head has too. */
export interface AtomConfig {
  readonly per_token_channels: number;
  readonly per_atom_channels: number;
  readonly per_atom_pair_channels: number;
  readonly atom_transformer: {
    readonly num_blocks: number;
    readonly num_intermediate_factor: number;
    readonly attention: AttentionConfig;
  };
}

/** Widths of an atom's reference features, side by side: position, mask, element, charge, the letters of its name. */
export const ATOM_FEATURES = [
  ["ref_pos", 3],
  ["ref_mask", 1],
  ["ref_element", 128],
  ["ref_charge", 1],
  ["ref_atom_name", 256],
] as const;

/** Trap T10: 1e9 is added where query and key are both padding, and nothing elsewhere. */
export const atomTraits: AtomTraits = { penalty: 1e9, both: true, masked: true, startsFromTrunk: true };

/**
 * The weights of an atom encoder, under names that begin with `prefix`.
 * @param trunk widths of the trunk's single and pair representations, where they condition the atoms
 */
export function atomEncoderWeights(
  reader: WeightReader,
  prefix: string,
  config: AtomConfig,
  trunk?: { readonly c_s: number; readonly c_z: number },
): AtomEncoderWeights {
  const { per_atom_channels: c, per_atom_pair_channels: cp, per_token_channels: ct } = config;
  const layer = unstacked(prefix);
  const map = (name: string, inputs: number, outputs: number): Linear =>
    linear(reader, layer, `_${name}`, { shape: [inputs, outputs], inputs, outputs });
  const norm = (name: string, channels: number): LayerNorm => scaleNorm(reader, layer, `_${name}`, channels);
  return {
    traits: atomTraits,
    features: stacked(ATOM_FEATURES.map(([name, inputs]) => map(`embed_${name}`, inputs, c))),
    // Trap T8: the weights without _1 feed a tensor that is thrown away.
    row: map("single_to_pair_cond_row_1", c, cp),
    column: map("single_to_pair_cond_col_1", c, cp),
    pair: {
      offsets: map("embed_pair_offsets_1", 3, cp),
      distances: map("embed_pair_distances_1", 1, cp),
      valid: map("embed_pair_offsets_valid", 1, cp),
      layers: [1, 2, 3].map((index) => map(`pair_mlp_${index}`, cp, cp)),
      residual: true,
    },
    blocks: atomBlocks(reader, `${prefix}_atom_transformer_encoder`, config),
    tokens: map("project_atom_features_for_aggr", c, ct),
    ...(trunk && {
      trunk: {
        single: map("embed_trunk_single_cond", trunk.c_s, c),
        singleNorm: norm("lnorm_trunk_single_cond", trunk.c_s),
        pair: map("embed_trunk_pair_cond", trunk.c_z, cp),
        pairNorm: norm("lnorm_trunk_pair_cond", trunk.c_z),
      },
      positions: map("atom_positions_to_features", 3, c),
    }),
  };
}

/** Maps of several inputs side by side as one map. Inputs are stored before outputs, so their values follow each other. */
function stacked(maps: readonly Linear[]): Linear {
  const inputs = maps.reduce((sum, map) => sum + map.inputs, 0);
  const { outputs } = maps[0];
  const weight = (): MatrixView => {
    const data = new Float32Array(inputs * outputs);
    let at = 0;
    for (const map of maps) {
      data.set(map.weight().data, at);
      at += map.inputs * outputs;
    }
    return { data, offset: 0, outputStride: 1, inputStride: outputs };
  };
  return { inputs, outputs, weight };
}

/** The blocks of `CrossAttTransformer` under its scope; one projection makes the pair logits of all blocks. */
export function atomBlocks(reader: WeightReader, scope: string, config: AtomConfig): AtomBlockWeights[] {
  const { per_atom_channels: c, per_atom_pair_channels: cp, atom_transformer } = config;
  const { num_blocks, num_intermediate_factor, attention } = atom_transformer;
  const name = scope.slice(scope.lastIndexOf("/") + 1);
  const heads = attention.num_head;
  return Array.from({ length: num_blocks }, (_, index) => {
    const layer: Layer = { scope: `${scope}/__layer_stack_with_per_layer/${name}`, index, count: num_blocks };
    return {
      attention: {
        ...conditionedAttention(reader, layer, c, attention),
        norm: adaptiveNorm(reader, layer, "q", c, c),
        keyNorm: adaptiveNorm(reader, layer, "k", c, c),
        biasNorm: scaleNorm(reader, unstacked(`${scope}/`), "pair_input_layer_norm", cp),
        bias: linear(reader, unstacked(`${scope}/`), "pair_logits_projection", {
          shape: [cp, num_blocks, heads],
          inputs: cp,
          outputs: heads,
          first: index * heads,
        }),
        outputGate: zeroGate(reader, layer, "", c, c),
      },
      transition: conditionedTransition(reader, layer, c, c, num_intermediate_factor),
    };
  });
}
