/** deepmind's confidence head as a component. */

import { RandomStream } from "../../formats/random.ts";
import { float32, type HostTensor, type TensorMap } from "../../formats/tensor.ts";
import type { Plan, Tensor } from "../../gpu/plan/plan.ts";
import { confidenceBound } from "../../kernels/check/tolerance.ts";
import { type Confidence, type ConfidenceWeights, confidence } from "../../model/confidence.ts";
import { type ConfidenceConfig, confidenceTraits, confidenceWeights } from "../../model/deepmind/confidence.ts";
import { SLOTS } from "../../model/deepmind/sizes.ts";
import { WeightReader } from "../../model/linear.ts";
import { padded } from "../../model/projection.ts";
import { chainSizes } from "../components/chain_sizes.ts";
import { presentPairs } from "../components/pairs.ts";
import type { Component, ConfiguredComponent, SectionInputs, SectionOutputs, Sizes } from "../core/component.ts";
import { checkTokens, readNoting } from "../core/config_checks.ts";
import { dataOf, floatsOf } from "../core/inputs.ts";
import { padRows } from "../core/padding.ts";
import { structurePositions } from "./confidence_tokens.ts";
import { readConfidenceConfig } from "./configs.ts";
import { pseudoBeta } from "./features/specs.ts";

/** The model's outputs that have a place per pair or per atom slot, by their names in golden cases. */
const OUTPUTS = {
  predicted_lddt: "lddt",
  predicted_experimentally_resolved: "resolved",
  full_pde: "distanceError",
  full_pae: "alignedError",
  tmscore_adjusted_pae_global: "tmGlobal",
  tmscore_adjusted_pae_interface: "tmInterface",
} as const satisfies Readonly<Record<string, keyof Confidence>>;

const perAtom = (name: string): boolean => name.startsWith("predicted_");

export const confidenceHead: Component = {
  engine: "deepmind",
  name: "confidence_head",
  shortName: "confidence",
  inputs: [
    { name: "dense_atom_positions", shape: ["tokens", SLOTS, 3] },
    { name: "single", shape: ["tokens", "c_s"] },
    { name: "pair", shape: ["tokens", "tokens", "c_z"] },
    { name: "target_feat", shape: ["tokens", "c_target"] },
    { name: "seq_mask", shape: ["tokens"], kind: "mask" },
    { name: "asym_id", shape: ["tokens"], kind: "integer" },
    ...pseudoBeta,
  ],
  outputs: [
    ...Object.keys(OUTPUTS).map((name) => ({
      name,
      shape: ["tokens", perAtom(name) ? SLOTS : "tokens"],
      bound: confidenceBound,
    })),
    { name: "average_pde", shape: [], bound: confidenceBound },
  ],
  configure(given, sizes, note) {
    const config = readNoting(given, note, (reader) => readConfidenceConfig(reader, sizes));
    return configured(config, sizes);
  },
};

function configured(config: ConfidenceConfig, given: Sizes): ConfiguredComponent {
  const n = checkTokens(given);
  const { c_s, c_z } = config.pairformer;
  const sizes = { ...given, tokens: n, c_s, c_z, c_target: config.c_target };
  const declaring = new WeightReader();
  confidenceWeights(declaring, config);
  return {
    component: confidenceHead,
    sizes,
    weights: declaring.declared,
    record(plan, source) {
      const head = recordConfidence(plan, config, n, confidenceWeights(new WeightReader(source), config));
      const { inputs } = head;
      return {
        toDevice: (given) =>
          new Map([
            ...head.values(given, floatsOf(given, "dense_atom_positions")),
            [inputs.single, padRows(floatsOf(given, "single"), c_s)],
            [inputs.pair, padRows(floatsOf(given, "pair"), c_z)],
            [inputs.target, padRows(floatsOf(given, "target_feat"), config.c_target)],
          ]),
        fromDevice: (outputs) => head.named(outputs),
      };
    },
    randomInputs: (seed) => randomInputs(seed, sizes),
  };
}

/** A recorded head. */
export interface RecordedConfidence {
  readonly inputs: { readonly single: Tensor; readonly pair: Tensor; readonly target: Tensor };
  /** What it takes beside the trunk's representations. @param structure positions [n, 24, 3], Ångström */
  values(features: TensorMap, structure: Float32Array): SectionInputs;
  /** Its outputs under their names in golden cases, with the mean distance error over the pairs of real tokens. */
  named(outputs: SectionOutputs): Map<string, HostTensor>;
}

