/** An engine: a public implementation whose networks we reproduce, and everything in which it differs from others. */

import type { Note } from "../../formats/config.ts";
import type { HostTensor, TensorMap } from "../../formats/tensor.ts";
import type { Publication, Terms } from "../../pipeline/outputs/metadata.ts";
import type { SyntheticOptions } from "../../pipeline/synthetic/assembly.ts";
import type { Component, EngineName, TensorSpec } from "./component.ts";
import type { JobPipeline } from "./featurise.ts";
import type { NoiseForm } from "./noise.ts";
import type { PredictionForm } from "./prediction.ts";

export interface Engine {
  readonly name: EngineName;
  /** Where the networks come from; undefined for an engine that reproduces no repository. */
  readonly source: EngineSource | undefined;
  /** All components but `toy`, which every engine has. */
  readonly components: readonly Component[];
  /** Configs of the components, and `widths` that they do not hold, by the sizes that there are: shared ones and the engine's own. */
  readonly presets: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly features: FeatureContract;
  /** How its sampler draws; undefined for an engine without one. */
  readonly noise: NoiseForm | undefined;
  /** How structures and scores are made of what its whole network answers; undefined where they are not made here. */
  readonly predictions?: PredictionForm;
  readonly graphs: GraphTraits;
  /** Terms of use that go with whatever the repository's own weights make, if they have some. */
  readonly terms?: Terms;
  /** The paper on this implementation, if there is one beside AlphaFold 3's. */
  readonly publication?: Publication;
  /** Trained weights that a publisher keeps for everybody, if there are some. */
  readonly published?: readonly PublishedWeights[];
  /** What the weight of the component `toy` is called, so that the engine's rules for random values know it for a matrix. */
  readonly toyWeight: string;
  /** A weight's seeded random values, the same bytes as the exporters make (docs/random-tensors.md). */
  randomWeight(name: string, shape: readonly number[], seed: number): Float32Array;
}

/** Sizes that engines share: small widths, one block of the published widths, the published depth. */
export const sharedPresetNames = ["tiny", "block", "paper"] as const;

/** A size by its name: one that engines share, or an engine's own, such as a published model. */
export type PresetName = (typeof sharedPresetNames)[number] | (string & {});

/** Trained weights that anybody may have. */
export interface PublishedWeights {
  /** What its publisher calls the model. */
  readonly name: string;
  /** The preset that has its sizes. */
  readonly preset: PresetName;
  /** Where the publisher's own program looks for it. */
  readonly address: string;
  /** Under which terms, in words. */
  readonly licence: string;
  /** Of the file as it is published, about. */
  readonly megabytes: number;
}

/** A repository at the commit that is reproduced. */
export interface EngineSource {
  /** `owner/name` on GitHub. */
  readonly repo: string;
  readonly commit: string;
  /** What the repository's networks are written in, such as `PyTorch`. */
  readonly framework: string;
}

/** The features that an engine's whole networks read: what they are, whether they fit each other, how they are generated. */
export interface FeatureContract {
  /** What must be there. */
  readonly specs: readonly TensorSpec[];
  /**
   * Checks what one tensor says about another, as far as they are there. Names, shapes, types and ranges have been checked.
   * @throws {BadInputError} naming the tensor, the position, and what was expected
   */
  checkRelations(tensors: TensorMap): void;
  /** The class of every token's residue, of which 0 to 19 are the amino acids; undefined if the features do not have it. */
  residues(tensors: TensorMap): ArrayLike<number> | undefined;
  /** What files may lack because the engine's own pipeline leaves it to the network. */
  readonly completion?: FeatureCompletion;
  /** Makes features of jobs, of engines whose own pipeline is here. */
  readonly jobs?: JobPipeline;
  /** Options of the synthesis that not all engines have a use for, and this one has. */
  readonly options: readonly (keyof SyntheticOptions)[];
  /**
   * Generates all features of a synthetic complex (docs/features.md).
   * @throws {BadInputError} if the options do not fit each other
   */
  synthetic(options: SyntheticOptions): Map<string, HostTensor>;
}

/** How often the trunk is passed, and how many rows of the MSA each pass uses. */
export interface MsaPasses {
  readonly passes: number;
  readonly numMsa: number;
  readonly seed: number;
}

/** A tensor that is generated where a file has none. */
export interface FeatureCompletion {
  readonly tensor: string;
  /** The engine's own counts. */
  readonly defaults: MsaPasses;
  /** The features with that tensor, unless it is there or cannot be generated. @param note is told what it was generated from */
  complete(given: TensorMap, passes: MsaPasses, note: Note): TensorMap;
}

/** How an engine's components are exported as ONNX graphs. */
export interface GraphTraits {
  /** Whether a graph is exported for one number of tokens; else it takes any. */
  readonly fixedSizes: boolean;
}
