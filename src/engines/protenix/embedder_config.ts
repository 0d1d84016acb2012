/** Protenix' config of the input embedder: see configs.ts. */
import type { ConfigReader } from "../../formats/config.ts";
import { type EmbedderConfig, ENCODER } from "../../model/protenix/input_embedder.ts";
import type { Sizes } from "../core/component.ts";
import { checkDivides, width } from "../core/config_checks.ts";

/** Channels of the embedding of ESM2-3B. */
const ESM = 2560;

/** The arguments of `InputFeatureEmbedder` with the class's defaults (reference: protenix/model/modules/embedders.py). */
export function readEmbedderConfig(reader: ConfigReader, sizes: Sizes): EmbedderConfig {
  const esm = reader.object("esm");
  const enabled = esm.flag("enable", false);
  const channels = width(esm, "embedding_dim", { embedding_dim: sizes.c_esm ?? esm.integer("embedding_dim", ESM) });
  const config = {
    c_token: reader.integer("c_token", 384),
    c_atom: reader.integer("c_atom", 128),
    c_atompair: reader.integer("c_atompair", 16),
    esm: enabled ? channels : undefined,
  };
  checkDivides(`${reader.path}.c_atom`, config.c_atom, ENCODER.n_heads);
  return config;
}
