/** What engines' Pairformers share as components: shapes, checks, and the way to the device and back. */
import { BadInputError } from "../../errors.ts";
import type { ConfigReader } from "../../formats/config.ts";
import { RandomStream } from "../../formats/random.ts";
import { float32 } from "../../formats/tensor.ts";
import type { Plan } from "../../gpu/plan/plan.ts";
import { WeightReader, type WeightSource } from "../../model/linear.ts";
import { type PairformerBlockWeights, type PairformerTraits, pairformer } from "../../model/pairformer.ts";
import { padded } from "../../model/projection.ts";
import type { Component, ConfiguredComponent, EngineName, Sizes } from "../core/component.ts";
import { readNoting } from "../core/config_checks.ts";
import { floatsOf } from "../core/inputs.ts";
import { padRows, unpadRows } from "../core/padding.ts";
import { pairMaskInputs, pairMaskValues } from "./pairs.ts";

/** What differs between the engines. */
export interface PairformerEngine<Config extends { readonly c_s: number; readonly c_z: number }> {
  readonly engine: EngineName;
  /** Names of the tensors in golden cases. */
  readonly names: {
    readonly single: string;
    readonly pair: string;
    readonly singleMask: string;
    readonly pairMask: string;
  };
  readConfig(config: ConfigReader, sizes: Sizes): Config;
  weights(reader: WeightReader, config: Config): PairformerBlockWeights[];
  traits(config: Config): PairformerTraits;
  /** Whether the single attention's update is multiplied by the mask of its queries. */
  readonly masksQueries: boolean;
}

/** Makes the `pairformer` component of an engine. */
export function pairformerComponent<Config extends { readonly c_s: number; readonly c_z: number }>(
  engine: PairformerEngine<Config>,
): Component {
  const { names } = engine;
  const component: Component = {
    engine: engine.engine,
    name: "pairformer",
    inputs: [
      { name: names.single, shape: ["tokens", "c_s"] },
      { name: names.pair, shape: ["tokens", "tokens", "c_z"] },
      { name: names.singleMask, shape: ["tokens"], kind: "mask" },
      { name: names.pairMask, shape: ["tokens", "tokens"], kind: "mask" },
    ],
    outputs: [
      { name: names.single, shape: ["tokens", "c_s"] },
      { name: names.pair, shape: ["tokens", "tokens", "c_z"] },
    ],
    configure(given, sizes, note) {
      const config = readNoting(given, note, (reader) => engine.readConfig(reader, sizes));
      return configured(component, engine, config, sizes);
    },
  };
  return component;
}

function configured<Config extends { readonly c_s: number; readonly c_z: number }>(
  component: Component,
  engine: PairformerEngine<Config>,
  config: Config,
  given: Sizes,
): ConfiguredComponent {
  const { names } = engine;
  const sizes: Sizes = { ...given, c_s: config.c_s, c_z: config.c_z };
  const n = given.tokens;
  const { c_s, c_z } = config;
  if (!Number.isSafeInteger(n) || n < 1) throw new BadInputError(`the number of tokens should be at least 1, not ${n}`);
  const declaring = new WeightReader();
  engine.weights(declaring, config);
  return {
    component,
    sizes,
    weights: declaring.declared,
    record(plan: Plan, source?: WeightSource) {
      const single = plan.input("single", [n, padded(c_s)]);
      const pair = plan.input("pair", [n, n, padded(c_z)]);
      const pairMasks = pairMaskInputs(plan, n);
      const singleMasks = {
        keys: plan.input("key mask", [1, padded(n)]),
        queries: plan.input("query mask", [engine.masksQueries ? n : 0]),
      };
      const blocks = engine.weights(new WeightReader(source), config);
      const masks = { pair: pairMasks, single: singleMasks };
      const updated = pairformer(plan, { single, pair }, masks, blocks, engine.traits(config));
      const out = { single: plan.output("single", updated.single), pair: plan.output("pair", updated.pair) };
      return {
        toDevice(inputs) {
          const singleMask = floatsOf(inputs, names.singleMask);
          return new Map([
            [single, padRows(floatsOf(inputs, names.single), c_s)],
            [pair, padRows(floatsOf(inputs, names.pair), c_z)],
            ...pairMaskValues(pairMasks, floatsOf(inputs, names.pairMask), n),
            [singleMasks.keys, padRows(singleMask, n)],
            [singleMasks.queries, engine.masksQueries ? singleMask : new Float32Array(0)],
          ]);
        },
        fromDevice: (outputs) =>
          new Map([
            [names.single, float32([n, c_s], unpadRows(outputs.get(out.single), c_s))],
            [names.pair, float32([n, n, c_z], unpadRows(outputs.get(out.pair), c_z))],
          ]),
      };
    },
    randomInputs(seed) {
      const stream = (name: string) => new RandomStream(seed, name);
      const singleMask = stream(names.singleMask).mask(n);
      const pairMask = stream(names.pairMask).mask(n * n);
      singleMask[0] = 1;
      for (let i = 0; i < n; i++) pairMask[i * n + i] = 1;
      return new Map([
        [names.single, float32([n, c_s], stream(names.single).normal(n * c_s, 1))],
        [names.pair, float32([n, n, c_z], stream(names.pair).normal(n * n * c_z, 1))],
        [names.singleMask, float32([n], singleMask)],
        [names.pairMask, float32([n, n], pairMask)],
      ]);
    },
  };
}
