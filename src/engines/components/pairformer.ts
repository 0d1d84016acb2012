/** What engines' Pairformers share as components: shapes, checks, and the way to the device and back. */
import { BadInputError } from "../../errors.ts";
import type { ConfigReader } from "../../formats/config.ts";
import { RandomStream } from "../../formats/random.ts";
import { float32 } from "../../formats/tensor.ts";
import type { Plan } from "../../gpu/plan/plan.ts";
import { WeightReader, type WeightSource } from "../../model/linear.ts";
import { type PairformerBlockWeights, type PairformerTraits, pairformer } from "../../model/pairformer.ts";
import { allPresent } from "../../model/present.ts";
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
  };
  /** Names of the masks of tokens and of pairs; undefined for an engine without masks, whose tokens are all there. */
  readonly masks: { readonly single: string; readonly pair: string } | undefined;
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
  const { names, masks } = engine;
  const component: Component = {
    engine: engine.engine,
    name: "pairformer",
    inputs: [
      { name: names.single, shape: ["tokens", "c_s"] },
      { name: names.pair, shape: ["tokens", "tokens", "c_z"] },
      ...(masks
        ? ([
            { name: masks.single, shape: ["tokens"], kind: "mask" },
            { name: masks.pair, shape: ["tokens", "tokens"], kind: "mask" },
          ] as const)
        : []),
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
  const { names, masks } = engine;
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
      const masked = masks && {
        pair: pairMaskInputs(plan, n),
        single: {
          keys: plan.input("key mask", [1, padded(n)]),
          queries: plan.input("query mask", [engine.masksQueries ? n : 0]),
        },
      };
      const blocks = engine.weights(new WeightReader(source), config);
      const present = masked ?? allPresent(plan, n);
      const updated = pairformer(plan, { single, pair }, present, blocks, engine.traits(config));
      const out = { single: plan.output("single", updated.single), pair: plan.output("pair", updated.pair) };
      return {
        toDevice(inputs) {
          const device = new Map([
            [single, padRows(floatsOf(inputs, names.single), c_s)],
            [pair, padRows(floatsOf(inputs, names.pair), c_z)],
          ]);
          if (!masks || !masked) return device;
          const singleMask = floatsOf(inputs, masks.single);
          return new Map([
            ...device,
            ...pairMaskValues(masked.pair, floatsOf(inputs, masks.pair), n),
            [masked.single.keys, padRows(singleMask, n)],
            [masked.single.queries, engine.masksQueries ? singleMask : new Float32Array(0)],
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
      const named = new Map([
        [names.single, float32([n, c_s], stream(names.single).normal(n * c_s, 1))],
        [names.pair, float32([n, n, c_z], stream(names.pair).normal(n * n * c_z, 1))],
      ]);
      if (!masks) return named;
      const singleMask = stream(masks.single).mask(n);
      const pairMask = stream(masks.pair).mask(n * n);
      singleMask[0] = 1;
      for (let i = 0; i < n; i++) pairMask[i * n + i] = 1;
      return named.set(masks.single, float32([n], singleMask)).set(masks.pair, float32([n, n], pairMask));
    },
  };
}
