/** What engines are, their features and their noise, by an engine's name: what the package offers of them. */
import { BadInputError } from "../errors.ts";
import type { Note } from "../formats/config.ts";
import { type Files, givenFiles, givenPath } from "../formats/files.ts";
import { givenFields, givenFunction, givenWhole, knownFields, MOST_SEED, MOST_SIZE } from "../formats/given.ts";
import { givenTensors, type HostTensor, type TensorMap } from "../formats/tensor.ts";
import { lettersOf } from "../pipeline/residues.ts";
import { givenSynthetic, type SyntheticOptions } from "../pipeline/synthetic/assembly.ts";
import { checkInputs, sizesOfInputs } from "./core/check.ts";
import type { Component, EngineName } from "./core/component.ts";
import type { EngineSource, GraphTraits } from "./core/engine.ts";
import * as features from "./core/features.ts";
import * as noise from "./core/noise.ts";
import * as synthetic from "./core/synthetic.ts";
import { findEngine } from "./index.ts";

/** What there is to know of an engine. */
export interface EngineInfo {
  readonly name: EngineName;
  /** The repository that it reproduces; undefined for an engine that reproduces none. */
  readonly source: EngineSource | undefined;
  /** How its components are exported as ONNX graphs. */
  readonly graphs: GraphTraits;
  /** The components by the engine's own names, with the short ones that engines share, inputs and outputs; of a distogram, the edges between its bins. */
  readonly components: readonly Pick<Component, "name" | "shortName" | "inputs" | "outputs" | "binEdges">[];
}

/** What there is to know of an engine. @throws {BadInputError} with the known names if there is no such engine */
export function engineInfo(engine: EngineName): EngineInfo {
  const { name, source, graphs, components } = findEngine(engine);
  return {
    name,
    source: source && { repo: source.repo, commit: source.commit, framework: source.framework },
    graphs,
    components: components.map(({ name: own, shortName, inputs, outputs, binEdges }) => ({
      name: own,
      ...(shortName !== undefined && { shortName }),
      inputs,
      outputs,
      ...(binEdges && { binEdges }),
    })),
  };
}

/**
 * Checks features by name, shape, type and value, and that indices lie inside what they index.
 * @param note is told of tensors that nobody reads
 * @throws {BadInputError} with all missing names, or the first wrong tensor
 */
export function checkFeatures(engine: EngineName, tensors: TensorMap, note: Note = () => {}): features.Features {
  const found = findEngine(engine);
  givenTensors("the features", tensors);
  givenFunction("note", note);
  return features.checkFeatures(found, tensors, note);
}

/**
 * Reads features from safetensors or NumPy's `.npz`. What the engine's own pipeline leaves to the network, such as the order of the
 * MSA's rows, is drawn from a seed where a file has none.
 * @param passes the counts that it is drawn for; the engine's own where they are left out
 * @throws {BadInputError} naming the file, the tensor and what was expected
 */
export async function loadFeatures(
  files: Pick<Files, "read">,
  path: string,
  engine: EngineName,
  note: Note = () => {},
  passes: features.SomePasses = {},
): Promise<features.Features> {
  givenFiles(files, "read");
  givenPath(path);
  const found = findEngine(engine);
  givenFunction("note", note);
  givenPasses(passes);
  return features.loadFeatures(files, path, found, note, passes);
}

/**
 * Features that {@link featurise} has made, as the network takes them: with what the engine's own pipeline leaves to it, drawn from a seed.
 * @param passes the counts that it is drawn for: `passes` through the trunk, `numMsa` rows in each; the engine's own where they are left out
 * @throws {BadInputError} with all missing names, or the first wrong tensor
 */
export function completeFeatures(
  engine: EngineName,
  made: TensorMap,
  passes: features.SomePasses = {},
  note: Note = () => {},
): features.Features {
  const found = findEngine(engine);
  givenTensors("the features", made);
  givenPasses(passes);
  givenFunction("note", note);
  return features.completeFeatures(found, made, note, passes);
}

function givenPasses(passes: features.SomePasses): void {
  givenFields("passes", "an object such as { passes: 4, numMsa: 1024, seed: 0 }", passes);
  knownFields(
    "passes",
    passes,
    PASSES.map(([name]) => name),
  );
  for (const [name, least, most] of PASSES)
    if (passes[name] !== undefined) givenWhole(`passes.${name}`, passes[name], least, most);
}

const PASSES = [
  ["passes", 1, MOST_SIZE],
  ["numMsa", 1, MOST_SIZE],
  ["seed", 0, MOST_SEED],
] as const;

/**
 * Features of a synthetic complex: every tensor that the engine's whole network reads, noise aside (docs/features.md).
 * @throws {BadInputError} if there is no such engine, or the options do not fit each other
 */
export function syntheticFeatures(engine: EngineName, options: SyntheticOptions): Map<string, HostTensor> {
  const { features } = findEngine(engine);
  givenSynthetic("the options", options);
  return features.synthetic(options);
}

/**
 * One-letter codes of the tokens that features are of, for people.
 * @returns a letter per token: X for ligands and whatever else is none of the twenty amino acids
 * @throws {BadInputError} if there is no such engine, or the features do not say
 */
export function residueLetters(engine: EngineName, features: TensorMap): string {
  const contract = findEngine(engine).features;
  givenTensors("the features", features);
  const classes = contract.residues(features);
  if (!classes) throw new BadInputError(`the features of ${engine} lack what residues there are`);
  return lettersOf(classes);
}

/**
 * Seeded noise for these features as tensors.
 * @throws {BadInputError} if there is no such engine, it draws none, or the noise would not fit into memory
 */
export function syntheticNoise(
  engine: EngineName,
  features: TensorMap,
  options: synthetic.SyntheticNoise,
): Map<string, HostTensor> {
  const found = findEngine(engine);
  givenTensors("the features", features);
  givenFields("the options", "an object such as { samples: 1, steps: 200 }", options);
  knownFields("the options", options, ["seed", "samples", "steps"]);
  givenWhole("samples", options.samples, 1, MOST_SIZE);
  givenWhole("steps", options.steps, 1, MOST_SIZE);
  if (options.seed !== undefined) givenWhole("seed", options.seed, 0, MOST_SEED);
  return synthetic.syntheticNoise(found, features, options);
}

/**
 * Noise from a seed: the same bytes in Node, browsers and Python (docs/random-tensors.md). What a sample draws does not depend on how
 * many samples and steps there are.
 * @param points how many points the engine samples: slots of tokens, or atoms (docs/features.md)
 * @throws {BadInputError} if there is no such engine, or it draws none
 */
export function seededNoise(engine: EngineName, seed: number, points: number): noise.NoiseSource {
  const form = synthetic.noiseFormOf(findEngine(engine));
  givenWhole("the seed", seed, 0, MOST_SEED);
  givenWhole("the number of points", points, 1, MOST_SIZE);
  return noise.seededNoise(form, seed, points);
}

/**
 * Noise from recorded tensors (docs/features.md); others among them are left alone.
 * @throws {BadInputError} if there is no such engine, it draws none, or a tensor is missing, misshapen or not finite
 */
export function recordedNoise(engine: EngineName, tensors: TensorMap): noise.NoiseSource {
  const form = synthetic.noiseFormOf(findEngine(engine));
  givenTensors("the tensors", tensors);
  const inputs = noise.noiseSpecs(form);
  sizesOfInputs({ inputs }, tensors);
  checkInputs({ inputs }, tensors, () => {});
  return noise.recordedNoise(form, tensors);
}
