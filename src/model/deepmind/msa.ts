/** deepmind's MSA stack: `EvoformerIteration` in alphafold3/model/network/modules.py of the pinned repository. */
import type { Linear, WeightReader } from "../linear.ts";
import type { AveragingWeights, MsaBlockWeights, MsaTraits, OuterProductWeights } from "../msa.ts";
import { type PairBlockConfig, pairBlock, pairformerTraits, transition } from "./pairformer.ts";
import { type Layer, layerNorm, linear } from "./weights.ts";

/** The fields of `EvoformerIteration.Config` that change numbers, and the widths of its inputs. */
export interface MsaConfig extends PairBlockConfig {
  readonly c_m: number;
  readonly num_layer: number;
  readonly msa_attention: { readonly num_head: number };
  readonly outer_product_mean: { readonly num_outer_channel: number };
  readonly msa_transition: { readonly num_intermediate_factor: number };
}

export const msaTraits: MsaTraits = {
  starting: pairformerTraits.starting,
  ending: pairformerTraits.ending,
  first: "outer product",
  // Only tokens that are in no sequence at all are kept out of the averages, whatever the pair mask says.
  keys: "present",
  penalty: 1e9,
  masksValues: false,
};

/** All layers' weights under a scope such as `…/msa_stack`. */
export function msaWeights(reader: WeightReader, scope: string, config: MsaConfig): MsaBlockWeights[] {
  return Array.from({ length: config.num_layer }, (_, index) => {
    const layer: Layer = { scope: `${scope}/`, index, count: config.num_layer };
    return {
      outer: outerProductMean(reader, layer, config),
      stack: {
        averaging: msaAttention(reader, layer, config),
        transition: transition(
          reader,
          layer,
          "msa_transition",
          config.c_m,
          config.msa_transition.num_intermediate_factor,
        ),
      },
      pair: pairBlock(reader, layer, config),
    };
  });
}

function outerProductMean(
  reader: WeightReader,
  layer: Layer,
  { c_m, c_z, outer_product_mean: { num_outer_channel: c } }: MsaConfig,
): OuterProductWeights {
  const at = "outer_product_mean";
  const side = { shape: [c_m, c], inputs: c_m, outputs: c };
  return {
    norm: layerNorm(reader, layer, `${at}/layer_norm_input`, c_m),
    left: linear(reader, layer, `${at}/left_projection`, side),
    right: linear(reader, layer, `${at}/right_projection`, side),
    output: outerOutput(reader, layer, at, c, c_z),
  };
}

/** Trap T7: the bias is added before the division. Its name, and that of the weights, are the block's own, not a module's. */
function outerOutput(reader: WeightReader, { scope, index, count }: Layer, at: string, c: number, c_z: number): Linear {
  const stack = count === undefined ? [] : [count].flat();
  const weights = reader.tensor(`${scope}${at}:output_w`, [...stack, c, c, c_z]);
  const bias = reader.tensor(`${scope}${at}:output_b`, [...stack, c_z]);
  return {
    inputs: c * c,
    outputs: c_z,
    weight: () => ({ data: weights(), offset: index * c * c * c_z, outputStride: 1, inputStride: c_z }),
    bias: () => ({ data: bias(), offset: index * c_z, stride: 1 }),
  };
}

function msaAttention(
  reader: WeightReader,
  layer: Layer,
  { c_m, c_z, msa_attention: { num_head } }: MsaConfig,
): AveragingWeights {
  const at = "msa_attention1";
  const dim = Math.floor(c_m / num_head);
  const width = num_head * dim;
  return {
    heads: num_head,
    norm: layerNorm(reader, layer, `${at}/act_norm`, c_m),
    value: linear(reader, layer, `${at}/v_projection`, { shape: [c_m, num_head, dim], inputs: c_m, outputs: width }),
    gate: linear(reader, layer, `${at}/gating_query`, { shape: [c_m, width], inputs: c_m, outputs: width }),
    output: linear(reader, layer, `${at}/output_projection`, { shape: [width, c_m], inputs: width, outputs: c_m }),
    biasNorm: layerNorm(reader, layer, `${at}/pair_norm`, c_z),
    bias: linear(reader, layer, `${at}/pair_logits`, { shape: [c_z, num_head], inputs: c_z, outputs: num_head }),
  };
}
