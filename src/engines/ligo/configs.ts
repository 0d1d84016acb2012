/** ligo's configs: the constructor arguments of its classes that change numbers, with the classes' defaults. */
import type { ConfigReader } from "../../formats/config.ts";
import type { PairformerConfig } from "../../model/ligo/pairformer.ts";
import type { Sizes } from "../component.ts";
import { checkDivides, width } from "../config_checks.ts";

/** The arguments of `PairformerStack` with the class's defaults (reference: src/models/pairformer.py). */
export function readPairformerConfig(reader: ConfigReader, sizes: Sizes) {
  const config: PairformerConfig = {
    c_s: width(reader, "c_s", sizes),
    c_z: width(reader, "c_z", sizes),
    no_blocks: reader.integer("no_blocks", 48, 4096),
    c_hidden_mul: reader.integer("c_hidden_mul", 128),
    c_hidden_pair_attn: reader.integer("c_hidden_pair_attn", 32),
    no_heads_tri_attn: reader.integer("no_heads_tri_attn", 4),
    no_heads_single_attn: reader.integer("no_heads_single_attn", 16),
    transition_n: reader.integer("transition_n", 4),
    fuse_projection_weights: reader.flag("fuse_projection_weights", false),
    inf: reader.number("inf", 1e8),
  };
  reader.ignore("pair_dropout", "blocks_per_ckpt", "clear_cache_between_blocks");
  checkDivides("config.c_s", config.c_s, config.no_heads_single_attn);
  return { config, readers: [reader] };
}
