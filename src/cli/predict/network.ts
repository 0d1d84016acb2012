/** The network that predicts: which one, with which weights and counts, and whether it fits the device. */

import { recordFitting } from "../../backends/fit.ts";
import { batchThatFits, mostSideBySide } from "../../backends/fit_samples.ts";
import { withPrecision } from "../../backends/precision.ts";
import { floorOf } from "../../bench/core/floor.ts";
import { checkWeights, compareWeights } from "../../engines/core/check.ts";
import type { Component, Sizes } from "../../engines/core/component.ts";
import { type Engine, sharedPresetNames } from "../../engines/core/engine.ts";
import { completeFeatures, type Features } from "../../engines/core/features.ts";
import { pipelineOf } from "../../engines/core/featurise.ts";
import { componentOf } from "../../engines/core/names.ts";
import { overridden } from "../../engines/core/overrides.ts";
import { wantedOutputs } from "../../engines/core/prediction.ts";
import { openWeights } from "../../engines/core/weight_files.ts";
import type { WeightFile, Weights } from "../../engines/core/weights.ts";
import { findPreset, type PresetName } from "../../engines/index.ts";
import { modelText, recognise } from "../../engines/recognised.ts";
import { BadInputError } from "../../errors.ts";
import { Af3Bin } from "../../formats/af3_bin.ts";
import type { Note } from "../../formats/config.ts";
import type { TensorMap } from "../../formats/tensor.ts";
import type { PrecisionMode } from "../../gpu/plan/precision.ts";
import type { Target } from "../../gpu/plan/target.ts";
import { memoryOf, totalOf } from "../../gpu/run/resources.ts";
import { nodeFiles } from "../../platform/node/files.ts";
import { optionOf } from "../option_uses.ts";

export interface NetworkOptions {
  /** `random`, or a file. */
  readonly weights: string;
  readonly weightsSeed: number;
  readonly preset?: PresetName;
  readonly samples?: number;
  readonly recycles?: number;
  readonly steps?: number;
  readonly precision: PrecisionMode;
  /** Whether outputs are kept. */
  readonly saveOutputs?: boolean;
}

/** A network, whatever it is to run on. */
export interface Network {
  readonly engine: Engine;
  readonly component: Component;
  readonly preset: PresetName;
  readonly config: unknown;
  readonly widths: Sizes;
  readonly weights: Weights;
  /** Whether the weights came in the format in which AlphaFold 3's own are given. */
  readonly ownFormat: boolean;
  readonly precision: PrecisionMode;
  readonly counts: Counts;
  /** Names of the outputs that are read. */
  readonly wanted: readonly string[];
}

/** Trips through the trunk after the first, steps of the sampler, samples, and rows of the MSA in each trip. */
export interface Counts {
  readonly recycles: number;
  readonly steps: number;
  readonly samples: number;
  readonly rows: number | undefined;
}

/** Any number: what is asked for does not depend on it. */
const ANY_TOKENS = 64;
const WHOLE = "full";
/** Of every engine: the size that its authors published. */
const PUBLISHED = "paper";
const silent: Note = () => {};

/** The whole network of an engine that makes features of inputs. @throws {BadInputError} if it has none, or makes no features */
function wholeOf(engine: Engine): Component {
  pipelineOf(engine);
  const component = componentOf(engine, WHOLE);
  if (!component?.counts) throw new BadInputError(`${engine.name} has no network that predicts structures`);
  return component;
}

/**
 * Chooses the network. Counts that nobody gives are the engine's own, whatever the preset has.
 * @throws {BadInputError} if weights and preset do not fit
 */
export async function openNetwork(engine: Engine, options: NetworkOptions, note: Note): Promise<Network> {
  const component = wholeOf(engine);
  const random = options.weights === "random";
  const file = random ? undefined : await openWeights(nodeFiles, options.weights);
  const preset = options.preset ?? (file ? fittingPreset(engine, component, file) : "tiny");
  // Sizes that engines share have the counts that go with published ones.
  const counting = isShared(preset) ? PUBLISHED : preset;
  const own = countsOf(component, findPreset(engine.name, component.name, counting));
  const { samples = own.samples, recycles = own.recycles, steps = own.steps } = options;
  const given = findPreset(engine.name, component.name, preset);
  const config = overridden(engine, component, given.config, { samples, recycles, steps }, optionOf);
  const counts = countsOf(component, { ...given, config });
  const shared = {
    ...{ engine, component, preset, config, counts },
    widths: given.widths,
    precision: options.precision,
    wanted: wantedOutputs(engine, options.saveOutputs ?? false),
  };
  if (!file) return { ...shared, weights: { kind: "random", seed: options.weightsSeed }, ownFormat: false };
  const { weights } = component.configure(config, { ...given.widths, tokens: ANY_TOKENS }, silent);
  // Before anything else is made: a wrong file is found at once.
  if (compareWeights(weights, file).missing.length > 0) refuseOthers(file, options.weights, engine, component);
  checkWeights(weights, file, note);
  return { ...shared, weights: { kind: "file", file }, ownFormat: file instanceof Af3Bin };
}

