/** The standard synthetic features: the same tensors for every backend and machine. */
import type { HostTensor } from "../../formats/tensor.ts";
import { SLOTS } from "../../model/deepmind/sizes.ts";
import type { EngineName } from "../core/component.ts";
import { type NoiseSizes, recordNoise, seededNoise } from "../core/noise.ts";
import { checkSize, type SyntheticOptions } from "./assembly.ts";
import { deepmindFeatures } from "./deepmind.ts";
import { ligoFeatures } from "./ligo.ts";

export type { SyntheticOptions } from "./assembly.ts";

/**
 * Features of a made-up complex: every tensor that the engine's whole network reads, noise aside (docs/features.md).
 * @throws {BadInputError} if the options do not fit each other
 */
export const syntheticFeatures = (engine: EngineName, options: SyntheticOptions): Map<string, HostTensor> =>
  engine === "deepmind" ? deepmindFeatures(options) : ligoFeatures(options);

/**
 * The axes that name a sampled point: [tokens, 24] for deepmind, [atoms] for ligo.
 * @param features a checked or synthetic set
 */
export function pointsOf(engine: EngineName, features: ReadonlyMap<string, HostTensor>): readonly number[] {
  const shape = (name: string): readonly number[] => features.get(name)?.shape ?? [];
  return engine === "deepmind" ? [shape("seq_mask")[0], SLOTS] : [shape("atom_mask")[0]];
}

/** Seeded noise for these features as tensors. @param steps as the engine counts them: ligo draws for one less */
export function syntheticNoise(
  engine: EngineName,
  features: ReadonlyMap<string, HostTensor>,
  { seed = 0, samples, steps }: { readonly seed?: number; readonly samples: number; readonly steps: number },
): Map<string, HostTensor> {
  const points = pointsOf(engine, features);
  const count = points.reduce((product, size) => product * size, 1);
  checkSize("step_noise", samples, steps, ...points, 3);
  const sizes: NoiseSizes = { samples, steps: engine === "deepmind" ? steps : steps - 1, points };
  return recordNoise(engine, seededNoise(engine, seed, count), sizes);
}
