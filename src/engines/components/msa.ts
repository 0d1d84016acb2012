/** What engines' stacks over the MSA share as components: shapes, checks, and the way to the device and back. */
import { BadInputError } from "../../errors.ts";
import type { ConfigReader } from "../../formats/config.ts";
import { RandomStream } from "../../formats/random.ts";
import { float32, type HostTensor } from "../../formats/tensor.ts";
import type { Plan, Tensor } from "../../gpu/plan/plan.ts";
import { type Linear, WeightReader, type WeightSource } from "../../model/linear.ts";
import { embedMsa, type MsaBlockWeights, type MsaMasks, type MsaTraits, msaBlocks } from "../../model/msa.ts";
import { padded } from "../../model/projection.ts";
import type { Component, ConfiguredComponent, EngineName, Sizes, TensorSpec } from "../core/component.ts";
import { checkTokens, readNoting } from "../core/config_checks.ts";
import { floatsOf } from "../core/inputs.ts";
import { padRows, unpadRows } from "../core/padding.ts";
import { pairMaskInputs, pairMaskValues } from "./pairs.ts";

/** What differs between the engines. */
export interface MsaEngine<Config extends { readonly c_z: number }> {
  readonly engine: EngineName;
  /** The component's name. */
  readonly name: string;
  /** Names of the tensors in golden cases. `msa` is the representation, or what it is embedded from. */
  readonly names: { readonly msa: string; readonly pair: string };
  /** The last axis of the input `msa`: a size by name, or fixed. */
  readonly width: string | number;
  readConfig(config: ConfigReader, sizes: Sizes): Config;
  weights(reader: WeightReader, config: Config): MsaBlockWeights[];
  traits(config: Config): MsaTraits;
  /** Sizes that a config knows, by the names of the inputs' axes. */
  sizes(config: Config): Sizes;
  /** How the MSA is embedded; without it, the input is its representation, and the updated one an output. */
  readonly embedding?: {
    /** Name of the single inputs, and of their channels. */
    readonly single: { readonly name: string; readonly width: string };
    weights(reader: WeightReader, config: Config): { readonly features: Linear; readonly single: Linear };
  };
}

/** Makes the component of an engine whose blocks work on MSA and pair. */
export function msaComponent<Config extends { readonly c_z: number }>(engine: MsaEngine<Config>): Component {
  const { names, width, embedding } = engine;
  const msa: TensorSpec = { name: names.msa, shape: ["rows", "tokens", width] };
  const pair: TensorSpec = { name: names.pair, shape: ["tokens", "tokens", "c_z"] };
  const single = embedding && { name: embedding.single.name, shape: ["tokens", embedding.single.width] };
  const component: Component = {
    engine: engine.engine,
    name: engine.name,
    shortName: "msa",
    inputs: [
      msa,
      pair,
      ...(single ? [single] : []),
      { name: "msa_mask", shape: ["rows", "tokens"], kind: "mask" },
      { name: "pair_mask", shape: ["tokens", "tokens"], kind: "mask" },
    ],
    outputs: embedding ? [pair] : [msa, pair],
    configure(given, sizes, note) {
      const config = readNoting(given, note, (reader) => engine.readConfig(reader, sizes));
      checkTokens(sizes);
      if (!Number.isSafeInteger(sizes.rows) || sizes.rows < 1)
        throw new BadInputError(`the number of rows of the MSA should be at least 1, not ${sizes.rows}`);
      const { tokens, rows } = sizes;
      return configured(component, engine, config, { ...engine.sizes(config), tokens, rows, c_z: config.c_z });
    },
  };
  return component;
}

