/** deepmind's configs: the fields of its classes' `Config` that change numbers, with the model's defaults. */
import { BadInputError } from "../../errors.ts";
import type { ConfigReader } from "../../formats/config.ts";
import type { PairformerConfig } from "../../model/deepmind/pairformer.ts";
import type { Sizes } from "../component.ts";
import { checkDivides, width } from "../config_checks.ts";

/** `PairFormerIteration.Config` with the model's defaults (reference: alphafold3/model/network/modules.py, evoformer.py). */
export function readPairformerConfig(reader: ConfigReader, sizes: Sizes) {
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
