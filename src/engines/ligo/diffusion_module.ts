/** ligo's denoiser as a component of its own. */

import {
  type DiffusionConfig,
  type DiffusionModuleWeights,
  diffusionWeights,
} from "../../model/ligo/diffusion_module.ts";
import { flatDenoiserComponent } from "../components/flat_denoiser.ts";
import { atomsOf } from "./atoms.ts";
import { denoiserOf } from "./diffusion.ts";
import { readDiffusionConfig } from "./diffusion_configs.ts";
import { checkRelations } from "./features/relations.ts";
import { diffusionFeatures } from "./features/specs.ts";
import { syntheticFeatures } from "./features/synthetic.ts";

/** The prefix of the weights. */
export const DIFFUSION = "diffusion_module";

export const diffusionModule = flatDenoiserComponent<DiffusionConfig, DiffusionModuleWeights>({
  engine: "ligo",
  names: { positions: "noisy_atoms", levels: "timesteps" },
  widths: { inputs: "c_token", single: "c_token", pair: "c_tokenpair" },
  features: diffusionFeatures,
  readConfig: readDiffusionConfig,
  weights: (reader, config) => diffusionWeights(reader, DIFFUSION, config),
  denoiser: denoiserOf,
  checkRelations,
  atoms: atomsOf,
  synthetic: (tokens, seed) => syntheticFeatures({ tokens, seed }),
});
