/** deepmind's config of the trunk: see configs.ts. */
import { BadInputError } from "../../errors.ts";
import type { ConfigReader } from "../../formats/config.ts";
import type { TrunkConfig } from "../../model/deepmind/trunk.ts";
import type { Sizes } from "../core/component.ts";
import { checkPrecision, readMsaConfig, readPairformerConfig, readTemplateConfig } from "./configs.ts";
import { readAtomConfig } from "./diffusion_configs.ts";

/** Offsets beyond these are not told apart; the relative encoding's width follows from them. */
const MAX_RELATIVE = { max_relative_idx: 32, max_relative_chain: 2 } as const;

/** `Evoformer.Config` with the model's defaults. */
export function readEvoformerConfig(reader: ConfigReader) {
  for (const [name, value] of Object.entries(MAX_RELATIVE)) {
    const found = reader.integer(name, value);
    if (found !== value) throw new BadInputError(`config.evoformer.${name} is ${found}, only ${value} is supported`);
  }
  const widths: Sizes = {
    c_z: reader.integer("pair_channel", 128),
    c_s: reader.integer("seq_channel", 384),
    c_m: reader.integer("msa_channel", 64),
  };
  const pairformer = readPairformerConfig(reader.object("pairformer"), widths);
  const msa = readMsaConfig(reader.object("msa_stack"), widths);
  const template = readTemplateConfig(reader.object("template"), widths);
  const atoms = reader.object("per_atom_conditioning");
  const encoder = readAtomConfig(atoms, 384, "config.evoformer.per_atom_conditioning");
  const config: TrunkConfig = {
    pair_channel: widths.c_z,
    seq_channel: widths.c_s,
    msa_channel: widths.c_m,
    num_msa: reader.integer("num_msa", 1024),
    pairformer,
    msa_stack: msa,
    template,
    per_atom_conditioning: encoder,
  };
  return config;
}

/** What a trunk alone needs: its config, and how often it runs beyond the first time. */
export function readTrunkConfig(reader: ConfigReader) {
  const evoformer = readEvoformerConfig(reader.object("evoformer"));
  checkPrecision(reader.object("global_config"));
  return { evoformer, num_recycles: reader.count("num_recycles", 10) };
}
