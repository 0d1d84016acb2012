/** deepmind's transformer over tokens as a component of its own. */

import { RandomStream } from "../../formats/random.ts";
import { float32 } from "../../formats/tensor.ts";
import type { Plan } from "../../gpu/plan/plan.ts";
import {
  type TransformerConfig,
  transformerMasking,
  transformerWeights,
} from "../../model/deepmind/token_transformer.ts";
import { DIFFUSION } from "../../model/diffusion.ts";
import { WeightReader, type WeightSource } from "../../model/linear.ts";
import { nothing, padded } from "../../model/projection.ts";
import { pairBiases, tokenTransformer } from "../../model/token_transformer.ts";
import type { Component, ConfiguredComponent, TensorSpec } from "../core/component.ts";
import { checkTokens, readNoting } from "../core/config_checks.ts";
import { floatsOf } from "../core/inputs.ts";
import { padRows, unpadRows } from "../core/padding.ts";
import { readTransformerConfig } from "./diffusion_configs.ts";

/** Where the diffusion head keeps its weights. */
export const DIFFUSION_SCOPE = "diffuser/~/diffusion_head";

const inputs: readonly TensorSpec[] = [
  { name: "act", shape: ["tokens", "c"] },
  { name: "mask", shape: ["tokens"], kind: "mask" },
  { name: "single_cond", shape: ["tokens", "c_s"] },
  { name: "pair_cond", shape: ["tokens", "tokens", "c_p"] },
];

export const diffusionTransformer: Component = {
  engine: "deepmind",
  name: "diffusion_transformer",
  inputs,
  outputs: [{ name: "act", shape: ["tokens", "c"] }],
  configure(given, sizes, note) {
    const config = readNoting(given, note, (reader) => readTransformerConfig(reader, sizes));
    return configured(config, checkTokens(sizes));
  },
};

function configured(config: TransformerConfig, n: number): ConfiguredComponent {
  const { c, c_s, c_p } = config;
  const bind = (reader: WeightReader) => transformerWeights(reader, `${DIFFUSION_SCOPE}/transformer`, config);
  const declaring = new WeightReader();
  bind(declaring);
  return {
    component: diffusionTransformer,
    sizes: { tokens: n, c, c_s, c_p },
    weights: declaring.declared,
    record(plan: Plan, source?: WeightSource) {
      const act = plan.input("act", [n, padded(c)]);
      const conditioning = plan.input("conditioning", [n, padded(c_s)]);
      const pair = plan.input("pair", [n, n, padded(c_p)]);
      const masks = { keys: plan.input("key mask", [1, padded(n)]), queries: nothing(plan) };
      const blocks = bind(new WeightReader(source));
      plan.part(DIFFUSION, () => {
        const biases = plan.scope("pair biases", () => pairBiases(plan, pair, blocks));
        tokenTransformer(plan, act, conditioning, biases, masks, blocks, transformerMasking);
      });
      const out = plan.output("act", act);
      return {
        toDevice: (given) =>
          new Map([
            [act, padRows(floatsOf(given, "act"), c)],
            [conditioning, padRows(floatsOf(given, "single_cond"), c_s)],
            [pair, padRows(floatsOf(given, "pair_cond"), c_p)],
            [masks.keys, padRows(floatsOf(given, "mask"), n)],
          ]),
        fromDevice: (outputs) => new Map([["act", float32([n, c], unpadRows(outputs.get(out), c))]]),
      };
    },
    randomInputs(seed) {
      const stream = (name: string) => new RandomStream(seed, name);
      const mask = stream("mask").mask(n);
      mask[0] = 1;
      return new Map([
        ["act", float32([n, c], stream("act").normal(n * c, 1))],
        ["mask", float32([n], mask)],
        ["single_cond", float32([n, c_s], stream("single_cond").normal(n * c_s, 1))],
        ["pair_cond", float32([n, n, c_p], stream("pair_cond").normal(n * n * c_p, 1))],
      ]);
    },
  };
}
