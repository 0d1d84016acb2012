/** Protenix' input embedder: what it takes from the features, and the component. */
import { BadInputError } from "../../errors.ts";
import { RandomStream } from "../../formats/random.ts";
import { float32, type TensorMap } from "../../formats/tensor.ts";
import type { Plan, Tensor } from "../../gpu/plan/plan.ts";
import { WeightReader, type WeightSource } from "../../model/linear.ts";
import { padded } from "../../model/projection.ts";
import {
  BESIDE,
  type EmbedderConfig,
  type EmbedderInputs,
  embedderWeights,
  embedTokens,
  inputsWidth,
  TOKEN_FEATURES,
} from "../../model/protenix/input_embedder.ts";
import type { Component, ConfiguredComponent, Sizes, TensorSpec } from "../core/component.ts";
import { checkTokens, readNoting } from "../core/config_checks.ts";
import { dataOf, floatsOf } from "../core/inputs.ts";
import { padRows, sideBySide, unpadRows } from "../core/padding.ts";
import { syntheticInputs } from "../core/random_inputs.ts";
import { atomInputs, atomValues } from "./atoms.ts";
import { readEmbedderConfig } from "./embedder_config.ts";
import { madeAtoms, madeFeatures } from "./features/made.ts";
import { checkRelations } from "./features/relations.ts";
import { atomFeatures, residueFeatures } from "./features/specs.ts";

/** The prefix of the weights. */
export const EMBEDDER = "input_embedder";

/** A language model's embedding, for weights that take one. */
export const esmFeature: TensorSpec = { name: "esm_token_embedding", shape: ["tokens", "c_esm"], optional: true };

/** Declares what the embedder reads. */
export const embedderInputs = (plan: Plan, tokens: number, atoms: number, { esm }: EmbedderConfig): EmbedderInputs => ({
  atoms: atomInputs(plan, tokens, atoms),
  tokens: plan.input("token features", [tokens, padded(BESIDE)]),
  ...(esm !== undefined && { esm: plan.input("language model", [tokens, padded(esm)]) }),
});

/**
 * The values of {@link embedderInputs}.
 * @throws {BadInputError} if the weights take a language model's embedding and there is none
 */
export function embedderValues(inputs: EmbedderInputs, features: TensorMap, tokens: number): [Tensor, Float32Array][] {
  const known = TOKEN_FEATURES.map(([name, channels]) => ({ data: dataOf(features, name), channels }));
  const values: [Tensor, Float32Array][] = [
    ...atomValues(inputs.atoms, features, tokens),
    [inputs.tokens, sideBySide(known, tokens)],
  ];
  if (inputs.esm) {
    if (!features.has(esmFeature.name))
      throw new BadInputError(`config.esm.enable is true, but the input ${esmFeature.name} is missing`);
    const embedding = floatsOf(features, esmFeature.name);
    values.push([inputs.esm, padRows(embedding, embedding.length / tokens)]);
  }
  return values;
}

export const inputEmbedder: Component = {
  engine: "protenix",
  name: "input_embedder",
  inputs: [...atomFeatures, ...residueFeatures, esmFeature],
  outputs: [{ name: "s_inputs", shape: ["tokens", "c_s_inputs"] }],
  configure(given, sizes, note) {
    const config = readNoting(given, note, (reader) => readEmbedderConfig(reader, sizes));
    const tokens = checkTokens(sizes);
    const { atoms = madeAtoms(tokens) } = sizes;
    const c_esm = config.esm ?? sizes.c_esm;
    if (config.esm === undefined && c_esm !== undefined)
      note(`ignored: ${esmFeature.name}, which these weights do not take`);
    return configured(config, {
      tokens,
      atoms,
      c_s_inputs: inputsWidth(config),
      ...(c_esm !== undefined && { c_esm }),
    });
  },
};

function configured(
  config: EmbedderConfig,
  sizes: Sizes & { readonly tokens: number; readonly atoms: number; readonly c_s_inputs: number },
): ConfiguredComponent {
  const { tokens: n, atoms, c_s_inputs } = sizes;
  const declaring = new WeightReader();
  embedderWeights(declaring, EMBEDDER, config);
  return {
    component: inputEmbedder,
    sizes,
    weights: declaring.declared,
    record(plan: Plan, source?: WeightSource) {
      const inputs = embedderInputs(plan, n, atoms, config);
      const weights = embedderWeights(new WeightReader(source), EMBEDDER, config);
      const out = plan.output("s_inputs", embedTokens(plan, inputs, weights));
      return {
        toDevice(given) {
          checkRelations(given);
          return new Map(embedderValues(inputs, given, n));
        },
        fromDevice: (outputs) =>
          new Map([["s_inputs", float32([n, c_s_inputs], unpadRows(outputs.get(out), c_s_inputs))]]),
      };
    },
    randomInputs(seed) {
      const made = syntheticInputs(inputEmbedder, sizes, madeFeatures({ tokens: n, seed }), seed);
      if (config.esm !== undefined)
        made.set(
          esmFeature.name,
          float32([n, config.esm], new RandomStream(seed, esmFeature.name).normal(n * config.esm, 1)),
        );
      return made;
    },
  };
}
