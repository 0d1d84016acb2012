/** ligo's configs: the constructor arguments of its classes that change numbers, with the classes' defaults. */
import type { ConfigReader } from "../../formats/config.ts";
import type { ConfidenceConfig } from "../../model/ligo/confidence.ts";
import type { DistogramConfig } from "../../model/ligo/distogram.ts";
import type { MsaConfig } from "../../model/ligo/msa.ts";
import type { PairformerConfig } from "../../model/ligo/pairformer.ts";
import type { TemplateConfig } from "../../model/ligo/template.ts";
import type { Sizes } from "../core/component.ts";
import { checkDivides, width } from "../core/config_checks.ts";

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
  checkDivides(`${reader.path}.c_s`, config.c_s, config.no_heads_single_attn);
  return config;
}

/** The arguments of `DistogramHead` with the class's defaults (reference: src/models/heads.py). */
export const readDistogramConfig = (reader: ConfigReader, sizes: Sizes): DistogramConfig => ({
  c_z: width(reader, "c_z", sizes),
  no_bins: reader.integer("no_bins", 64),
});

/** The arguments of `MSAModule` with the class's defaults (reference: src/models/msa_module.py). */
export function readMsaConfig(reader: ConfigReader, sizes: Sizes) {
  const config: MsaConfig = {
    no_blocks: reader.integer("no_blocks", 4, 4096),
    c_msa: reader.integer("c_msa", 64),
    c_token: width(reader, "c_token", sizes),
    c_z: width(reader, "c_z", sizes),
    c_hidden: reader.integer("c_hidden", 32),
    no_heads: reader.integer("no_heads", 8),
    c_hidden_tri_mul: reader.integer("c_hidden_tri_mul", 128),
    c_hidden_pair_attn: reader.integer("c_hidden_pair_attn", 32),
    no_heads_tri_attn: reader.integer("no_heads_tri_attn", 4),
    transition_n: reader.integer("transition_n", 4),
    fuse_projection_weights: reader.flag("fuse_projection_weights", false),
    inf: reader.number("inf", 1e8),
  };
  reader.ignore("pair_dropout", "blocks_per_ckpt", "clear_cache_between_blocks");
  return config;
}

/** The arguments of `TemplateEmbedder` with the class's defaults (reference: src/models/embedders.py). */
export function readTemplateConfig(reader: ConfigReader, sizes: Sizes): TemplateConfig {
  reader.ignore("clear_cache_between_blocks");
  return {
    no_blocks: reader.integer("no_blocks", 2, 4096),
    c_template: reader.integer("c_template", 64),
    c_z: width(reader, "c_z", sizes),
  };
}

/** The arguments of `ConfidenceHead` with the class's defaults (reference: src/models/heads.py). */
export function readConfidenceConfig(reader: ConfigReader, sizes: Sizes): ConfidenceConfig {
  const config: ConfidenceConfig = {
    pairformer: {
      c_s: width(reader, "c_s", sizes),
      c_z: width(reader, "c_z", sizes),
      no_blocks: reader.integer("no_blocks", 4, 4096),
      c_hidden_mul: reader.integer("c_hidden_mul", 128),
      c_hidden_pair_attn: reader.integer("c_hidden_pair_attn", 32),
      no_heads_tri_attn: reader.integer("no_heads_tri_attn", 4),
      no_heads_single_attn: reader.integer("no_heads_single_attn", 16),
      transition_n: reader.integer("transition_n", 4),
      fuse_projection_weights: reader.flag("fuse_projection_weights", false),
      // The head does not pass it on: its Pairformer keeps its own default.
      inf: 1e8,
    },
    no_bins_plddt: reader.integer("no_bins_plddt", 64),
    no_bins_pae: reader.integer("no_bins_pae", 64),
  };
  // The class stores no_bins_pde and never reads it.
  reader.ignore("no_bins_pde", "pair_dropout", "blocks_per_ckpt", "clear_cache_between_blocks");
  checkDivides(`${reader.path}.c_s`, config.pairformer.c_s, config.pairformer.no_heads_single_attn);
  return config;
}
