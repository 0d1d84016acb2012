/** Protenix' atoms: `AtomAttentionEncoder` and `AtomTransformer` in protenix/model/modules/transformer.py of the pinned repository. */
import type { AtomEncoderWeights, AtomTraits } from "../atom_encoder.ts";
import type { AtomBlockWeights } from "../atom_transformer.ts";
import type { Linear, MatrixView, WeightReader } from "../linear.ts";
import { linear, scaleNorm } from "../state_dict.ts";
import { adaptiveNorm, conditionedAttention, conditionedTransition } from "./conditioned.ts";

/** Widths of an atom encoder, and the depth and heads of its transformer. */
export interface AtomConfig {
  readonly c_token: number;
  readonly c_atom: number;
  readonly c_atompair: number;
  readonly n_blocks: number;
  readonly n_heads: number;
}

/** Classes of elements, and of each of the four letters of an atom's name. */
export const [ELEMENTS, LETTERS] = [128, 64];

/** Widths of an atom's reference features, side by side: the maps of the first two are their own, one takes the others. */
export const ATOM_FEATURES = [
  ["ref_pos", 3],
  ["ref_charge", 1],
  ["ref_mask", 1],
  ["ref_element", ELEMENTS],
  ["ref_atom_name_chars", 4 * LETTERS],
] as const;

/** 1e10 is taken from the logits of keys beyond the atoms. Every atom counts: no output is masked, nor are positions. */
export const atomTraits: AtomTraits = { penalty: 1e10, both: false, masked: false, startsFromTrunk: true };

/** @param trunk widths of the trunk's single and of the conditioned pair representation, where they condition the atoms */
export function atomEncoderWeights(
  reader: WeightReader,
  at: string,
  config: AtomConfig,
  trunk?: { readonly c_s: number; readonly c_z: number },
): AtomEncoderWeights {
  const { c_token, c_atom: c, c_atompair: cp } = config;
  const map = (name: string, outputs: number, inputs: number): Linear =>
    linear(reader, `${at}.linear_no_bias_${name}`, outputs, inputs);
  const rest = ATOM_FEATURES.slice(2).reduce((sum, [, width]) => sum + width, 0);
  return {
    traits: atomTraits,
    features: besideEachOther([map("ref_pos", c, 3), map("ref_charge", c, 1), map("f", c, rest)]),
    row: map("cl", cp, c),
    column: map("cm", cp, c),
    pair: {
      offsets: map("d", cp, 3),
      distances: map("invd", cp, 1),
      valid: map("v", cp, 1),
      layers: [1, 3, 5].map((index) => linear(reader, `${at}.small_mlp.${index}`, cp, cp)),
      residual: true,
    },
    blocks: atomBlocks(reader, `${at}.atom_transformer`, config),
    tokens: map("q", c_token, c),
    ...(trunk && {
      trunk: {
        single: map("s", c, trunk.c_s),
        singleNorm: scaleNorm(reader, `${at}.layernorm_s`, trunk.c_s),
        pair: map("z", cp, trunk.c_z),
        pairNorm: scaleNorm(reader, `${at}.layernorm_z`, trunk.c_z),
      },
      positions: map("r", c, 3),
    }),
  };
}

/** Maps whose sum is taken, as one map of all their inputs. Weights are stored output first. */
function besideEachOther(maps: readonly Linear[]): Linear {
  const inputs = maps.reduce((sum, map) => sum + map.inputs, 0);
  const { outputs } = maps[0];
  const weight = (): MatrixView => {
    const data = new Float32Array(outputs * inputs);
    let first = 0;
    for (const map of maps) {
      const own = map.weight().data;
      for (let output = 0; output < outputs; output++)
        data.set(own.subarray(output * map.inputs, (output + 1) * map.inputs), output * inputs + first);
      first += map.inputs;
    }
    return { data, offset: 0, outputStride: inputs, inputStride: 1 };
  };
  return { inputs, outputs, weight };
}

/** The blocks of `AtomTransformer` under `at`. */
export const atomBlocks = (
  reader: WeightReader,
  at: string,
  { c_atom: c, c_atompair: pair, n_blocks, n_heads: heads }: Omit<AtomConfig, "c_token">,
): AtomBlockWeights[] =>
  Array.from({ length: n_blocks }, (_, index) => {
    const block = `${at}.diffusion_transformer.blocks.${index}`;
    const own = `${block}.attention_pair_bias`;
    return {
      attention: {
        ...conditionedAttention(reader, own, { c, conditioning: c, pair, heads }),
        // Trap P15: the keys' norm takes what the queries' norm has given, not the atoms.
        keyNorm: { ...adaptiveNorm(reader, `${own}.layernorm_kv`, c, c), ofNormalised: true },
      },
      transition: conditionedTransition(reader, `${block}.conditioned_transition_block`, c, c),
    };
  });
