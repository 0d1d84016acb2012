/** ligo's config of the trunk: see configs.ts. */
import type { ConfigReader } from "../../formats/config.ts";
import type { TrunkParts } from "../../model/ligo/trunk.ts";
import type { Sizes } from "../core/component.ts";
import { checkDivides, counted } from "../core/config_checks.ts";
import { readMsaConfig, readPairformerConfig } from "./configs.ts";

/** What the trunk runs, and how often. */
export interface TrunkConfig extends TrunkParts {
  readonly num_cycles: number;
}

/** The heads of an input embedder's atom encoder, and its depth: fixed by the code. */
const EMBEDDER = { no_blocks: 3, no_heads: 4 } as const;

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
