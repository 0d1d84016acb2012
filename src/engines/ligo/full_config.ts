/** ligo's config of the whole network: see configs.ts. */
import { BadInputError } from "../../errors.ts";
import type { ConfigReader } from "../../formats/config.ts";
import type { DiffusionConfig } from "../../model/ligo/diffusion_module.ts";
import type { DistogramConfig } from "../../model/ligo/distogram.ts";
import type { Sizes } from "../core/component.ts";
import { counted } from "../core/config_checks.ts";
import { readDistogramConfig } from "./configs.ts";
import { readDiffusionConfig } from "./diffusion_configs.ts";
import { readTrunkConfig, type TrunkConfig } from "./trunk_configs.ts";

export interface FullConfig extends TrunkConfig {
  readonly diffusion: DiffusionConfig;
  readonly distogram: DistogramConfig;
  /** Noise levels; one call less. */
  readonly n_steps: number;
  readonly samples_per_trunk: number;
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