const isShared = (preset: PresetName): boolean => (sharedPresetNames as readonly string[]).includes(preset);

/** @throws {BadInputError} if the weights are another model's, whose names say little to whoever took the wrong file */
function refuseOthers(file: WeightFile, path: string, engine: Engine, component: Component): void {
  const other = recognise(file).fits.find((fit) => fit.engine !== engine || fit.component !== component);
  if (other)
    throw new BadInputError(
      `${path}: these are weights of ${modelText(other)}, not of ${engine.name} ${component.name}`,
    );
}

/** The size whose weights are in a file; the published one where they fit none. */
const fittingPreset = (engine: Engine, component: Component, file: WeightFile): PresetName =>
  recognise(file, { engine: engine.name, component: component.name }).fits[0]?.preset ?? PUBLISHED;

function countsOf(
  component: Component,
  { config, widths }: { readonly config: unknown; readonly widths: Sizes },
): Counts {
  const { sizes } = component.configure(config, { ...widths, tokens: ANY_TOKENS }, silent);
  const trips = component.trips === undefined ? 1 : sizes[component.trips];
  return { recycles: trips - 1, steps: sizes.steps, samples: sizes.samples, rows: sizes.num_msa };
}

/** The features of a job as the network takes them, with what its engine's own pipeline leaves to it, by the model's seed. */
export function networkFeatures({ engine, counts }: Network, made: TensorMap, seed: number): Features {
  const { recycles, rows } = counts;
  return completeFeatures(engine, made, silent, { passes: recycles + 1, ...(rows ? { numMsa: rows } : {}), seed });
}

/** How a network fits a device. */
export interface Fit {
  /** Samples side by side. */
  readonly batch: number;
  /** Bytes on the device. */
  readonly bytes: number;
  /** All that a plan depends on. */
  readonly sizes: Sizes;
  /** @returns milliseconds that one seed takes at the least, at rates in FLOP and bytes per second */
  readonly least: (rates: { readonly flops: number; readonly bytes: number }) => number;
}

interface FitOptions {
  readonly limit?: number | undefined;
  readonly signal: AbortSignal;
}

/**
 * Finds out how a network fits a device for features of these sizes.
 * @throws {TooLargeError} if it does not, with the largest number of tokens that does
 */
export async function fitOf(network: Network, features: Features, given: Target, options: FitOptions): Promise<Fit> {
  const { component, config, widths } = network;
  const target = withPrecision(given, network);
  const planned = plannedFor(network, features.sizes);
  const batch = await batchThatFits(planned, target, options);
  const configured = component.configure(config, { ...widths, ...features.sizes, batch }, silent);
  const { sizes } = configured;
  const whole = { component, config, sizes, wanted: planned.wanted };
  const { plan } = recordFitting(
    target,
    whole,
    (empty) => configured.record(empty, undefined, planned.wanted),
    options.limit,
  );
  return {
    batch,
    sizes,
    bytes: totalOf(memoryOf(plan)),
    least: ({ flops, bytes }) => {
      const rates = { name: "this device", source: "measured", f32: flops / 1e12, bandwidth: bytes / 1e9 };
      return floorOf(plan, configured, { ...rates, adapter: { vendor: "", architecture: "", device: "" } }).floor_ms;
    },
  };
}

function plannedFor({ component, config, widths, wanted }: Network, sizes: Sizes) {
  const configured = component.configure(config, { ...widths, ...sizes }, silent);
  return { component, config, sizes: configured.sizes, wanted: new Set(wanted) };
}

/** The most samples that fit side by side, as far as anybody asks. */
export const MOST_SAMPLES = 64;

/** @throws {TooLargeError} if not even one fits */
export function mostSamples(network: Network, features: Features, given: Target, options: FitOptions): Promise<number> {
  const { engine, component, config } = network;
  const many = { ...network, config: overridden(engine, component, config, { samples: MOST_SAMPLES }) };
  return mostSideBySide(plannedFor(many, features.sizes), withPrecision(given, network), MOST_SAMPLES, options);
}