/**
 * Records the head for one structure.
 * @param trunk single [n, C], pair [n, n, C] and target_feat [n, C] where the plan has them; otherwise they are inputs
 */
export function recordConfidence(
  plan: Plan,
  config: ConfidenceConfig,
  n: number,
  weights: ConfidenceWeights,
  trunk?: { readonly single: Tensor; readonly pair: Tensor; readonly target: Tensor },
): RecordedConfidence {
  const { c_s, c_z } = config.pairformer;
  // The mask of pairs is the product of the tokens' masks: its rows are its columns.
  const pairMask = plan.input("pair mask", [n, padded(n)]);
  const masks = {
    pair: { rows: pairMask, columns: pairMask },
    single: { keys: plan.input("key mask", [1, padded(n)]), queries: plan.input("query mask", [0]) },
  };
  const inputs = {
    single: trunk?.single ?? plan.input("single", [n, padded(c_s)]),
    pair: trunk?.pair ?? plan.input("pair", [n, n, padded(c_z)]),
    target: trunk?.target ?? plan.input("target", [n, padded(config.c_target)]),
    positions: plan.input("positions", [n, 4]),
    chains: plan.input("chains", [n, 4]),
    mask: plan.input("mask", [n]),
  };
  const results = confidence(plan, inputs, masks, weights, confidenceTraits(config));
  const maskOut = plan.output("mask", inputs.mask);
  const outs = Object.entries(OUTPUTS).map(([name, key]) => plan.output(name, results[key]));
  return {
    inputs,
    values(features, structure) {
      const mask = floatsOf(features, "seq_mask");
      return new Map([
        [inputs.positions, structurePositions(features, structure)],
        [inputs.chains, chainSizes(mask, dataOf(features, "asym_id"))],
        [inputs.mask, mask],
        [pairMask, padRows(presentPairs(mask), n)],
        [masks.single.keys, padRows(mask, n)],
        [masks.single.queries, new Float32Array(0)],
      ]);
    },
    named(outputs) {
      const values = outs.map((out) => [out.name, outputs.get(out)] as const);
      return namedConfidence(new Map(values), outputs.get(maskOut), n);
    },
  };
}

/** @param mask of tokens, [n] */
function namedConfidence(
  outputs: ReadonlyMap<string, Float32Array>,
  mask: Float32Array,
  n: number,
): Map<string, HostTensor> {
  const named = new Map(
    [...outputs].map(([name, values]) => [name, float32([n, perAtom(name) ? SLOTS : n], values)] as const),
  );
  const sum = (values: Float32Array): number => values.reduce((total, value) => total + value, 0);
  const average = sum(outputs.get("full_pde") ?? mask) / sum(mask) ** 2;
  return named.set("average_pde", float32([], Float32Array.of(average)));
}

function randomInputs(
  seed: number,
  { tokens: n, c_s, c_z, c_target }: Record<"tokens" | "c_s" | "c_z" | "c_target", number>,
) {
  const stream = (name: string) => new RandomStream(seed, name);
  const normal = (name: string, shape: readonly number[], deviation = 1): [string, HostTensor] => {
    const length = shape.reduce((product, size) => product * size, 1);
    return [name, float32(shape, stream(name).normal(length, deviation))];
  };
  const int32 = (name: string, value: (token: number) => number): [string, HostTensor] => [
    name,
    { dtype: "int32", shape: [n], data: Int32Array.from({ length: n }, (_, token) => value(token)) },
  ];
  const mask = stream("seq_mask").mask(n);
  mask[0] = 1;
  return new Map([
    // As far apart as the atoms of a small protein.
    normal("dense_atom_positions", [n, SLOTS, 3], 15),
    normal("single", [n, c_s]),
    normal("pair", [n, n, c_z]),
    normal("target_feat", [n, c_target]),
    ["seq_mask", float32([n], mask)],
    // Two chains.
    int32("asym_id", (token) => (2 * token < n ? 1 : 2)),
    int32("token_atoms_to_pseudo_beta:gather_idxs", (token) => SLOTS * token),
    int32("token_atoms_to_pseudo_beta:gather_mask", () => 1),
    ["token_atoms_to_pseudo_beta:input_shape", { dtype: "int32", shape: [2], data: Int32Array.of(n, SLOTS) }],
  ]);
}
