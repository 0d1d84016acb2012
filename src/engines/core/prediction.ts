/** What structures and scores are made of: outputs of a network for one seed, by the names that AlphaFold 3 gives them. */
import { BadInputError } from "../../errors.ts";
import type { Note } from "../../formats/config.ts";
import { type HostTensor, int32, type TensorMap } from "../../formats/tensor.ts";
import { predictionShapes } from "../../pipeline/outputs/prediction.ts";
import { checkInputs, listed, sizesOfInputs } from "./check.ts";
import type { Sizes, TensorSpec } from "./component.ts";
import { ofFile, openTensorFile, readInputs } from "./input_files.ts";
import { tensorOf } from "./inputs.ts";

/** The outputs, with the padding of the features that they are of. */
export const predictionSpecs: readonly TensorSpec[] = Object.entries(predictionShapes).map(([name, shape]) => ({
  name,
  shape,
}));

/** In a file of outputs: the seed of random weights, of which nothing else in it tells. */
const RANDOM: TensorSpec = { name: "random_weights_seed", shape: [], kind: "integer", optional: true };

/** Outputs for one seed that have been checked. */
export interface Predicted {
  readonly outputs: TensorMap;
  readonly sizes: Sizes;
  /** The seed of random weights. */
  readonly randomWeights: number | undefined;
}

/** The outputs of a network's run that predictions are made of. */
export const predictionOutputs = (outputs: TensorMap): Map<string, HostTensor> =>
  new Map(predictionSpecs.map(({ name }) => [name, tensorOf(outputs, name)]));

/** What a file of outputs holds. */
export const savedOutputs = (outputs: TensorMap, randomWeights: number | undefined): TensorMap =>
  randomWeights === undefined ? outputs : new Map([...outputs, [RANDOM.name, int32([], Int32Array.of(randomWeights))]]);

/**
 * Reads a file of outputs.
 * @throws {BadInputError} naming the file, the tensor and what was expected
 */
export function readOutputs(bytes: Uint8Array, path: string, note: Note): Predicted {
  const file = openTensorFile(bytes, path);
  const missing = predictionSpecs.filter(({ name }) => !file.has(name)).map(({ name }) => name);
  if (missing.length > 0) throw new BadInputError(`${path}: the network's outputs lack ${listed(missing)}`);
  const given = readInputs(file, [...predictionSpecs, RANDOM], note);
  return ofFile(path, () => {
    const outputs = predictionOutputs(given);
    const sizes = sizesOfInputs({ inputs: predictionSpecs }, outputs);
    if (sizes.samples === 0) throw new BadInputError("the outputs have no samples");
    checkInputs({ inputs: predictionSpecs }, outputs, note);
    const seed = given.get(RANDOM.name)?.data[0];
    return { outputs, sizes, randomWeights: seed === undefined ? undefined : seed >>> 0 };
  });
}
