/** What the package offers in Node and in browsers alike. */
import type { EngineName, Sizes } from "./engines/core/component.ts";
import { standardInputs } from "./engines/core/random_inputs.ts";
import { findComponent, findEngine, findPreset, type PresetName, presetNames } from "./engines/index.ts";
import { givenFields, givenName, givenSizes, givenText, givenWhole, MOST_SEED } from "./formats/given.ts";
import type { TensorMap } from "./formats/tensor.ts";
import { givenSynthetic, type SyntheticOptions } from "./pipeline/synthetic/assembly.ts";

export type {
  Backend,
  BackendName,
  BackendStatus,
  DeviceInfo,
  LoadProgress,
  LoadRequest,
  MemoryReport,
  Runner,
  RunOptions,
  RunProgress,
  RunTimes,
  SectionTimes,
  TimedRun,
} from "./backends/backend.ts";
export type { PlannedSection, PlannedStep, ProfiledStep } from "./backends/profile.ts";
export { WebGpuBackend, type WebGpuRunner } from "./backends/webgpu.ts";
export {
  checkFeatures,
  completeFeatures,
  type EngineInfo,
  engineInfo,
  loadFeatures,
  recordedNoise,
  residueLetters,
  seededNoise,
  syntheticFeatures,
  syntheticNoise,
} from "./engines/by_name.ts";
export { compareCase, type GoldenCase, readCase, readExpected } from "./engines/core/cases.ts";
export type { OutputComparison } from "./engines/core/comparison.ts";
export type { EngineName, Sizes } from "./engines/core/component.ts";
export type { Features } from "./engines/core/features.ts";
export { type NonFiniteOutput, nonFinite } from "./engines/core/finite.ts";
export type { ConformerGenerator } from "./engines/core/generated_conformers.ts";
export type { NoiseSource, StepNoise } from "./engines/core/noise.ts";
export { openWeights } from "./engines/core/weight_files.ts";
export type { WeightFile, Weights } from "./engines/core/weights.ts";
export { engineNames, type Preset, type PresetName, presetNames } from "./engines/index.ts";
export { featurise, type InputOptions, parseInput } from "./engines/inputs.ts";
export {
  type FileOptions,
  type PredictionOptions,
  predictionFiles,
  type StructureOptions,
  writeStructure,
} from "./engines/outputs.ts";
export { BadInputError, CancelledError, DeviceError, TooLargeError, UnavailableError } from "./errors.ts";
export type { Files } from "./formats/files.ts";
export { SafeTensors, writeSafetensors } from "./formats/safetensors.ts";
export { type DType, float32, type HostTensor, type TensorMap } from "./formats/tensor.ts";
export { version } from "./generated/about.ts";
export { type AdapterSummary, type DeviceChoice, displayName } from "./gpu/device/adapter.ts";
export type { Device } from "./gpu/device/device.ts";
export type { GpuSource } from "./gpu/device/source.ts";
export type { PrecisionMode } from "./gpu/plan/precision.ts";
export { alignJob } from "./pipeline/align/align.ts";
export type { AlignmentStore, AlignOptions, Search } from "./pipeline/align/options.ts";
export {
  type ChemistryLibrary,
  type ChemistryMolecule,
  ConformerError,
  makeConformer,
} from "./pipeline/conformers/smiles_conformer.ts";
export type { Clock } from "./pipeline/connections.ts";
export type {
  Bond,
  BondedAtom,
  Entity,
  Job,
  Ligand,
  Modification,
  Polymer,
  PolymerKind,
  Template,
} from "./pipeline/input/job.ts";
export type { InputSource } from "./pipeline/input/texts.ts";
export { writeJob } from "./pipeline/input/write.ts";
export type { OutputFile } from "./pipeline/outputs/files.ts";
export {
  type ChainScores,
  compareStructures,
  type StructureComparison,
  type StructureScores,
  type StructureText,
} from "./pipeline/score/compare.ts";
export type { ChainKind } from "./pipeline/score/structure.ts";
export {
  rankingScore,
  type ScoredOutputs,
  type ScoredTokens,
  type Scores,
  scores,
} from "./pipeline/scores.ts";
export type { SyntheticOptions } from "./pipeline/synthetic/assembly.ts";

/**
 * The config of a component at one of the shipped sizes, and the widths that the config does not hold.
 * @throws {BadInputError} if there is no such engine or component
 */
export function preset(engine: EngineName, component: string, size: PresetName): { config: unknown; widths: Sizes } {
  const { name } = findEngine(engine);
  givenText("the component", "a component's name", component);
  givenName("the preset", size, presetNames);
  return findPreset(name, component, size);
}

/**
 * The standard synthetic inputs of a component: the same bytes for the same seed everywhere (docs/random-tensors.md).
 * @param sizes `tokens`, and the widths that the config does not hold ({@link preset} has those of the shipped sizes)
 * @param changes of the complex, for a component that reads features, such as `sequence`: one-letter codes of its chain
 * @throws {BadInputError} if config and sizes do not fit, or a tensor would not fit into memory
 */
export function syntheticInputs(
  engine: EngineName,
  component: string,
  config: unknown,
  sizes: Sizes,
  seed = 0,
  changes: Partial<SyntheticOptions> = {},
): TensorMap {
  const found = findComponent(findEngine(engine), component);
  givenFields("the config", "a config, such as preset(…).config", config);
  givenSizes(sizes);
  givenWhole("the seed", seed, 0, MOST_SEED);
  givenSynthetic("the changes", changes);
  return standardInputs(
    found.configure(config, sizes, () => {}),
    seed,
    changes,
  );
}
