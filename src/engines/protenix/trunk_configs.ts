/** Protenix' config of the trunk: see configs.ts. */
import { BadInputError } from "../../errors.ts";
import type { ConfigReader } from "../../formats/config.ts";
import { inputsWidth } from "../../model/protenix/input_embedder.ts";
import type { TrunkParts } from "../../model/protenix/trunk.ts";
import type { Sizes } from "../core/component.ts";
import { counted } from "../core/config_checks.ts";
import { readMsaConfig, readPairformerConfig, readTemplateConfig } from "./configs.ts";
import { readEmbedderConfig } from "./embedder_config.ts";

/** What the trunk runs, and how often. */
export interface TrunkConfig extends TrunkParts {
  readonly N_cycle: number;
}

/** Offsets beyond these are not told apart; the relative encoding's width follows from them. */
const MAX_RELATIVE = { r_max: 32, s_max: 2 } as const;

/**
 * The model's config as far as the trunk goes, with its defaults; all parts share its widths. The other parts are left unread.
 * @throws {BadInputError} if a part states another width than the trunk
 */
export function readTrunkConfig(reader: ConfigReader, sizes: Sizes): TrunkConfig {
  const embedder = readEmbedderConfig(reader.object("input_embedder"), sizes);
  const widths = {
    c_s: reader.integer("c_s", 384),
    c_z: reader.integer("c_z", 128),
    c_s_inputs: reader.integer("c_s_inputs", inputsWidth(embedder)),
  };
  if (widths.c_s_inputs !== inputsWidth(embedder))
    throw new BadInputError(
      `${reader.path}.c_s_inputs is ${widths.c_s_inputs}, but the input embedder makes ${inputsWidth(embedder)} channels`,
    );
  const positions = reader.object("relative_position_encoding");
  for (const [name, value] of Object.entries({ ...MAX_RELATIVE, c_z: widths.c_z })) {
    const found = positions.integer(name, value);
    if (found !== value) throw new BadInputError(`${positions.path}.${name} is ${found}, only ${value} is supported`);
  }
  const config = {
    embedder,
    template: readTemplateConfig(reader.object("template_embedder"), widths),
    msa: readMsaConfig(reader.object("msa_module"), widths),
    pairformer: readPairformerConfig(reader.object("pairformer"), widths),
    N_cycle: counted(reader, "N_cycle", sizes.cycles, 1),
  };
  reader.ignore(
    "diffusion_module",
    "confidence_head",
    "distogram_head",
    "sample_diffusion",
    "inference_noise_scheduler",
  );
  return config;
}
