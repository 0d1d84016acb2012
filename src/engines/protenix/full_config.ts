/** Protenix' config of the whole model: see configs.ts. */
import { BadInputError } from "../../errors.ts";
import type { ConfigReader } from "../../formats/config.ts";
import type { ConfidenceConfig } from "../../model/protenix/confidence.ts";
import type { DiffusionConfig } from "../../model/protenix/diffusion_module.ts";
import type { DistogramConfig } from "../../model/protenix/distogram.ts";
import type { Sizes } from "../core/component.ts";
import { readConfidenceConfig } from "./confidence_config.ts";
import { readDistogramConfig } from "./configs.ts";
import { readDiffusionConfig, readSamplerConfig } from "./diffusion_configs.ts";
import type { SamplerConfig } from "./sampler.ts";
import { readTrunkConfig, type TrunkConfig } from "./trunk_configs.ts";

export interface FullConfig extends TrunkConfig {
  readonly diffusion: DiffusionConfig;
  readonly confidence: ConfidenceConfig;
  readonly distogram: DistogramConfig;
  readonly sampler: SamplerConfig;
}

/** The trunk's parts, the diffusion module, both heads, and how much is sampled. All share the trunk's widths. */
export function readFullConfig(reader: ConfigReader, sizes: Sizes): FullConfig {
  const trunk = readTrunkConfig(reader, sizes);
  const { c_s, c_z } = trunk.pairformer;
  const widths = { c_s, c_z, c_s_inputs: trunk.msa.c_s_inputs };
  const config = {
    ...trunk,
    diffusion: readDiffusionConfig(reader.object("diffusion_module"), widths),
    confidence: readConfidenceConfig(reader.object("confidence_head"), widths),
    distogram: readDistogramConfig(reader.object("distogram_head"), widths),
    sampler: readSamplerConfig(reader, sizes),
  };
  if (config.sampler.sigma_data !== config.diffusion.sigma_data)
    throw new BadInputError(
      `config.inference_noise_scheduler.sigma_data is ${config.sampler.sigma_data}, but the denoiser's is ${config.diffusion.sigma_data}`,
    );
  return config;
}
