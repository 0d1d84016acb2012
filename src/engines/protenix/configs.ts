/** Protenix' configs: the sections of its model configuration that change numbers, with the classes' defaults. */
import { BadInputError } from "../../errors.ts";
import type { ConfigReader } from "../../formats/config.ts";
import type { DistogramConfig } from "../../model/protenix/distogram.ts";
import type { MsaConfig } from "../../model/protenix/msa.ts";
import { type PairformerConfig, TRIANGLE_HEAD } from "../../model/protenix/pairformer.ts";
import type { TemplateConfig } from "../../model/protenix/template.ts";
import type { Sizes } from "../core/component.ts";
import { checkDivides, width } from "../core/config_checks.ts";

/** Whether the hidden widths of the pair grow with its channels, which must then be whole heads. */
export function scalesUp(reader: ConfigReader, name: string, channels: number): boolean {
  const scaled = reader.flag("hidden_scale_up", false);
  if (scaled && channels % TRIANGLE_HEAD !== 0)
    throw new BadInputError(
      `${reader.path}.hidden_scale_up: ${name} ${channels} does not divide into heads of ${TRIANGLE_HEAD} channels`,
    );
  return scaled;
}

/** The arguments of `PairformerStack` with the class's defaults (reference: protenix/model/modules/pairformer.py). */
export function readPairformerConfig(reader: ConfigReader, sizes: Sizes): PairformerConfig {
  const [c_s, c_z] = [width(reader, "c_s", sizes), width(reader, "c_z", sizes)];
  const config = {
    n_blocks: reader.integer("n_blocks", 48, 4096),
    n_heads: reader.integer("n_heads", 16),
    c_s,
    c_z,
    num_intermediate_factor: reader.integer("num_intermediate_factor", 4, 64),
    hidden_scale_up: scalesUp(reader, "c_z", c_z),
  };
  reader.ignore("dropout", "blocks_per_ckpt");
  checkDivides(`${reader.path}.c_s`, c_s, config.n_heads);
  return config;
}

/** The arguments of `DistogramHead` with the class's defaults (reference: protenix/model/modules/head.py). */
export const readDistogramConfig = (reader: ConfigReader, sizes: Sizes): DistogramConfig => ({
  c_z: width(reader, "c_z", sizes),
  no_bins: reader.integer("no_bins", 64),
});

/** The arguments of `MSAModule` with the class's defaults (reference: protenix/model/modules/pairformer.py). */
export function readMsaConfig(reader: ConfigReader, sizes: Sizes): MsaConfig {
  const c_z = width(reader, "c_z", sizes);
  const config = {
    n_blocks: reader.integer("n_blocks", 4, 4096),
    c_m: reader.integer("c_m", 64),
    c_z,
    c_s_inputs: width(reader, "c_s_inputs", sizes),
    hidden_scale_up: scalesUp(reader, "c_z", c_z),
  };
  // How many rows a cycle takes is said by the features.
  reader.ignore("msa_dropout", "pair_dropout", "blocks_per_ckpt", "msa_chunk_size", "msa_max_size", "msa_configs");
  return config;
}

/** The arguments of `TemplateEmbedder` with the class's defaults; without blocks there is no template embedder. */
export function readTemplateConfig(reader: ConfigReader, sizes: Sizes): TemplateConfig {
  const c = reader.integer("c", 64);
  reader.ignore("dropout", "blocks_per_ckpt");
  return {
    n_blocks: reader.count("n_blocks", 2, 4096),
    c,
    c_z: width(reader, "c_z", sizes),
    num_intermediate_factor: reader.integer("num_intermediate_factor", 2, 64),
    hidden_scale_up: scalesUp(reader, "c", c),
  };
}
