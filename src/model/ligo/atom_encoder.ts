/** ligo's atoms: src/models/components/atom_attention.py of the pinned repository. */
import type { AtomEncoderWeights, AtomTraits } from "../atom_encoder.ts";
import type { AtomBlockWeights } from "../atom_transformer.ts";
import type { LayerNorm, WeightReader } from "../linear.ts";
import { layerNorm, linear, normed } from "../state_dict.ts";
import { adaptiveNorm, conditionedTransition, outputGate } from "./conditioned.ts";
import { attention } from "./pairformer.ts";

/** The constructor arguments of `AtomAttentionEncoder` that change numbers. */
export interface AtomConfig {
  readonly c_token: number;
  readonly c_atom: number;
  readonly c_atompair: number;
  readonly no_blocks: number;
  readonly no_heads: number;
}

/** Widths of an atom's reference features, side by side. */
export const ATOM_FEATURES = [
  ["ref_pos", 3],
  ["ref_charge", 1],
  ["ref_mask", 1],
  ["ref_element", 4],
  ["ref_atom_name_chars", 4],
] as const;
const WIDTH = ATOM_FEATURES.reduce((sum, [, width]) => sum + width, 0);

/**
 * 1e8 is taken from the logits of masked keys. Quirk 13: no output is masked, nor are positions. The rows are taken from the
 * conditioning before the trunk adds to it.
 */
export const atomTraits: AtomTraits = { penalty: 1e8, both: false, masked: false, startsFromTrunk: false };

/** @param trunk widths of the trunk's single and pair representations, where they condition the atoms */
export function atomEncoderWeights(
  reader: WeightReader,
  at: string,
  config: AtomConfig,
  trunk?: { readonly c_s: number; readonly c_z: number },
): AtomEncoderWeights {
  const { c_token, c_atom, c_atompair } = config;
  const [single, pair] = trunk
    ? [
        normed(reader, `${at}.proj_trunk_single`, c_atom, trunk.c_s),
        normed(reader, `${at}.proj_trunk_pair`, c_atompair, trunk.c_z),
      ]
    : [];
  return {
    traits: atomTraits,
    features: linear(reader, `${at}.linear_atom_embedding`, c_atom, WIDTH),
    row: linear(reader, `${at}.linear_single_to_pair_row`, c_atompair, c_atom),
    column: linear(reader, `${at}.linear_single_to_pair_col`, c_atompair, c_atom),
    pair: {
      offsets: linear(reader, `${at}.linear_atom_offsets`, c_atompair, 3),
      distances: linear(reader, `${at}.linear_atom_distances`, c_atompair, 1),
      valid: linear(reader, `${at}.linear_mask`, c_atompair, 1),
      layers: [1, 3].map((index) => linear(reader, `${at}.pair_mlp.${index}`, c_atompair, c_atompair)),
      // Quirk 7: what the two layers give replaces the pair.
      residual: false,
    },
    blocks: atomBlocks(reader, `${at}.atom_transformer`, config),
    tokens: linear(reader, `${at}.output_proj.0`, c_token, c_atom),
    ...(single &&
      pair && {
        trunk: { single: single.map, singleNorm: single.norm, pair: pair.map, pairNorm: pair.norm },
        positions: linear(reader, `${at}.linear_noisy_pos`, c_atom, 3),
      }),
  };
}

/** The blocks of `AtomTransformer`, under `at`.blocks.0 and so on. */
export const atomBlocks = (
  reader: WeightReader,
  at: string,
  { c_atom: c, c_atompair, no_blocks, no_heads }: Omit<AtomConfig, "c_token">,
): AtomBlockWeights[] =>
  Array.from({ length: no_blocks }, (_, index) => {
    const own = `${at}.blocks.${index}.atom_attention`;
    const biasNorm: LayerNorm = layerNorm(reader, `${own}.layer_norm_pair`, c_atompair);
    return {
      attention: {
        ...attention(reader, `${own}.attention`, c, c, no_heads, true),
        norm: adaptiveNorm(reader, `${own}.ada_ln`, c),
        biasNorm,
        bias: linear(reader, `${own}.linear_pair`, no_heads, c_atompair),
        outputGate: outputGate(reader, `${own}.output_proj_linear`, c),
      },
      transition: conditionedTransition(reader, `${at}.blocks.${index}.transition`, c),
    };
  });
