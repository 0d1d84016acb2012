/** What engines are, their features and their noise, by an engine's name: what the package offers of them. */
import type { Note } from "../formats/config.ts";
import type { Files } from "../formats/files.ts";
import type { HostTensor, TensorMap } from "../formats/tensor.ts";
import type { SyntheticOptions } from "../pipeline/synthetic/assembly.ts";
import type { Component, EngineName } from "./core/component.ts";
import type { GraphTraits } from "./core/engine.ts";
import * as features from "./core/features.ts";
import * as noise from "./core/noise.ts";
import * as synthetic from "./core/synthetic.ts";
import { findEngine } from "./index.ts";

/** What there is to know of an engine. */
export interface EngineInfo {
  readonly name: EngineName;
  /** The repository that it reproduces, as `owner/name` on GitHub, and the commit; undefined for an engine that reproduces none. */
  readonly source: { readonly repo: string; readonly commit: string } | undefined;
  /** How its components are exported as ONNX graphs. */
  readonly graphs: GraphTraits;
  /** The components by the engine's own names, with the short ones that engines share, inputs and outputs. */
  readonly components: readonly Pick<Component, "name" | "shortName" | "inputs" | "outputs">[];
}

/** What there is to know of an engine. @throws {BadInputError} with the known names if there is no such engine */
export function engineInfo(engine: EngineName): EngineInfo {
  const { name, source, graphs, components } = findEngine(engine);
  return {
    name,
    source: source && { repo: source.repo, commit: source.commit },
    graphs,
    components: components.map(({ name: own, shortName, inputs, outputs }) => ({
      name: own,
      ...(shortName !== undefined && { shortName }),
      inputs,
      outputs,
    })),
  };
}

/**
 * Checks features by name, shape, type and value, and that indices lie inside what they index.
 * @param note is told of tensors that nobody reads
 * @throws {BadInputError} with all missing names, or the first wrong tensor
 */
export const checkFeatures = (engine: EngineName, given: TensorMap, note: Note): features.Features =>
  features.checkFeatures(findEngine(engine), given, note);

/**
 * Reads features from safetensors or NumPy's `.npz`. What the engine's own pipeline leaves to the network, such as the order of the
 * MSA's rows, is made from a seed where a file has none.
 * @param passes what that is made for; else the engine's own counts
 * @throws {BadInputError} naming the file, the tensor and what was expected
 */
export const loadFeatures = async (
  files: Pick<Files, "read">,
  path: string,
  engine: EngineName,
  note: Note,
  passes?: features.SomePasses,
): Promise<features.Features> => features.loadFeatures(files, path, findEngine(engine), note, passes);

/**
 * Features of a made-up complex: every tensor that the engine's whole network reads, noise aside (docs/features.md).
 * @throws {BadInputError} if there is no such engine, or the options do not fit each other
 */
export const syntheticFeatures = (engine: EngineName, options: SyntheticOptions): Map<string, HostTensor> =>
  findEngine(engine).features.synthetic(options);

/**
 * Seeded noise for these features as tensors.
 * @throws {BadInputError} if there is no such engine, it draws none, or the noise would not fit into memory
 */
export const syntheticNoise = (
  engine: EngineName,
  features: TensorMap,
  options: synthetic.SyntheticNoise,
): Map<string, HostTensor> => synthetic.syntheticNoise(findEngine(engine), features, options);

/**
 * Noise from a seed: the same bytes in Node, browsers and Python (docs/random-tensors.md). What a sample draws does not depend on how
 * many samples and steps there are.
 * @param points how many points the engine samples: slots of tokens, or atoms (docs/features.md)
 * @throws {BadInputError} if there is no such engine, or it draws none
 */
export const seededNoise = (engine: EngineName, seed: number, points: number): noise.NoiseSource =>
  noise.seededNoise(synthetic.noiseFormOf(findEngine(engine)), seed, points);

/**
 * Noise from recorded tensors (docs/features.md), which have been checked.
 * @throws {BadInputError} if there is no such engine, or it draws none
 */
export const recordedNoise = (engine: EngineName, tensors: TensorMap): noise.NoiseSource =>
  noise.recordedNoise(synthetic.noiseFormOf(findEngine(engine)), tensors);
