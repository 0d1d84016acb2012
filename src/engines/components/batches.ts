/** Samples of one trunk, sampled batch by batch where not all of them fit side by side. */
import type { Output } from "../../gpu/plan/plan.ts";
import type { Session } from "../core/component.ts";
import { type NoiseSource, noiseFrom } from "../core/noise.ts";
import {
  positionsOf,
  type RecordedSampler,
  restart,
  runCalls,
  type SamplerCall,
  type SamplerTraits,
  startingPositions,
} from "./sampler.ts";

/** The sections that sample a batch. */
export interface BatchSampler {
  readonly sampler: RecordedSampler;
  /** The section that reads the sampled positions back, and their output [batch · points, 4]. */
  readonly section: string;
  readonly sampled: Output;
  /** Prepares what all calls share. @param starts where the first batch begins, [batch · points, 4] */
  prepare(starts: Float32Array): Promise<void>;
}

/** What is sampled, and how. */
export interface Batches {
  readonly samples: number;
  /** Samples side by side. The last batch may have places for more than are left: what they hold is dropped. */
  readonly batch: number;
  /** The first noise level, ångström. */
  readonly level: number;
  readonly calls: readonly SamplerCall[];
  readonly traits: SamplerTraits;
}

/** @returns the positions of all samples, [samples · points, 3] */
export async function sampleBatches(
  session: Session,
  { sampler, section, sampled, prepare }: BatchSampler,
  drawn: NoiseSource,
  { samples, batch, level, calls, traits }: Batches,
): Promise<Float32Array> {
  const found: Float32Array[] = [];
  for (let first = 0; first < samples; first += batch) {
    const own = noiseFrom(drawn, first, samples);
    const starts = startingPositions(own, batch, level);
    if (first === 0) await prepare(starts);
    else await restart(session, sampler, level, starts, traits);
    await runCalls(session, sampler, calls, own, traits);
    found.push(positionsOf(await session.run(section, new Map()), sampled));
  }
  const each = found[0].length / batch;
  const positions = new Float32Array(samples * each);
  found.forEach((values, at) => {
    const first = at * batch * each;
    positions.set(values.subarray(0, positions.length - first), first);
  });
  return positions;
}

/** How often a run calls the denoiser: as often as a batch has steps, and once more before each batch behind the first. */
export const batchedCalls = (samples: number, batch: number, steps: number): number =>
  Math.ceil(samples / batch) * (steps + 1) - 1;