function configured<Config extends { readonly c_z: number }>(
  component: Component,
  engine: MsaEngine<Config>,
  config: Config,
  sizes: Sizes,
): ConfiguredComponent {
  const { names, embedding } = engine;
  const { tokens: n, rows, c_z } = sizes;
  const width = typeof engine.width === "number" ? engine.width : sizes[engine.width];
  const traits = engine.traits(config);
  const declaring = new WeightReader();
  engine.weights(declaring, config);
  embedding?.weights(declaring, config);
  return {
    component,
    sizes,
    weights: declaring.declared,
    record(plan: Plan, source?: WeightSource) {
      const reader = new WeightReader(source);
      const given = plan.input("msa", [rows * n, padded(width)]);
      const pair = plan.input("pair", [n, n, padded(c_z)]);
      const masks = { msa: msaMaskInputs(plan, rows, n, traits), pair: pairMaskInputs(plan, n) };
      const single = embedding && plan.input("single", [n, padded(sizes[embedding.single.width])]);
      const msa =
        embedding && single
          ? plan.scope("embedding", () =>
              embedMsa(plan, { features: given, single }, embedding.weights(reader, config)),
            )
          : given;
      const blocks = engine.weights(reader, config);
      const pairOut = plan.output("pair", msaBlocks(plan, { msa, pair }, masks, blocks, traits, !embedding));
      const msaOut = embedding ? undefined : plan.output("msa", msa);
      return {
        toDevice(inputs) {
          const device = new Map([
            [given, padRows(floatsOf(inputs, names.msa), width)],
            [pair, padRows(floatsOf(inputs, names.pair), c_z)],
            ...pairMaskValues(masks.pair, floatsOf(inputs, "pair_mask"), n),
            ...msaMaskValues(masks.msa, floatsOf(inputs, "msa_mask"), rows, n, traits),
          ]);
          if (embedding && single)
            device.set(single, padRows(floatsOf(inputs, embedding.single.name), sizes[embedding.single.width]));
          return device;
        },
        fromDevice(outputs) {
          const named = new Map([[names.pair, float32([n, n, c_z], unpadRows(outputs.get(pairOut), c_z))]]);
          if (msaOut) named.set(names.msa, float32([rows, n, width], unpadRows(outputs.get(msaOut), width)));
          return named;
        },
      };
    },
    randomInputs: (seed) => randomInputs(component, sizes, seed),
  };
}

/** The masks that the traits ask for; the others are empty. */
export const msaMaskInputs = (plan: Plan, rows: number, n: number, { masksValues, keys }: MsaTraits): MsaMasks => ({
  tokens: plan.input("msa mask tokens", [n, padded(rows)]),
  sequences: plan.input("msa mask sequences", [masksValues ? rows : 0, padded(n)]),
  present: plan.input("present tokens", [keys === "present" ? 1 : 0, padded(n)]),
});

/** The values of {@link msaMaskInputs}. @param mask [rows, n] */
export function msaMaskValues(
  inputs: MsaMasks,
  mask: Float32Array,
  rows: number,
  n: number,
  { masksValues, keys }: MsaTraits,
): [Tensor, Float32Array][] {
  const tokens = new Float32Array(n * rows);
  const present = new Float32Array(n);
  mask.forEach((value, at) => {
    tokens[(at % n) * rows + Math.floor(at / n)] = value;
    present[at % n] = Math.max(present[at % n], value);
  });
  return [
    [inputs.tokens, padRows(tokens, rows)],
    [inputs.sequences, masksValues ? padRows(mask, n) : new Float32Array(0)],
    [inputs.present, keys === "present" ? padRows(present, n) : new Float32Array(0)],
  ];
}

/** Every token is in the first sequence, and each with itself in the pair mask. */
function randomInputs({ inputs }: Component, sizes: Sizes, seed: number): Map<string, HostTensor> {
  const { tokens: n } = sizes;
  return new Map(
    inputs.map(({ name, shape, kind }): [string, HostTensor] => {
      const axes = shape.map((axis) => (typeof axis === "number" ? axis : sizes[axis]));
      const length = axes.reduce((product, axis) => product * axis, 1);
      const stream = new RandomStream(seed, name);
      const values = kind === "mask" ? stream.mask(length) : stream.normal(length, 1);
      if (name === "msa_mask") values.fill(1, 0, n);
      if (name === "pair_mask") for (let i = 0; i < n; i++) values[i * n + i] = 1;
      return [name, float32(axes, values)];
    }),
  );
}
