/** Protenix' MSA on its way to the device, cycle by cycle, and its MSA module as a component. */
import { BadInputError } from "../../errors.ts";
import { RandomStream } from "../../formats/random.ts";
import { float32, type HostTensor, int32, type TensorMap } from "../../formats/tensor.ts";
import type { Plan, Tensor } from "../../gpu/plan/plan.ts";
import { WeightReader, type WeightSource } from "../../model/linear.ts";
import { embedMsa, type MsaMasks, msaBlocks } from "../../model/msa.ts";
import { allPresent } from "../../model/present.ts";
import { padded } from "../../model/projection.ts";
import { MSA_FEATURES, type MsaConfig, msaEmbedding, msaTraits, msaWeights } from "../../model/protenix/msa.ts";
import { RESIDUE_TYPES } from "../../model/protenix/sizes.ts";
import { msaMaskInputs, msaMaskValues } from "../components/msa.ts";
import type { Component, ConfiguredComponent, Sizes } from "../core/component.ts";
import { checkTokens, readNoting } from "../core/config_checks.ts";
import { dataOf, floatsOf } from "../core/inputs.ts";
import { padRows, unpadRows } from "../core/padding.ts";
import { readMsaConfig } from "./configs.ts";
import { checkRelations, chosenRows } from "./features/relations.ts";
import { msaFeatures } from "./features/specs.ts";

const PREFIX = "msa_module";

/** What a cycle reads of the MSA. */
export interface MsaInputs {
  /** [rows · n, padded features] */
  readonly features: Tensor;
  readonly masks: MsaMasks;
}

/** Declares the MSA of one cycle. A cycle that takes fewer rows has masked ones behind them, which change nothing. */
export const msaInputs = (plan: Plan, rows: number, n: number): MsaInputs => ({
  features: plan.input("msa", [rows * n, padded(MSA_FEATURES)]),
  masks: msaMaskInputs(plan, rows, n, msaTraits),
});

/** The values of {@link msaInputs} in one cycle. @param rows as many as were declared */
export function msaValues(
  inputs: MsaInputs,
  features: TensorMap,
  cycle: number,
  rows: number,
  n: number,
): [Tensor, Float32Array][] {
  const [msa, has, value] = ["msa", "has_deletion", "deletion_value"].map((name) => dataOf(features, name));
  const pitch = padded(MSA_FEATURES);
  const values = new Float32Array(rows * n * pitch);
  const mask = new Float32Array(rows * n);
  rowsOfCycle(features, cycle, rows).forEach((from, row) => {
    for (let token = 0; token < n; token++) {
      const at = (row * n + token) * pitch;
      values[at + msa[from * n + token]] = 1;
      values[at + RESIDUE_TYPES] = has[from * n + token];
      values[at + RESIDUE_TYPES + 1] = value[from * n + token];
    }
    mask.fill(1, row * n, (row + 1) * n);
  });
  return [[inputs.features, values], ...msaMaskValues(inputs.masks, mask, rows, n, msaTraits)];
}

/** Trap P13: which rows a cycle takes, in their order: as the features say, else all. */
function rowsOfCycle(features: TensorMap, cycle: number, rows: number): number[] {
  const order = features.get("msa_order");
  if (!order) return Array.from({ length: rows }, (_, row) => row);
  return [...chosenRows(order.data.subarray(cycle * rows, (cycle + 1) * rows))];
}

/** How many rows a cycle takes at most. @throws {BadInputError} unless there is at least one */
export function msaRows({ rows, chosen = rows }: Sizes): { readonly rows: number; readonly chosen: number } {
  for (const [what, count] of [
    ["rows of the MSA", rows],
    ["rows that msa_order chooses", chosen],
  ] as const)
    if (!Number.isSafeInteger(count) || count < 1)
      throw new BadInputError(`the number of ${what} should be at least 1, not ${count}`);
  return { rows, chosen };
}

export const msaModule: Component = {
  engine: "protenix",
  name: "msa_module",
  shortName: "msa",
  inputs: [
    ...msaFeatures.map((spec) => (spec.name === "msa_order" ? { ...spec, shape: [1, "chosen"] } : spec)),
    { name: "s_inputs", shape: ["tokens", "c_s_inputs"] },
    { name: "z", shape: ["tokens", "tokens", "c_z"] },
  ],
  outputs: [{ name: "z", shape: ["tokens", "tokens", "c_z"] }],
  configure(given, sizes, note) {
    const config = readNoting(given, note, (reader) => readMsaConfig(reader, sizes));
    const { c_z, c_s_inputs } = config;
    return configured(config, { tokens: checkTokens(sizes), ...msaRows(sizes), c_z, c_s_inputs });
  },
};

function configured(config: MsaConfig, sizes: Sizes): ConfiguredComponent {
  const { tokens: n, chosen } = sizes;
  const { c_z, c_s_inputs } = config;
  const declaring = new WeightReader();
  msaWeights(declaring, PREFIX, config);
  msaEmbedding(declaring, PREFIX, config);
  return {
    component: msaModule,
    sizes,
    weights: declaring.declared,
    record(plan: Plan, source?: WeightSource) {
      const reader = new WeightReader(source);
      const given = msaInputs(plan, chosen, n);
      const pair = plan.input("pair", [n, n, padded(c_z)]);
      const single = plan.input("single", [n, padded(c_s_inputs)]);
      const msa = plan.scope("embedding", () =>
        embedMsa(plan, { features: given.features, single }, msaEmbedding(reader, PREFIX, config)),
      );
      const masks = { msa: given.masks, pair: allPresent(plan, n).pair };
      const blocks = msaWeights(reader, PREFIX, config);
      const updated = plan.output("pair", msaBlocks(plan, { msa, pair }, masks, blocks, msaTraits, false));
      return {
        toDevice(inputs) {
          checkRelations(inputs);
          return new Map([
            ...msaValues(given, inputs, 0, chosen, n),
            [pair, padRows(floatsOf(inputs, "z"), c_z)],
            [single, padRows(floatsOf(inputs, "s_inputs"), c_s_inputs)],
          ]);
        },
        fromDevice: (outputs) => new Map([["z", float32([n, n, c_z], unpadRows(outputs.get(updated), c_z))]]),
      };
    },
    randomInputs: (seed) => randomInputs(sizes, seed),
  };
}

/** Rows of any classes, one in eight positions with a deletion before it. */
function randomInputs({ tokens, rows, c_z, c_s_inputs }: Sizes, seed: number): Map<string, HostTensor> {
  const stream = (name: string): RandomStream => new RandomStream(seed, name);
  const count = rows * tokens;
  const lengths = stream("deletion_value").integers(count, 64);
  const has = stream("has_deletion")
    .mask(count)
    .map((value) => 1 - value);
  const normal = (name: string, ...shape: readonly number[]): [string, HostTensor] => [
    name,
    float32(
      shape,
      stream(name).normal(
        shape.reduce((product, size) => product * size, 1),
        1,
      ),
    ),
  ];
  return new Map([
    ["msa", int32([rows, tokens], Int32Array.from(stream("msa").integers(count, RESIDUE_TYPES)))],
    ["has_deletion", float32([rows, tokens], has)],
    [
      "deletion_value",
      float32(
        [rows, tokens],
        has.map((value, at) => (value * (lengths[at] + 1)) / 64),
      ),
    ],
    normal("s_inputs", tokens, c_s_inputs),
    normal("z", tokens, tokens, c_z),
  ]);
}
