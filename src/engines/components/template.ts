/** What engines' template embedders share as components: shapes, checks, and the way to the device and back. */
import { BadInputError } from "../../errors.ts";
import type { ConfigReader } from "../../formats/config.ts";
import { RandomStream } from "../../formats/random.ts";
import { float32, type HostTensor, sizeOf } from "../../formats/tensor.ts";
import type { Plan } from "../../gpu/plan/plan.ts";
import { WeightReader, type WeightSource } from "../../model/linear.ts";
import { allPresent } from "../../model/present.ts";
import { padded } from "../../model/projection.ts";
import { embedTemplates, type TemplateTraits, type TemplateWeights, templateUpdate } from "../../model/template.ts";
import type { Component, ConfiguredComponent, EngineName, Sizes, TensorSpec } from "../core/component.ts";
import { checkTokens, readNoting } from "../core/config_checks.ts";
import { dataOf, floatsOf } from "../core/inputs.ts";
import { padRows, unpadRows } from "../core/padding.ts";
import { pairMaskInputs, pairMaskValues } from "./pairs.ts";

/** As many templates as the supplement takes; slots beyond those found are empty. */
export const DEFAULT_TEMPLATES = 4;

/** Values of a token in the kernel `template_pair`. */
export const TOKEN_VALUES = 20;

/** What differs between the engines. */
export interface TemplateEngine<Config extends { readonly c_z: number }> {
  readonly engine: EngineName;
  /** The component's name. */
  readonly name: string;
  readonly inputs: readonly TensorSpec[];
  /** Names of tensors in golden cases. `types` has an axis of slots in front. */
  readonly names: {
    readonly types: string;
    readonly pair: string;
    /** Undefined for an engine without masks, whose tokens are all there. */
    readonly pairMask: string | undefined;
    readonly update: string;
  };
  readConfig(config: ConfigReader, sizes: Sizes): Config;
  weights(reader: WeightReader, config: Config): TemplateWeights;
  traits(config: Config): TemplateTraits;
  /** The tokens of all templates, [slots · n, 20], and the pairs that a template may speak of, [n, n]. */
  prepare(data: (name: string) => ArrayLike<number>): {
    readonly tokens: Float32Array;
    readonly seen: ArrayLike<number>;
  };
}

/** Makes the component of an engine that embeds templates. */
export function templateComponent<Config extends { readonly c_z: number }>(engine: TemplateEngine<Config>): Component {
  const component: Component = {
    engine: engine.engine,
    name: engine.name,
    shortName: "template",
    inputs: engine.inputs,
    outputs: [{ name: engine.names.update, shape: ["tokens", "tokens", "c_z"] }],
    configure(given, sizes, note) {
      const config = readNoting(given, note, (reader) => engine.readConfig(reader, sizes));
      const tokens = checkTokens(sizes);
      const { templates = DEFAULT_TEMPLATES } = sizes;
      if (templates < 1)
        throw new BadInputError(
          `${engine.names.types} has no template slot; a slot without atoms is a template as well`,
        );
      return configured(component, engine, config, { ...sizes, tokens, templates, c_z: config.c_z });
    },
  };
  return component;
}

function configured<Config extends { readonly c_z: number }>(
  component: Component,
  engine: TemplateEngine<Config>,
  config: Config,
  sizes: Sizes,
): ConfiguredComponent {
  const { names } = engine;
  const { tokens: n, templates: slots, c_z } = sizes;
  const declaring = new WeightReader();
  engine.weights(declaring, config);
  return {
    component,
    sizes,
    weights: declaring.declared,
    record(plan: Plan, source?: WeightSource) {
      const pair = plan.input("pair", [n, n, padded(c_z)]);
      const masks = names.pairMask === undefined ? undefined : pairMaskInputs(plan, n);
      const templates = {
        slots,
        tokens: plan.input("template tokens", [slots * n, TOKEN_VALUES]),
        seen: plan.input("seen pairs", [n, padded(n)]),
      };
      const weights = engine.weights(new WeightReader(source), config);
      const average = embedTemplates(
        plan,
        pair,
        masks ?? allPresent(plan, n).pair,
        templates,
        weights,
        engine.traits(config),
      );
      const update = plan.output("update", templateUpdate(plan, average, weights));
      return {
        toDevice(inputs) {
          const { tokens, seen } = engine.prepare((name) => dataOf(inputs, name));
          return new Map([
            [pair, padRows(floatsOf(inputs, names.pair), c_z)],
            ...(masks && names.pairMask ? pairMaskValues(masks, floatsOf(inputs, names.pairMask), n) : []),
            [templates.seen, padRows(Float32Array.from(seen), n)],
            [templates.tokens, tokens],
          ]);
        },
        fromDevice: (outputs) => new Map([[names.update, float32([n, n, c_z], unpadRows(outputs.get(update), c_z))]]),
      };
    },
    randomInputs: (seed) => randomInputs(component, sizes, names.pair, seed),
  };
}

function randomInputs({ inputs }: Component, sizes: Sizes, pair: string, seed: number): Map<string, HostTensor> {
  const { tokens: n } = sizes;
  return new Map(
    inputs.map(({ name, shape, kind, range }): [string, HostTensor] => {
      const axes = shape.map((axis) => (typeof axis === "number" ? axis : sizes[axis]));
      const length = sizeOf(axes);
      const stream = new RandomStream(seed, name);
      if (kind === "integer") {
        // Types have a range; ids have none and are those of two chains.
        const ids = () => Array.from({ length }, (_, token) => Number(2 * token >= n));
        return [
          name,
          { dtype: "int32", shape: axes, data: Int32Array.from(range ? stream.integers(length, range[1] + 1) : ids()) },
        ];
      }
      // Positions lie as far apart as the atoms of a small protein.
      const values = kind === "mask" ? stream.mask(length) : stream.normal(length, name === pair ? 1 : 15);
      // In masks of pairs, each token is with itself.
      if (kind === "mask" && axes.length === 2 && shape[0] === "tokens")
        for (let i = 0; i < n; i++) values[i * n + i] = 1;
      return [name, float32(axes, values)];
    }),
  );
}
