/** Toy samplers of both engines, each with the plain loops that it is compared with. */
import { seededNoise } from "../../src/engines/core/noise.ts";
import { noise as deepmindNoise } from "../../src/engines/deepmind/noise.ts";
import * as deepmind from "../../src/engines/deepmind/sampler.ts";
import { noise as ligoNoise } from "../../src/engines/ligo/noise.ts";
import * as ligo from "../../src/engines/ligo/sampler.ts";
import { plainDeepmind, plainLigo } from "./plain_samplers.ts";
import { plainToy, type ToySampler } from "./toy_sampler.ts";

const [POINTS, SAMPLES, STEPS, SEED] = [37, 3, 24, 7];
/** Points that do not exist among those that do. */
const mask = Array.from({ length: POINTS }, (_, point) => Number(point % 5 !== 3));
const schedule = { sd_data: 16, s_max: 160, s_min: 0.0004, p: 7 };

interface Compared {
  readonly name: string;
  readonly toy: ToySampler;
  /** Positions of all samples, [samples · points, 3]. */
  readonly plain: () => number[];
}

function fromDeepmind(): Compared {
  const config = {
    steps: STEPS,
    num_samples: SAMPLES,
    gamma_0: 0.8,
    gamma_min: 1,
    noise_scale: 1.003,
    step_scale: 1.5,
  };
  const noise = seededNoise(deepmindNoise, SEED, POINTS);
  const levels = deepmind.noiseLevels(STEPS);
  // Atoms that exist, backwards, with gaps; the last one that exists is no atom of the denoiser's.
  const existing = mask
    .flatMap((exists, point) => (exists ? [point] : []))
    .reverse()
    .slice(1);
  const pointOf = Int32Array.from({ length: 64 }, (_, atom) => (atom % 2 ? (existing[atom >> 1] ?? -1) : -1));
  const atomOf = Int32Array.from(mask, (_, point) => pointOf.indexOf(point));
  const denoise = plainToy(deepmind.samplerTraits.spread, (point) => atomOf[point] >= 0);
  return {
    name: "deepmind",
    toy: {
      samples: SAMPLES,
      traits: deepmind.samplerTraits,
      calls: deepmind.samplerCalls(config),
      start: levels[0],
      noise,
      mask,
      centreWeights: deepmind.centreWeights(mask),
      masked: true,
      order: { pointOf, atomOf },
    },
    plain: () =>
      Array.from({ length: SAMPLES }, (_, sample) => plainDeepmind({ levels, mask, noise, sample, denoise })).flat(),
  };
}

function fromLigo(): Compared {
  const noise = seededNoise(ligoNoise, SEED, POINTS);
  const levels = ligo.noiseLevels(STEPS, schedule);
  const traits = ligo.samplerTraits(schedule);
  const denoise = plainToy(traits.spread, () => true);
  return {
    name: "ligo",
    toy: {
      samples: SAMPLES,
      traits,
      calls: ligo.samplerCalls(levels),
      start: levels[0],
      noise,
      mask,
      centreWeights: ligo.centreWeights(mask),
      masked: false,
    },
    plain: () =>
      Array.from({ length: SAMPLES }, (_, sample) => plainLigo({ levels, mask, noise, sample, denoise })).flat(),
  };
}

export const toys: readonly Compared[] = [fromDeepmind(), fromLigo()];
