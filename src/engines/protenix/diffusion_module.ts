/** Protenix' denoiser as a component of its own: one call, for samples at levels of their own. */
import { BadInputError } from "../../errors.ts";
import { float32 } from "../../formats/tensor.ts";
import type { Plan } from "../../gpu/plan/plan.ts";
import { WeightReader, type WeightSource } from "../../model/linear.ts";
import { type DiffusionConfig, diffusionWeights } from "../../model/protenix/diffusion_module.ts";
import { recordDenoiser } from "../components/flat_diffusion.ts";
import { pointRows } from "../components/sampler.ts";
import type { Component, ConfiguredComponent, Sizes } from "../core/component.ts";
import { checkTokens, readNoting } from "../core/config_checks.ts";
import { floatsOf } from "../core/inputs.ts";
import { syntheticInputs } from "../core/random_inputs.ts";
import { denoiserOf } from "./diffusion.ts";
import { readDiffusionConfig } from "./diffusion_configs.ts";
import { madeAtoms, madeFeatures } from "./features/made.ts";
import { checkRelations } from "./features/relations.ts";
import { atomFeatures, idFeatures } from "./features/specs.ts";

/** The prefix of the weights. */
export const DIFFUSION = "diffusion_module";

export const diffusionModule: Component = {
  engine: "protenix",
  name: "diffusion_module",
  shortName: "diffusion",
  inputs: [
    { name: "x_noisy", shape: ["samples", "atoms", 3] },
    { name: "t_hat", shape: ["samples"], role: "level" },
    { name: "s_inputs", shape: ["tokens", "c_s_inputs"] },
    { name: "s_trunk", shape: ["tokens", "c_s"] },
    { name: "z_trunk", shape: ["tokens", "tokens", "c_z"] },
    ...idFeatures,
    ...atomFeatures,
  ],
  outputs: [{ name: "denoised", shape: ["samples", "atoms", 3] }],
  configure(given, sizes, note) {
    const config = readNoting(given, note, (reader) => readDiffusionConfig(reader, sizes));
    const tokens = checkTokens(sizes);
    const { samples = 1, atoms = madeAtoms(tokens) } = sizes;
    const { c_s, c_z, c_s_inputs } = config;
    return configured(config, { tokens, atoms, samples, c_s, c_z, c_s_inputs });
  },
};

function configured(
  config: DiffusionConfig,
  sizes: Sizes & { readonly tokens: number; readonly atoms: number; readonly samples: number },
): ConfiguredComponent {
  const { tokens, atoms, samples } = sizes;
  const declaring = new WeightReader();
  diffusionWeights(declaring, DIFFUSION, config);
  return {
    component: diffusionModule,
    sizes,
    weights: declaring.declared,
    record(plan: Plan, source?: WeightSource) {
      const weights = diffusionWeights(new WeightReader(source), DIFFUSION, config);
      const denoiser = denoiserOf(weights, config, source !== undefined);
      const diffusion = recordDenoiser(plan, { tokens, atoms, samples }, denoiser);
      return {
        async run(session, inputs) {
          checkRelations(inputs);
          const levels = [...floatsOf(inputs, "t_hat")];
          const bad = levels.find((level) => level <= 0);
          if (bad !== undefined) throw new BadInputError(`the input t_hat holds ${bad}, expected more than zero`);
          const [pair, single, embedded] = ["z_trunk", "s_trunk", "s_inputs"].map((name) => floatsOf(inputs, name));
          const noisy = pointRows([floatsOf(inputs, "x_noisy")]);
          await diffusion.prepare(session, inputs, noisy, { pair, single, inputs: embedded });
          const denoised = await diffusion.denoise(session, levels);
          return new Map([["denoised", float32([samples, atoms, 3], denoised)]]);
        },
      };
    },
    randomInputs: (seed) => syntheticInputs(diffusionModule, sizes, madeFeatures({ tokens, seed }), seed),
  };
}
