/** The engine `deepmind`: presets, weights and components of google-deepmind/alphafold3. */
import { BadInputError } from "../errors.ts";
import type { ConfigReader } from "../formats/config.ts";
import { RandomStream } from "../formats/random.ts";
import { sizeOf } from "../formats/tensor.ts";
import { type PairformerConfig, pairformerTraits, pairformerWeights } from "../model/deepmind/pairformer.ts";
import type { Sizes } from "./component.ts";
import type { Engine } from "./engine.ts";
import { checkDivides, pairformerComponent, width } from "./pairformer.ts";

const TRUNK_PAIRFORMER = "diffuser/evoformer/__layer_stack_no_per_layer_1/trunk_pairformer";

/** `PairFormerIteration.Config` with the model's defaults (reference: alphafold3/model/network/modules.py, evoformer.py). */
function readPairformerConfig(reader: ConfigReader, sizes: Sizes) {
  const [c_s, c_z] = [width(reader, "c_s", sizes), width(reader, "c_z", sizes)];
  const pairAttention = reader.object("pair_attention");
  const pairTransition = reader.object("pair_transition");
  const singleAttention = reader.object("single_attention");
  const singleTransition = reader.object("single_transition");
  const triangles = ["outgoing", "incoming"].map((side) => reader.object(`triangle_multiplication_${side}`));
  for (const triangle of triangles) triangle.ignore("equation", "use_glu_kernel");
  for (const transition of [pairTransition, singleTransition]) transition.ignore("use_glu_kernel");
  reader.ignore("shard_transition_blocks", "block_remat", "remat_block_size");
  const config: PairformerConfig = {
    c_s,
    c_z,
    num_layer: reader.integer("num_layer", 48, 4096),
    pair_attention: { num_head: pairAttention.integer("num_head", 4) },
    pair_transition: { num_intermediate_factor: pairTransition.number("num_intermediate_factor", 4) },
    single_attention: {
      num_head: singleAttention.integer("num_head", 16),
      key_dim: singleAttention.integer("key_dim", c_s),
      value_dim: singleAttention.integer("value_dim", c_s),
    },
    single_transition: { num_intermediate_factor: singleTransition.number("num_intermediate_factor", 4) },
  };
  checkDivides("config.pair_attention.num_head", c_z, config.pair_attention.num_head);
  checkDivides("config.single_attention.key_dim", config.single_attention.key_dim, config.single_attention.num_head);
  checkDivides(
    "config.single_attention.value_dim",
    config.single_attention.value_dim,
    config.single_attention.num_head,
  );
  const global = reader.object("global_config");
  checkPrecision(global);
  const readers = [reader, pairAttention, pairTransition, singleAttention, singleTransition, ...triangles];
  return { config, readers };
}

/** The networks can run in bfloat16; cases record float32 and nothing else is reproduced here. */
function checkPrecision(global: ConfigReader): void {
  const bfloat16 = global.text("bfloat16", "none");
  if (bfloat16 !== "none")
    throw new BadInputError(`config.global_config.bfloat16 is "${bfloat16}", only "none" (float32) is supported`);
}

const pairformer = pairformerComponent<PairformerConfig>({
  engine: "deepmind",
  names: { single: "single", pair: "pair", singleMask: "seq_mask", pairMask: "pair_mask" },
  readConfig: readPairformerConfig,
  weights: (reader, config) => pairformerWeights(reader, TRUNK_PAIRFORMER, config),
  traits: () => pairformerTraits,
  masksQueries: false,
});

/** Weights that the pair attention stores output first: their fan-in is the last axis (trap T5). */
const TRANSPOSED = /\/pair_attention[12]\/(q_projection|k_projection|gating_query):weights$/;

/** Values of a weight by docs/random-tensors.md. */
function randomWeight(name: string, shape: readonly number[], seed: number): Float32Array {
  const stream = new RandomStream(seed, name);
  const length = sizeOf(shape);
  if (name.endsWith(":scale")) return stream.onePlusNormal(length, 0.1);
  if (/:(offset|bias)$/.test(name)) return stream.normal(length, 0.1);
  if (!name.endsWith(":weights")) throw new Error(`no rule for random values of ${name} [${shape.join(", ")}]`);
  const fanIn = TRANSPOSED.test(name) ? shape[shape.length - 1] : shape[1];
  return stream.normal(length, 1 / Math.sqrt(fanIn));
}

export const deepmind: Engine = { name: "deepmind", components: [pairformer], randomWeight };
