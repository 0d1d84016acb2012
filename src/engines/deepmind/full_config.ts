/** deepmind's config of the whole model: `Model.Config` in alphafold3/model/model.py of the pinned repository. */
import type { ConfigReader } from "../../formats/config.ts";
import type { ConfidenceConfig } from "../../model/deepmind/confidence.ts";
import type { DiffusionConfig } from "../../model/deepmind/diffusion_head.ts";
import type { DistogramConfig } from "../../model/deepmind/distogram.ts";
import { type TrunkConfig, targetWidth } from "../../model/deepmind/trunk.ts";
import type { Sizes } from "../core/component.ts";
import { checkPrecision, readConfidenceConfig, readDistogramConfig } from "./configs.ts";
import { readDiffusionConfig } from "./diffusion_configs.ts";
import type { SamplerConfig } from "./sampler.ts";
import { readEvoformerConfig } from "./trunk_configs.ts";

/** `Model.Config`. */
export interface ModelConfig {
  readonly evoformer: TrunkConfig;
  readonly num_recycles: number;
  readonly diffusion: DiffusionConfig;
  readonly sampler: SamplerConfig;
  readonly confidence: ConfidenceConfig;
  readonly distogram: DistogramConfig;
}

/** The model's config with its defaults; the embeddings' widths are the trunk's. */
export function readModelConfig(reader: ConfigReader) {
  const evoformer = readEvoformerConfig(reader.object("evoformer"));
  const { pair_channel, seq_channel } = evoformer;
  const widths: Sizes = { c_z: pair_channel, c_s: seq_channel, c_target: targetWidth(evoformer) };
  const heads = reader.object("heads");
  const diffusionReader = heads.object("diffusion");
  const sampler = diffusionReader.object("eval");
  const diffusion = readDiffusionConfig(diffusionReader, widths, "config.heads.diffusion");
  const confidence = readConfidenceConfig(heads.object("confidence"), widths);
  const distogramReader = heads.object("distogram");
  reader.ignore("return_embeddings", "return_distogram");
  checkPrecision(reader.object("global_config"));
  const config: ModelConfig = {
    evoformer,
    num_recycles: reader.count("num_recycles", 10),
    diffusion,
    sampler: {
      steps: sampler.integer("steps", 200),
      num_samples: sampler.integer("num_samples", 5),
      gamma_0: sampler.number("gamma_0", 0.8),
      gamma_min: sampler.number("gamma_min", 1),
      noise_scale: sampler.number("noise_scale", 1.003),
      step_scale: sampler.number("step_scale", 1.5),
    },
    confidence,
    distogram: readDistogramConfig(distogramReader, widths),
  };
  return config;
}
