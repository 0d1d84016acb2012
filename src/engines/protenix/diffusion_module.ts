/** Protenix' denoiser as a component of its own. */
import {
  type DiffusionConfig,
  type DiffusionModuleWeights,
  diffusionWeights,
} from "../../model/protenix/diffusion_module.ts";
import { flatDenoiserComponent } from "../components/flat_denoiser.ts";
import { denoiserOf } from "./diffusion.ts";
import { readDiffusionConfig } from "./diffusion_configs.ts";
import { madeAtoms, madeFeatures } from "./features/made.ts";
import { checkRelations } from "./features/relations.ts";
import { atomFeatures, idFeatures } from "./features/specs.ts";

/** The prefix of the weights. */
export const DIFFUSION = "diffusion_module";

export const diffusionModule = flatDenoiserComponent<DiffusionConfig, DiffusionModuleWeights>({
  engine: "protenix",
  names: { positions: "x_noisy", levels: "t_hat" },
  widths: { inputs: "c_s_inputs", single: "c_s", pair: "c_z" },
  features: [...idFeatures, ...atomFeatures],
  readConfig: readDiffusionConfig,
  weights: (reader, config) => diffusionWeights(reader, DIFFUSION, config),
  denoiser: denoiserOf,
  checkRelations,
  atoms: madeAtoms,
  synthetic: (tokens, seed) => madeFeatures({ tokens, seed }),
});
