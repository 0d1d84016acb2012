/** ligo's configs of the diffusion: see configs.ts. */
import { BadInputError } from "../../errors.ts";
import type { ConfigReader } from "../../formats/config.ts";
import type { DiffusionConfig } from "../../model/ligo/diffusion_module.ts";
import { KEYS, QUERIES } from "../../pipeline/atom_layout.ts";
import type { Sizes } from "../core/component.ts";
import { checkDivides, width } from "../core/config_checks.ts";

/** The arguments of `DiffusionModule` with the class's defaults (reference: src/models/diffusion_module.py). */
export function readDiffusionConfig(reader: ConfigReader, sizes: Sizes) {
  const config: DiffusionConfig = {
    c_atom: reader.integer("c_atom", 128),
    c_atompair: reader.integer("c_atompair", 16),
    c_token: width(reader, "c_token", sizes),
    c_tokenpair: width(reader, "c_tokenpair", sizes),
    atom_encoder_heads: reader.integer("atom_encoder_heads", 16),
    atom_decoder_blocks: reader.integer("atom_decoder_blocks", 3, 4096),
    atom_decoder_heads: reader.integer("atom_decoder_heads", 16),
    token_transformer_blocks: reader.integer("token_transformer_blocks", 24, 4096),
    token_transformer_heads: reader.integer("token_transformer_heads", 16),
    sd_data: reader.number("sd_data", 16),
    s_max: reader.number("s_max", 160),
    s_min: reader.number("s_min", 4e-4),
    p: reader.number("p", 7),
  };
  reader.ignore("atom_encoder_blocks", "dropout", "blocks_per_ckpt", "clear_cache_between_blocks");
  checkWindows(reader);
  checkDivides(`${reader.path}.c_atom`, config.c_atom, config.atom_encoder_heads);
  checkDivides(`${reader.path}.c_atom`, config.c_atom, config.atom_decoder_heads);
  checkDivides(`${reader.path}.c_token`, config.c_token, config.token_transformer_heads);
  return config;
}

/** With the trunk's conditioning, a helper of the reference knows one size of windows only. */
function checkWindows(reader: ConfigReader): void {
  const [queries, keys] = [
    reader.integer("atom_attention_n_queries", QUERIES),
    reader.integer("atom_attention_n_keys", KEYS),
  ];
  if (queries !== QUERIES || keys !== KEYS)
    throw new BadInputError(
      `${reader.path}: windows have ${QUERIES} queries and ${KEYS} keys, not ${queries} and ${keys}`,
    );
}
