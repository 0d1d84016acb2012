/** deepmind's trunk as a component. */
import { float32, type TensorMap } from "../../formats/tensor.ts";
import type { Plan } from "../../gpu/plan.ts";
import { type TrunkConfig, targetEncoderWeights, targetWidth, trunkWeights } from "../../model/deepmind/trunk.ts";
import { WeightReader, type WeightSource } from "../../model/linear.ts";
import type { Component, ConfiguredComponent, Session, Sizes } from "../component.ts";
import { checkTokens, readNoting } from "../config_checks.ts";
import { windowsOf } from "../features/layout.ts";
import { checkRelations } from "../features/relations.ts";
import { deepmindTrunkFeatures } from "../features/specs.ts";
import { syntheticInputs } from "../random_inputs.ts";
import { DEFAULT_TEMPLATES } from "./template_embedding.ts";
import { recordTrunk, runTrunk } from "./trunk.ts";
import { readTrunkConfig } from "./trunk_configs.ts";

export const trunk: Component = {
  engine: "deepmind",
  name: "trunk",
  inputs: deepmindTrunkFeatures,
  outputs: [
    { name: "target_feat", shape: ["tokens", "c_target"] },
    { name: "single", shape: ["tokens", "c_s"] },
    { name: "pair", shape: ["tokens", "tokens", "c_z"] },
  ],
  configure(given, sizes, note) {
    const { evoformer, num_recycles } = readNoting(given, note, readTrunkConfig);
    return configured(evoformer, num_recycles, trunkSizes(evoformer, num_recycles, sizes));
  },
};

/** All sizes that a trunk's plan depends on. */
export function trunkSizes(config: TrunkConfig, recycles: number, sizes: Sizes): Sizes {
  const tokens = checkTokens(sizes);
  return {
    tokens,
    windows: windowsOf(tokens),
    templates: sizes.templates ?? DEFAULT_TEMPLATES,
    num_msa: config.num_msa,
    passes: recycles + 1,
    c_s: config.seq_channel,
    c_z: config.pair_channel,
    c_target: targetWidth(config),
  };
}

/** The weights of the trunk and of the encoder before it. */
export const bindTrunk = (reader: WeightReader, config: TrunkConfig) => ({
  encoder: targetEncoderWeights(reader, config),
  trunk: trunkWeights(reader, config),
});

function configured(config: TrunkConfig, recycles: number, sizes: Sizes): ConfiguredComponent {
  const { tokens: n, c_s, c_z, c_target } = sizes;
  const declaring = new WeightReader();
  bindTrunk(declaring, config);
  return {
    component: trunk,
    sizes,
    weights: declaring.declared,
    record(plan: Plan, source?: WeightSource) {
      recordTrunk(plan, sizes, bindTrunk(new WeightReader(source), config), config);
    },
    async run(session: Session, inputs: TensorMap) {
      checkRelations("deepmind", inputs);
      const { target, single, pair } = await runTrunk(session, inputs, sizes, config, recycles);
      return new Map([
        ["target_feat", float32([n, c_target], target)],
        ["single", float32([n, c_s], single)],
        ["pair", float32([n, n, c_z], pair)],
      ]);
    },
    randomInputs: (seed) =>
      syntheticInputs(trunk, sizes, {
        tokens: n,
        seed,
        numMsa: config.num_msa,
        msaRows: config.num_msa,
        templates: sizes.templates,
        recycles,
      }),
  };
}
