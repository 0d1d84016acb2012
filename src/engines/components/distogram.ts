/** What engines' distogram heads share as components. */

import { ConfigReader } from "../../formats/config.ts";
import { RandomStream } from "../../formats/random.ts";
import { float32 } from "../../formats/tensor.ts";
import type { Plan, Tensor } from "../../gpu/plan/plan.ts";
import { symmetricLogits } from "../../model/bins.ts";
import { type Linear, WeightReader, type WeightSource } from "../../model/linear.ts";
import { padded } from "../../model/projection.ts";
import type { Component, ConfiguredComponent, EngineName, Sizes } from "../core/component.ts";
import { checkTokens, readNoting } from "../core/config_checks.ts";
import { floatsOf } from "../core/inputs.ts";
import { padRows, unpadRows } from "../core/padding.ts";

/** What differs between the engines. */
export interface DistogramEngine<Config extends { readonly c_z: number }> {
  readonly engine: EngineName;
  /** Name of the pair representation in golden cases. */
  readonly pair: string;
  readConfig(config: ConfigReader, sizes: Sizes): Config;
  bins(config: Config): number;
  map(reader: WeightReader, config: Config): Linear;
  /** Edges between the bins, one fewer, in Ångström. */
  edges(config: Config): readonly number[];
  /** Contacts between tokens, where the engine tells them. */
  readonly contacts?: {
    /** Which tokens are there, [n]; undefined where all are. */
    readonly mask: string | undefined;
    /** @param mask undefined where all tokens are there */
    probabilities(plan: Plan, logits: Tensor, mask: Tensor | undefined, config: Config): Tensor;
    /** Whether the edges between bins are an output. */
    readonly givesEdges: boolean;
  };
}

/** Makes the `distogram_head` component of an engine. */
export function distogramComponent<Config extends { readonly c_z: number }>(
  engine: DistogramEngine<Config>,
): Component {
  const { contacts } = engine;
  const component: Component = {
    engine: engine.engine,
    name: "distogram_head",
    shortName: "distogram",
    withoutAttention: true,
    inputs: [
      { name: engine.pair, shape: ["tokens", "tokens", "c_z"], role: "pair" },
      ...(contacts?.mask ? [{ name: contacts.mask, shape: ["tokens"], kind: "mask" } as const] : []),
    ],
    outputs: [
      { name: "distogram_logits", shape: ["tokens", "tokens", "bins"] },
      ...(contacts ? [{ name: "contact_probs", shape: ["tokens", "tokens"] }] : []),
      ...(contacts?.givesEdges ? [{ name: "bin_edges", shape: ["edges"] }] : []),
    ],
    binEdges: (given, sizes) => engine.edges(engine.readConfig(new ConfigReader(given), sizes)),
    configure(given, sizes, note) {
      const config = readNoting(given, note, (reader) => engine.readConfig(reader, sizes));
      return configured(component, engine, config, checkTokens(sizes));
    },
  };
  return component;
}

function configured<Config extends { readonly c_z: number }>(
  component: Component,
  engine: DistogramEngine<Config>,
  config: Config,
  n: number,
): ConfiguredComponent {
  const { contacts } = engine;
  const { c_z } = config;
  const bins = engine.bins(config);
  const contactOutputs = (plan: Plan, logits: Tensor, told: NonNullable<typeof contacts>) => {
    const mask = told.mask === undefined ? undefined : plan.input("mask", [n]);
    const probabilities = plan.output("contacts", told.probabilities(plan, logits, mask, config));
    return { mask, probabilities };
  };
  const declaring = new WeightReader();
  engine.map(declaring, config);
  return {
    component,
    sizes: { tokens: n, c_z },
    weights: declaring.declared,
    record(plan: Plan, source?: WeightSource) {
      const pair = plan.input("pair", [n, n, padded(c_z)]);
      const logits = symmetricLogits(plan, pair, engine.map(new WeightReader(source), config));
      const logitsOut = plan.output("logits", logits);
      const told = contacts && contactOutputs(plan, logits, contacts);
      return {
        toDevice(inputs) {
          const device = new Map([[pair, padRows(floatsOf(inputs, engine.pair), c_z)]]);
          return contacts?.mask && told?.mask ? device.set(told.mask, floatsOf(inputs, contacts.mask)) : device;
        },
        fromDevice(outputs) {
          const named = new Map([["distogram_logits", float32([n, n, bins], unpadRows(outputs.get(logitsOut), bins))]]);
          if (!told) return named;
          named.set("contact_probs", float32([n, n], outputs.get(told.probabilities)));
          if (!contacts?.givesEdges) return named;
          const edges = Float32Array.from(engine.edges(config));
          return named.set("bin_edges", float32([edges.length], edges));
        },
      };
    },
    randomInputs(seed: number) {
      const pair = new RandomStream(seed, engine.pair).normal(n * n * c_z, 1);
      const named = new Map([[engine.pair, float32([n, n, c_z], pair)]]);
      if (!contacts?.mask) return named;
      const mask = new RandomStream(seed, contacts.mask).mask(n);
      mask[0] = 1;
      return named.set(contacts.mask, float32([n], mask));
    },
  };
}
