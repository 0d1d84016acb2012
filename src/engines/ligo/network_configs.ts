/** ligo's configs of the diffusion and of the whole network: see configs.ts. */
import { BadInputError } from "../../errors.ts";
import type { ConfigReader } from "../../formats/config.ts";
import type { DiffusionConfig } from "../../model/ligo/diffusion_module.ts";
import type { DistogramConfig } from "../../model/ligo/distogram.ts";
import type { MsaConfig } from "../../model/ligo/msa.ts";
import type { PairformerConfig } from "../../model/ligo/pairformer.ts";
import type { EmbedderConfig } from "../../model/ligo/trunk.ts";
import type { Sizes } from "../component.ts";
import { checkDivides, width } from "../config_checks.ts";
import { KEYS, QUERIES } from "../features/layout.ts";
import { readDistogramConfig, readMsaConfig, readPairformerConfig } from "./configs.ts";

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

/** What the trunk runs. */
export interface TrunkConfig {
  readonly embedder: EmbedderConfig;
  readonly msa: MsaConfig;
  readonly pairformer: PairformerConfig;
  /** Passes. */
  readonly num_cycles: number;
}

export interface FullConfig extends TrunkConfig {
  readonly diffusion: DiffusionConfig;
  readonly distogram: DistogramConfig;
  /** Noise levels; one call less. */
  readonly n_steps: number;
  readonly samples_per_trunk: number;
}

/** The heads of an input embedder's atom encoder, and its depth: fixed by the code. */
const EMBEDDER = { no_blocks: 3, no_heads: 4 } as const;

/** A number that the config and the inputs both state. */
function counted(reader: ConfigReader, name: string, found: number | undefined, fallback: number): number {
  const stated = reader.integer(name);
  if (stated !== undefined && found !== undefined && stated !== found)
    throw new BadInputError(`${reader.path}.${name} is ${stated}, but the inputs are for ${found}`);
  return stated ?? found ?? fallback;
}

/** The parts of a trunk with the classes' defaults; all share the widths of the input embedder. The other parts are left unread. */
export function readTrunkConfig(reader: ConfigReader, sizes: Sizes) {
  const [embedder, msa, pairformer] = ["input_embedder", "msa_module", "pairformer_stack"].map((name) =>
    reader.object(name),
  );
  const own = {
    ...EMBEDDER,
    c_token: embedder.integer("c_token", 384),
    c_atom: embedder.integer("c_atom", 128),
    c_atompair: embedder.integer("c_atompair", 16),
    c_trunk_pair: embedder.integer("c_trunk_pair", 128),
  };
  checkDivides(`${embedder.path}.c_atom`, own.c_atom, EMBEDDER.no_heads);
  const [c_token, c_z] = [own.c_token, own.c_trunk_pair];
  const config: TrunkConfig = {
    embedder: own,
    msa: readMsaConfig(msa, { c_token, c_z }),
    pairformer: readPairformerConfig(pairformer, { c_s: c_token, c_z }),
    num_cycles: counted(reader, "num_cycles", sizes.cycles, 1),
  };
  reader.ignore("globals", "diffusion_module", "distogram_head", "n_steps", "samples_per_trunk");
  return config;
}

/** The whole network: the trunk's parts, the diffusion module, the distogram head, and how much is sampled. */
export function readFullConfig(reader: ConfigReader, sizes: Sizes) {
  const trunk = readTrunkConfig(reader, sizes);
  const [diffusion, distogram] = ["diffusion_module", "distogram_head"].map((name) => reader.object(name));
  const { c_token, c_trunk_pair: c_z } = trunk.embedder;
  const config: FullConfig = {
    ...trunk,
    diffusion: readDiffusionConfig(diffusion, { c_token, c_tokenpair: c_z }),
    distogram: readDistogramConfig(distogram, { c_z }),
    n_steps: counted(reader, "n_steps", sizes.draws === undefined ? undefined : sizes.draws + 1, 200),
    samples_per_trunk: counted(reader, "samples_per_trunk", sizes.samples, 1),
  };
  if (config.n_steps < 2)
    throw new BadInputError("config.n_steps should be at least 2: between two levels there is one call");
  return config;
}
