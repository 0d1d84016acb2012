/** What engines' distogram heads share as components. */
import type { ConfigReader } from "../../formats/config.ts";
import { RandomStream } from "../../formats/random.ts";
import { float32, type HostTensor } from "../../formats/tensor.ts";
import type { Plan, Tensor } from "../../gpu/plan/plan.ts";
import { symmetricLogits } from "../../model/bins.ts";
import { type Linear, WeightReader } from "../../model/linear.ts";
import { padded } from "../../model/projection.ts";
import type { Component, EngineName, Sizes } from "../core/component.ts";
import { checkTokens, readNoting } from "../core/config_checks.ts";
import { padRows, unpadRows } from "../core/padding.ts";

/** What differs between the engines. */
export interface DistogramEngine<Config extends { readonly c_z: number }> {
  readonly engine: EngineName;
  /** Name of the pair representation in golden cases. */
  readonly pair: string;
  readConfig(config: ConfigReader, sizes: Sizes): Config;
  bins(config: Config): number;
  map(reader: WeightReader, config: Config): Linear;
  /** Contacts between tokens, where the engine tells them. */
  readonly contacts?: {
    probabilities(plan: Plan, logits: Tensor, mask: Tensor, config: Config): Tensor;
    edges(config: Config): readonly number[];
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
      ...(contacts ? [{ name: "seq_mask", shape: ["tokens"], kind: "mask" } as const] : []),
    ],
    outputs: [
      { name: "distogram_logits", shape: ["tokens", "tokens", "bins"] },
      ...(contacts
        ? [
            { name: "contact_probs", shape: ["tokens", "tokens"] },
            { name: "bin_edges", shape: ["edges"] },
          ]
        : []),
    ],
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
) {
  const { contacts } = engine;
  const { c_z } = config;
  const bins = engine.bins(config);
  const declaring = new WeightReader();
  engine.map(declaring, config);
  return {
    component,
    sizes: { tokens: n, c_z },
    weights: declaring.declared,
    record(plan: Plan, source?: ConstructorParameters<typeof WeightReader>[0]) {
      const pair = plan.input("pair", [n, n, padded(c_z)]);
      const logits = symmetricLogits(plan, pair, engine.map(new WeightReader(source), config));
      plan.output("logits", logits);
      if (contacts) plan.output("contacts", contacts.probabilities(plan, logits, plan.input("mask", [n]), config));
    },
    toDevice(inputs: ReadonlyMap<string, HostTensor>) {
      const values = (name: string) => Float32Array.from((inputs.get(name) as HostTensor).data);
      return new Map([
        ["pair", padRows(values(engine.pair), c_z)],
        ...(contacts ? [["mask", values("seq_mask")] as const] : []),
      ]);
    },
    fromDevice(outputs: ReadonlyMap<string, Float32Array>) {
      const logits = unpadRows(outputs.get("logits") as Float32Array, bins);
      const named = new Map([["distogram_logits", float32([n, n, bins], logits)]]);
      if (!contacts) return named;
      const edges = Float32Array.from(contacts.edges(config));
      named.set("contact_probs", float32([n, n], outputs.get("contacts") as Float32Array));
      return named.set("bin_edges", float32([edges.length], edges));
    },
    randomInputs(seed: number) {
      const pair = new RandomStream(seed, engine.pair).normal(n * n * c_z, 1);
      const named = new Map([[engine.pair, float32([n, n, c_z], pair)]]);
      if (!contacts) return named;
      const mask = new RandomStream(seed, "seq_mask").mask(n);
      mask[0] = 1;
      return named.set("seq_mask", float32([n], mask));
    },
  };
}
