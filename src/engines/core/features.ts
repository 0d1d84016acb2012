/** Features from a file: every name, shape, type and value is checked before anything runs. */
import { BadInputError } from "../../errors.ts";
import type { Note } from "../../formats/config.ts";
import type { Files } from "../../formats/files.ts";
import type { HostTensor, TensorMap } from "../../formats/tensor.ts";
import { checkInputs, listed, sizesOfInputs } from "./check.ts";
import type { EngineName, Sizes, TensorSpec } from "./component.ts";
import type { Engine, MsaPasses } from "./engine.ts";
import { ofFile, openTensorFile, readInputs } from "./input_files.ts";
import { noiseSpecs } from "./noise.ts";

/** Features of a complex that have been checked, and the sizes that follow from their shapes. */
export interface Features {
  readonly engine: EngineName;
  /** Known tensors only: the features, and recorded noise if there is any. */
  readonly tensors: TensorMap;
  /** `tokens`, `rows`, …: the sizes by the names that the specifications use. */
  readonly sizes: Sizes;
  /** Whether the sampler's noise came along. */
  readonly noise: boolean;
}

/**
 * Checks features by name, shape, type and value, and that indices lie inside what they index.
 * @param note is told of tensors that nobody reads
 * @throws {BadInputError} with all missing names, or the first wrong tensor
 */
export function checkFeatures(engine: Engine, given: TensorMap, note: Note): Features {
  const { name: engineName, features } = engine;
  const noise = noiseOf(engine);
  const withNoise = noise.some(({ name }) => given.has(name));
  const inputs = withNoise ? [...features.specs, ...noise] : features.specs;
  checkNames(engineName, inputs, given);
  const sizes = sizesOfInputs({ inputs }, given);
  checkInputs({ inputs }, given, note);
  const there = inputs.filter(({ name }) => given.has(name)); // all but optional ones
  const tensors = new Map(there.map(({ name }) => [name, given.get(name) as HostTensor]));
  features.checkRelations(tensors);
  return { engine: engineName, tensors, sizes, noise: withNoise };
}

/**
 * Features that a featuriser has made, with what the engine's own pipeline leaves to the network where they have none ({@link FeatureCompletion}).
 * @param passes the counts that it is drawn for; the engine's own where they are left out
 * @throws {BadInputError} with all missing names, or the first wrong tensor
 */
export function completeFeatures(engine: Engine, made: TensorMap, note: Note, passes: SomePasses = {}): Features {
  const { completion } = engine.features;
  return checkFeatures(engine, completion?.complete(made, passesOf(completion.defaults, passes), note) ?? made, note);
}

/** @throws {BadInputError} with all names that are missing */
function checkNames(engine: EngineName, specs: readonly TensorSpec[], given: { has(name: string): boolean }): void {
  const missing = specs.filter(({ name, optional }) => !optional && !given.has(name)).map(({ name }) => name);
  if (missing.length) throw new BadInputError(`${engine}'s features lack ${listed(missing)}`);
}

const noiseOf = ({ noise }: Engine): readonly TensorSpec[] => (noise ? noiseSpecs(noise) : []);

/**
 * Reads features from safetensors or NumPy's `.npz`. What the engine's own pipeline leaves to the network is drawn from a seed where a
 * file has none ({@link FeatureCompletion}).
 * @param passes the counts that it is drawn for; the engine's own where they are left out
 * @throws {BadInputError} naming the file, the tensor and what was expected
 */
export async function loadFeatures(
  files: Pick<Files, "read">,
  path: string,
  engine: Engine,
  note: Note,
  passes: SomePasses = {},
): Promise<Features> {
  const { specs, completion } = engine.features;
  const content = await files.read(path);
  if (looksLikeInput(content))
    throw new BadInputError(
      `${path} looks like an input, of which af3-gpu features makes features; here a file of features is needed, as safetensors or npz`,
    );
  const file = openTensorFile(content, path);
  const needed = specs.filter(({ name }) => name !== completion?.tensor);
  ofFile(path, () => checkNames(engine.name, needed, file)); // of a file that is another's, the names say more than the types
  const given = readInputs(file, [...specs, ...noiseOf(engine)], note);
  return ofFile(path, () => completeFeatures(engine, given, note, passes));
}

/** JSON, FASTA or a3m. No safetensors begins so: the eighth byte of its header's length is zero. */
const looksLikeInput = (content: Uint8Array): boolean =>
  content.length > 8 && content[7] !== 0 && "{[>#".includes(String.fromCharCode(content[0]));

/** Counts that differ from the engine's own. */
export type SomePasses = { readonly [name in keyof MsaPasses]?: number | undefined };

const passesOf = (own: MsaPasses, { passes, numMsa, seed }: SomePasses): MsaPasses => ({
  passes: passes ?? own.passes,
  numMsa: numMsa ?? own.numMsa,
  seed: seed ?? own.seed,
});
