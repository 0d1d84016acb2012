/** deepmind's denoiser as a component of its own: one call, for one sample. */

import { BadInputError } from "../../errors.ts";
import { float32 } from "../../formats/tensor.ts";
import type { Plan } from "../../gpu/plan/plan.ts";
import { type DiffusionConfig, diffusionWeights } from "../../model/deepmind/diffusion_head.ts";
import { SLOTS } from "../../model/deepmind/sizes.ts";
import { WeightReader, type WeightSource } from "../../model/linear.ts";
import { windowsOf } from "../../pipeline/atom_layout.ts";
import { pointRows } from "../components/sampler.ts";
import type { Component, ConfiguredComponent, Sizes } from "../core/component.ts";
import { checkTokens, readNoting } from "../core/config_checks.ts";
import { dataOf, floatsOf } from "../core/inputs.ts";
import { syntheticInputs } from "../core/random_inputs.ts";
import { recordDenoiser } from "./diffusion.ts";
import { readDiffusionConfig } from "./diffusion_configs.ts";
import { DIFFUSION_SCOPE } from "./diffusion_transformer.ts";
import { atomFeatures, maps, tokenFeatures } from "./features/specs.ts";
import { syntheticFeatures } from "./features/synthetic.ts";

export const diffusionHead: Component = {
  engine: "deepmind",
  name: "diffusion_head",
  shortName: "diffusion",
  inputs: [
    { name: "positions_noisy", shape: ["tokens", SLOTS, 3] },
    { name: "noise_level", shape: [], role: "level" },
    { name: "single", shape: ["tokens", "c_s"] },
    { name: "pair", shape: ["tokens", "tokens", "c_z"] },
    { name: "target_feat", shape: ["tokens", "c_target"] },
    ...tokenFeatures,
    ...atomFeatures,
    ...maps,
  ],
  outputs: [{ name: "positions", shape: ["tokens", SLOTS, 3] }],
  configure(given, sizes, note) {
    const config = readNoting(given, note, (reader) => readDiffusionConfig(reader, sizes));
    return configured(config, checkTokens(sizes));
  },
};

function configured(config: DiffusionConfig, n: number): ConfiguredComponent {
  const { c_s, c_z, c_target } = config;
  const sizes: Sizes = { tokens: n, windows: windowsOf(n * SLOTS), c_s, c_z, c_target };
  const declaring = new WeightReader();
  diffusionWeights(declaring, DIFFUSION_SCOPE, config);
  return {
    component: diffusionHead,
    sizes,
    weights: declaring.declared,
    record(plan: Plan, source?: WeightSource) {
      const weights = diffusionWeights(new WeightReader(source), DIFFUSION_SCOPE, config);
      const diffusion = recordDenoiser(plan, { tokens: n, windows: windowsOf(n * SLOTS), samples: 1 }, weights, config);
      return {
        async run(session, inputs) {
          const [level] = dataOf(inputs, "noise_level");
          if (level <= 0) throw new BadInputError(`the input noise_level is ${level}, expected more than zero`);
          const [pair, single, target] = ["pair", "single", "target_feat"].map((name) => floatsOf(inputs, name));
          const noisy = pointRows([floatsOf(inputs, "positions_noisy")]);
          await diffusion.prepare(session, inputs, noisy, { pair, single, target });
          return new Map([["positions", float32([n, SLOTS, 3], await diffusion.denoise(session, level))]]);
        },
      };
    },
    randomInputs: (seed) => syntheticInputs(diffusionHead, sizes, syntheticFeatures({ tokens: n, seed }), seed),
  };
}
