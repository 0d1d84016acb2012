/** Protenix' configs of the diffusion: see configs.ts. */
import type { ConfigReader } from "../../formats/config.ts";
import type { DiffusionConfig, TransformerConfig } from "../../model/protenix/diffusion_module.ts";
import type { Sizes } from "../core/component.ts";
import { checkDivides, counted, width } from "../core/config_checks.ts";
import type { SamplerConfig } from "./sampler.ts";

/** The arguments of `DiffusionModule` with the class's defaults (reference: protenix/model/modules/diffusion.py). */
export function readDiffusionConfig(reader: ConfigReader, sizes: Sizes): DiffusionConfig {
  const config = {
    sigma_data: reader.number("sigma_data", 16),
    c_atom: reader.integer("c_atom", 128),
    c_atompair: reader.integer("c_atompair", 16),
    c_token: reader.integer("c_token", 768),
    c_s: width(reader, "c_s", sizes),
    c_z: width(reader, "c_z", sizes),
    c_s_inputs: width(reader, "c_s_inputs", sizes),
  };
  const transformer = (name: string, n_blocks: number, n_heads: number, channels: keyof typeof config) => {
    const own = reader.object(name);
    const read: TransformerConfig = {
      n_blocks: own.integer("n_blocks", n_blocks, 4096),
      n_heads: own.integer("n_heads", n_heads),
    };
    own.ignore("drop_path_rate");
    checkDivides(`${reader.path}.${channels}`, config[channels], read.n_heads);
    return read;
  };
  reader.ignore("drop_path_rate", "blocks_per_ckpt", "use_fine_grained_checkpoint");
  return {
    ...config,
    atom_encoder: transformer("atom_encoder", 3, 4, "c_atom"),
    transformer: transformer("transformer", 24, 16, "c_token"),
    atom_decoder: transformer("atom_decoder", 3, 4, "c_atom"),
  };
}

/**
 * What samples: `sample_diffusion` and `inference_noise_scheduler` with the defaults of the reference's configs_base.py.
 * @param reader of the whole model's config
 * @param found numbers that the inputs' shapes give
 */
export function readSamplerConfig(reader: ConfigReader, found: Sizes): SamplerConfig {
  const [sampling, levels] = [reader.object("sample_diffusion"), reader.object("inference_noise_scheduler")];
  sampling.ignore("N_step_mini_rollout", "N_sample_mini_rollout", "guidance");
  return {
    gamma0: sampling.amount("gamma0", 0.8),
    gamma_min: sampling.number("gamma_min", 1),
    noise_scale_lambda: sampling.number("noise_scale_lambda", 1.003),
    step_scale_eta: sampling.number("step_scale_eta", 1.5),
    N_step: counted(sampling, "N_step", found.steps, 200),
    N_sample: counted(sampling, "N_sample", found.samples, 5),
    rho: levels.number("rho", 7),
    s_max: levels.number("s_max", 160),
    s_min: levels.number("s_min", 4e-4),
    sigma_data: levels.number("sigma_data", 16),
  };
}
