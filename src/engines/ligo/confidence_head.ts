/** ligo's confidence head as a component. */

import { RandomStream } from "../../formats/random.ts";
import { float32, type HostTensor } from "../../formats/tensor.ts";
import type { Plan } from "../../gpu/plan/plan.ts";
import {
  type ConfidenceConfig,
  confidenceLogits,
  confidenceWeights,
  PDE_BINS,
  RESOLVED_CLASSES,
} from "../../model/ligo/confidence.ts";
import { WeightReader, type WeightSource } from "../../model/linear.ts";
import { padded } from "../../model/projection.ts";
import { pairMaskInputs, pairMaskValues } from "../components/pairs.ts";
import type { Component, ConfiguredComponent, Recorded, Sizes } from "../core/component.ts";
import { checkTokens, readNoting } from "../core/config_checks.ts";
import { floatsOf } from "../core/inputs.ts";
import { padRows, unpadRows } from "../core/padding.ts";
import { readConfidenceConfig } from "./configs.ts";

const PREFIX = "confidence_head";

export const confidenceHead: Component = {
  engine: "ligo",
  name: "confidence_head",
  shortName: "confidence",
  inputs: [
    { name: "s_inputs", shape: ["tokens", "c_s"] },
    { name: "s", shape: ["tokens", "c_s"] },
    { name: "z", shape: ["tokens", "tokens", "c_z"] },
    { name: "x_repr", shape: ["tokens", 3] },
    { name: "single_mask", shape: ["tokens"], kind: "mask" },
    { name: "pair_mask", shape: ["tokens", "tokens"], kind: "mask" },
  ],
  outputs: [
    { name: "plddt_logits", shape: ["tokens", "plddt_bins"] },
    { name: "pae_logits", shape: ["tokens", "tokens", "pae_bins"] },
    { name: "pde_logits", shape: ["tokens", "tokens", PDE_BINS] },
    { name: "experimentally_resolved_logits", shape: ["tokens", RESOLVED_CLASSES] },
  ],
  configure(given, sizes, note) {
    const config = readNoting(given, note, (reader) => readConfidenceConfig(reader, sizes));
    return configured(config, sizes);
  },
};

function configured(config: ConfidenceConfig, given: Sizes): ConfiguredComponent {
  const n = checkTokens(given);
  const { c_s, c_z } = config.pairformer;
  const declaring = new WeightReader();
  confidenceWeights(declaring, PREFIX, config);
  return {
    component: confidenceHead,
    sizes: { ...given, tokens: n, c_s, c_z },
    weights: declaring.declared,
    record: (plan, source) => record(plan, config, n, source),
    randomInputs: (seed) => randomInputs(seed, n, c_s, c_z),
  };
}

function record(plan: Plan, config: ConfidenceConfig, n: number, source?: WeightSource): Recorded {
  const { c_s, c_z } = config.pairformer;
  const masks = {
    pair: pairMaskInputs(plan, n),
    single: { keys: plan.input("key mask", [1, padded(n)]), queries: plan.input("query mask", [n]) },
  };
  const inputs = {
    target: plan.input("single inputs", [n, padded(c_s)]),
    single: plan.input("single", [n, padded(c_s)]),
    pair: plan.input("pair", [n, n, padded(c_z)]),
    positions: plan.input("positions", [n, 4]),
  };
  const weights = confidenceWeights(new WeightReader(source), PREFIX, config);
  const logits = confidenceLogits(plan, inputs, masks, weights, config);
  const outs = [
    { out: plan.output("plddt", logits.plddt), shape: [n, config.no_bins_plddt] },
    { out: plan.output("pae", logits.pae), shape: [n, n, config.no_bins_pae] },
    { out: plan.output("pde", logits.pde), shape: [n, n, PDE_BINS] },
    { out: plan.output("experimentally_resolved", logits.resolved), shape: [n, RESOLVED_CLASSES] },
  ];
  return {
    toDevice(given) {
      const singleMask = floatsOf(given, "single_mask");
      return new Map([
        [inputs.target, padRows(floatsOf(given, "s_inputs"), c_s)],
        [inputs.single, padRows(floatsOf(given, "s"), c_s)],
        [inputs.pair, padRows(floatsOf(given, "z"), c_z)],
        [inputs.positions, structurePositions(floatsOf(given, "x_repr"))],
        ...pairMaskValues(masks.pair, floatsOf(given, "pair_mask"), n),
        [masks.single.keys, padRows(singleMask, n)],
        [masks.single.queries, singleMask],
      ]);
    },
    fromDevice: (outputs) =>
      new Map(
        outs.map(({ out, shape }) => [
          `${out.name}_logits`,
          float32(shape, unpadRows(outputs.get(out), shape[shape.length - 1])),
        ]),
      ),
  };
}

/** Positions [n, 3] as the device takes them, [n, 4]: the head embeds distances of masked tokens as well. */
export const structurePositions = (positions: ArrayLike<number>): Float32Array =>
  Float32Array.from({ length: (4 * positions.length) / 3 }, (_, at) =>
    at % 4 < 3 ? positions[3 * Math.floor(at / 4) + (at % 4)] : 1,
  );

function randomInputs(seed: number, n: number, c_s: number, c_z: number): Map<string, HostTensor> {
  const stream = (name: string) => new RandomStream(seed, name);
  const singleMask = stream("single_mask").mask(n);
  const pairMask = stream("pair_mask").mask(n * n);
  singleMask[0] = 1;
  for (let i = 0; i < n; i++) pairMask[i * n + i] = 1;
  return new Map([
    ["s_inputs", float32([n, c_s], stream("s_inputs").normal(n * c_s, 1))],
    ["s", float32([n, c_s], stream("s").normal(n * c_s, 1))],
    ["z", float32([n, n, c_z], stream("z").normal(n * n * c_z, 1))],
    // As far apart as the atoms of a small protein.
    ["x_repr", float32([n, 3], stream("x_repr").normal(3 * n, 15))],
    ["single_mask", float32([n], singleMask)],
    ["pair_mask", float32([n, n], pairMask)],
  ]);
}
