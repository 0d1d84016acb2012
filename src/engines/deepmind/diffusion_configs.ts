/** deepmind's configs of the diffusion: see configs.ts. */
import type { ConfigReader } from "../../formats/config.ts";
import type { AtomConfig } from "../../model/deepmind/atom_encoder.ts";
import type { AttentionConfig } from "../../model/deepmind/conditioned.ts";
import type { DiffusionConfig } from "../../model/deepmind/diffusion_head.ts";
import type { TransformerConfig } from "../../model/deepmind/token_transformer.ts";
import type { Sizes } from "../core/component.ts";
import { checkDivides, width } from "../core/config_checks.ts";
import { checkPrecision } from "./configs.ts";

/** `SelfAttentionConfig`: dimensions are totals over the heads, by default as wide as the rows. */
function readAttentionConfig(reader: ConfigReader, path: string, heads: number, c: number): AttentionConfig {
  const config = {
    num_head: reader.integer("num_head", heads),
    key_dim: reader.integer("key_dim", c),
    value_dim: reader.integer("value_dim", c),
  };
  checkDivides(`${path}.key_dim`, config.key_dim, config.num_head);
  checkDivides(`${path}.value_dim`, config.value_dim, config.num_head);
  return config;
}

/** `Transformer.Config` with the model's defaults. @param sizes hold the widths of the inputs: c, c_s, c_p */
export function readTransformerConfig(reader: ConfigReader, sizes: Sizes, path = "config") {
  const [c, c_s, c_p] = ["c", "c_s", "c_p"].map((name) => width(reader, name, sizes));
  const attention = reader.object("attention");
  reader.ignore("block_remat");
  const config: TransformerConfig = {
    c,
    c_s,
    c_p,
    num_blocks: reader.integer("num_blocks", 24, 4096),
    super_block_size: reader.integer("super_block_size", 4, 4096),
    num_intermediate_factor: reader.integer("num_intermediate_factor", 2),
    attention: readAttentionConfig(attention, `${path}.attention`, 16, c),
  };
  checkDivides(`${path}.num_blocks`, config.num_blocks, config.super_block_size);
  checkPrecision(reader.object("global_config"));
  return config;
}

/** `AtomCrossAttEncoderConfig`, or the same fields of the diffusion head. @param tokenWidth default of per_token_channels */
export function readAtomConfig(reader: ConfigReader, tokenWidth: number, path = "config") {
  const c = reader.integer("per_atom_channels", 128);
  const transformer = reader.object("atom_transformer");
  const attention = transformer.object("attention");
  const config: AtomConfig = {
    per_token_channels: reader.integer("per_token_channels", tokenWidth),
    per_atom_channels: c,
    per_atom_pair_channels: reader.integer("per_atom_pair_channels", 16),
    atom_transformer: {
      num_blocks: transformer.integer("num_blocks", 3, 4096),
      num_intermediate_factor: transformer.integer("num_intermediate_factor", 2),
      attention: readAttentionConfig(attention, `${path}.atom_transformer.attention`, 4, 128),
    },
  };
  return config;
}

/** `DiffusionHead.Config` with the model's defaults. @param sizes hold the widths of the embeddings: c_s, c_z, c_target */
export function readDiffusionConfig(reader: ConfigReader, sizes: Sizes, path = "config") {
  const atoms = readAtomConfig(reader, 768, path);
  const conditioning = reader.object("conditioning");
  conditioning.ignore("prob");
  const channels = {
    pair_channel: conditioning.integer("pair_channel", 128),
    seq_channel: conditioning.integer("seq_channel", 384),
  };
  const widths = { c: atoms.per_token_channels, c_s: channels.seq_channel, c_p: channels.pair_channel };
  const transformer = readTransformerConfig(reader.object("transformer"), widths, `${path}.transformer`);
  reader.ignore("eval", "eval_batch_size", "eval_batch_dim_shard_size", "use_conditioning");
  const config: DiffusionConfig = {
    ...atoms,
    c_s: width(reader, "c_s", sizes),
    c_z: width(reader, "c_z", sizes),
    c_target: width(reader, "c_target", sizes),
    conditioning: channels,
    transformer,
  };
  checkPrecision(reader.object("global_config"));
  return config;
}
