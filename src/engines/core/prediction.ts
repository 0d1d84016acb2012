/** What structures and scores are made of: outputs of a network for one seed, by its engine's names. */
import { BadInputError } from "../../errors.ts";
import type { Note } from "../../formats/config.ts";
import { type HostTensor, int32, type TensorMap } from "../../formats/tensor.ts";
import type { Prediction, StructuredJob } from "../../pipeline/outputs/prediction.ts";
import type { Structure } from "../../pipeline/outputs/structure.ts";
import { checkInputs, listed, sizesOfInputs } from "./check.ts";
import type { Sizes, TensorSpec } from "./component.ts";
import type { Engine } from "./engine.ts";
import { ofFile, openTensorFile, readInputs } from "./input_files.ts";
import { tensorOf } from "./inputs.ts";

/** How an engine makes structures and scores of its network's outputs. */
export interface PredictionForm {
  /** The outputs that they are made of; `samples` counts samples. */
  readonly outputs: readonly TensorSpec[];
  /** Smaller ones of which they are made as well, for a network that need not answer the others. */
  readonly reduced?: readonly TensorSpec[];
  /**
   * The structure of one sample.
   * @throws {BadInputError} if an output is missing, does not fit the others or the job, or places an atom nowhere
   */
  structure(job: StructuredJob, outputs: TensorMap, sample: number): Structure;
  /**
   * All samples of a seed with their scores, as they are asked for.
   * @param features of the job
   * @throws {BadInputError} if an output or a feature is missing, does not fit the others or the job, or places an atom nowhere
   */
  samples(job: StructuredJob, features: TensorMap, outputs: TensorMap, seed: number): Iterable<Prediction>;
}

/** @throws {BadInputError} if no structures are made of the engine's outputs */
export function predictionForm({ name, predictions }: Engine): PredictionForm {
  if (predictions) return predictions;
  throw new BadInputError(`no structures are made of ${name}'s outputs`);
}

/** In a file of outputs: the seed of random weights, of which nothing else in it tells. */
const RANDOM: TensorSpec = { name: "random_weights_seed", shape: [], kind: "integer", optional: true };

/** Outputs for one seed that have been checked. */
export interface Predicted {
  readonly outputs: TensorMap;
  readonly sizes: Sizes;
  /** The seed of random weights. */
  readonly randomWeights: number | undefined;
}

/** The outputs that a network is asked for. @param whole whether they are to be kept: then all that they tell, not what is expected of it */
export function wantedOutputs(engine: Engine, whole: boolean): string[] {
  const { outputs, reduced = outputs } = predictionForm(engine);
  return (whole ? outputs : reduced).map(({ name }) => name);
}

/** Of both forms the one that is there; the whole one where neither is. */
function formOf(engine: Engine, has: (name: string) => boolean): readonly TensorSpec[] {
  const { outputs, reduced } = predictionForm(engine);
  return reduced && !outputs.every(({ name }) => has(name)) && reduced.every(({ name }) => has(name))
    ? reduced
    : outputs;
}

/** The outputs of a network's run that predictions are made of. */
export const predictionOutputs = (engine: Engine, outputs: TensorMap): Map<string, HostTensor> =>
  new Map(formOf(engine, (name) => outputs.has(name)).map(({ name }) => [name, tensorOf(outputs, name)]));

/** What a file of outputs holds. */
export const savedOutputs = (outputs: TensorMap, randomWeights: number | undefined): TensorMap =>
  randomWeights === undefined ? outputs : new Map([...outputs, [RANDOM.name, int32([], Int32Array.of(randomWeights))]]);

/**
 * Reads a file of outputs.
 * @throws {BadInputError} naming the file, the tensor and what was expected
 */
export function readOutputs(engine: Engine, bytes: Uint8Array, path: string, note: Note): Predicted {
  const file = openTensorFile(bytes, path);
  const inputs = formOf(engine, (name) => file.has(name));
  const missing = inputs.filter(({ name }) => !file.has(name)).map(({ name }) => name);
  if (missing.length > 0) throw new BadInputError(`${path}: the network's outputs lack ${listed(missing)}`);
  const given = readInputs(file, [...inputs, RANDOM], note);
  return ofFile(path, () => {
    const outputs = predictionOutputs(engine, given);
    const sizes = sizesOfInputs({ inputs }, outputs);
    if (sizes.samples === 0) throw new BadInputError("the outputs have no samples");
    checkInputs({ inputs }, outputs, note);
    const seed = given.get(RANDOM.name)?.data[0];
    return { outputs, sizes, randomWeights: seed === undefined ? undefined : seed >>> 0 };
  });
}
