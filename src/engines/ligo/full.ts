/** ligo's whole network as a component: trunk, sampler, distogram; the pair stays on the device. */

import { float32 } from "../../formats/tensor.ts";
import type { Plan } from "../../gpu/plan/plan.ts";
import { rollout } from "../../kernels/check/tolerance.ts";
import { symmetricLogits } from "../../model/bins.ts";
import { type DiffusionModuleWeights, diffusionWeights } from "../../model/ligo/diffusion_module.ts";
import { distogramMap } from "../../model/ligo/distogram.ts";
import { type TrunkWeights, trunkWeights } from "../../model/ligo/trunk.ts";
import { type Linear, WeightReader } from "../../model/linear.ts";
import { DENOISE, recordSampler } from "../components/flat_diffusion.ts";
import { trunkTensors } from "../components/results.ts";
import { positionsOf, runCalls, startingPositions } from "../components/sampler.ts";
import { notExported } from "../components/whole.ts";
import type { Component, ConfiguredComponent, Recorded } from "../core/component.ts";
import { readNoting } from "../core/config_checks.ts";
import { noiseOf, noiseSeed, optionalNoise } from "../core/noise.ts";
import { unpadRows } from "../core/padding.ts";
import { syntheticInputs } from "../core/random_inputs.ts";
import { counts } from "./counts.ts";
import { denoiserOf } from "./diffusion.ts";
import { DIFFUSION } from "./diffusion_module.ts";
import { checkRelations } from "./features/relations.ts";
import { trunkFeatures } from "./features/specs.ts";
import { syntheticFeatures } from "./features/synthetic.ts";
import { type FullConfig, readFullConfig } from "./full_config.ts";
import { noise } from "./noise.ts";
import { noiseLevels, samplerCalls, samplerTraits } from "./sampler.ts";
import { recordTrunk, recordTrunkEnd, trunkOutputs, trunkRepeats, trunkSizes } from "./trunk.ts";

const [DISTOGRAM, SAMPLED] = ["distogram", "sampled positions"];

export const full: Component = {
  engine: "ligo",
  name: "full",
  inputs: [...trunkFeatures, ...optionalNoise(noise)],
  outputs: [
    ...trunkOutputs,
    { name: "positions", shape: ["samples", "atoms", 3], positions: rollout },
    { name: "distogram_logits", shape: ["tokens", "tokens", "bins"] },
  ],
  readsFeatures: true,
  counts,
  trips: "cycles",
  notExported,
  configure(given, found, note) {
    const config = readNoting(given, note, (reader) => readFullConfig(reader, found));
    const { samples_per_trunk: samples, n_steps } = config;
    return configured(config, { ...trunkSizes(found, config), samples, draws: n_steps - 1 });
  },
};

type FullSizes = ReturnType<typeof trunkSizes> & { readonly samples: number; readonly draws: number };

interface FullWeights {
  readonly trunk: TrunkWeights;
  readonly diffusion: DiffusionModuleWeights;
  readonly distogram: Linear;
}

const fullWeights = (reader: WeightReader, config: FullConfig): FullWeights => ({
  trunk: trunkWeights(reader, config),
  diffusion: diffusionWeights(reader, DIFFUSION, config.diffusion),
  distogram: distogramMap(reader, config.distogram),
});

/** Records the trunk, the distogram, what the diffusion prepares, and one call of the denoiser. */
function recordFull(plan: Plan, sizes: FullSizes, weights: FullWeights, config: FullConfig, valued: boolean): Recorded {
  const trunk = recordTrunk(plan, sizes, weights.trunk, config);
  const diffusion = recordSampler(plan, sizes, denoiserOf(weights.diffusion, config.diffusion, valued), trunk.tensors);
  // What is read back comes last, so that the device has something to do until everything is done.
  const logits = plan.section(DISTOGRAM, () =>
    plan.output("logits", symmetricLogits(plan, trunk.tensors.pair, weights.distogram)),
  );
  const sampled = plan.section(SAMPLED, () => plan.output("positions", diffusion.positions));
  const results = recordTrunkEnd(plan, trunk, config);
  const { tokens, atoms, samples } = sizes;
  const bins = config.distogram.no_bins;
  return {
    async run(session, inputs) {
      checkRelations(inputs);
      await trunk.run(session, inputs);
      const drawn = noiseOf(noise, inputs, atoms);
      const levels = noiseLevels(config.n_steps, config.diffusion);
      await diffusion.prepare(session, inputs, startingPositions(drawn, samples, levels[0]));
      await runCalls(session, diffusion.sampler, samplerCalls(levels), drawn, samplerTraits(config.diffusion));
      const distogram = unpadRows((await session.run(DISTOGRAM, new Map())).get(logits), bins);
      const positions = positionsOf(await session.run(SAMPLED, new Map()), sampled);
      return new Map([
        ...trunkTensors(await results(session), tokens),
        ["positions", float32([samples, atoms, 3], positions)],
        ["distogram_logits", float32([tokens, tokens, bins], distogram)],
      ]);
    },
  };
}

function configured(config: FullConfig, sizes: FullSizes): ConfiguredComponent {
  const { tokens: n, rows, cycles } = sizes;
  const declaring = new WeightReader();
  fullWeights(declaring, config);
  return {
    component: full,
    sizes,
    weights: declaring.declared,
    record(plan, source) {
      const weights = fullWeights(new WeightReader(source), config);
      return recordFull(plan, sizes, weights, config, source !== undefined);
    },
    repeats: new Map([...trunkRepeats(config), [DENOISE, config.n_steps - 1]]),
    randomInputs(seed, changes) {
      const options = { tokens: n, seed, msaRows: rows, recycles: cycles - 1, ...changes };
      return syntheticInputs(full, sizes, syntheticFeatures(options), seed).set(...noiseSeed(seed));
    },
  };
}
