/** deepmind's whole model as a component: trunk, diffusion, confidence and distogram. */

import { float32, type HostTensor, type TensorMap } from "../../formats/tensor.ts";
import type { Output, Plan, Tensor } from "../../gpu/plan/plan.ts";
import { rollout } from "../../kernels/check/tolerance.ts";
import { symmetricLogits } from "../../model/bins.ts";
import { confidenceWeights } from "../../model/deepmind/confidence.ts";
import { diffusionWeights } from "../../model/deepmind/diffusion_head.ts";
import { contactProbabilities, distogramMap } from "../../model/deepmind/distogram.ts";
import { SLOTS } from "../../model/deepmind/sizes.ts";
import { WeightReader } from "../../model/linear.ts";
import { batchedCalls, sampleBatches } from "../components/batches.ts";
import { stacked } from "../components/stacked.ts";
import { notExported, wanting } from "../components/whole.ts";
import type { Component, ConfiguredComponent, Recorded, Session, Sizes } from "../core/component.ts";
import { readNoting } from "../core/config_checks.ts";
import { floatsOf, tensorOf } from "../core/inputs.ts";
import { noiseOf, noiseSeed, optionalNoise } from "../core/noise.ts";
import { unpadRows } from "../core/padding.ts";
import { syntheticInputs } from "../core/random_inputs.ts";
import { confidenceHead, type RecordedConfidence, recordConfidence } from "./confidence_head.ts";
import { counts } from "./counts.ts";
import { DENOISE, recordSampler } from "./diffusion.ts";
import { DIFFUSION_SCOPE } from "./diffusion_transformer.ts";
import { fullFeatures } from "./features/specs.ts";
import { syntheticFeatures } from "./features/synthetic.ts";
import { type ModelConfig, readModelConfig } from "./full_config.ts";
import { noise } from "./noise.ts";
import { noiseLevels, samplerCalls, samplerTraits } from "./sampler.ts";
import { bindTrunk, recordTrunk, recordTrunkEnd, type Trunk, trunkRepeats, trunkSizes } from "./trunk.ts";

const [SAMPLED, CONFIDENCE, DISTOGRAM] = ["sampled positions", "confidence", "distogram"];

export const full: Component = {
  engine: "deepmind",
  name: "full",
  inputs: [...fullFeatures, ...optionalNoise(noise)],
  outputs: [
    { name: "single", shape: ["tokens", "c_s"] },
    { name: "pair", shape: ["tokens", "tokens", "c_z"], role: "pair" },
    { name: "positions", shape: ["samples", "tokens", SLOTS, 3], positions: rollout },
    { name: "distogram_logits", shape: ["tokens", "tokens", "bins"] },
    { name: "contact_probs", shape: ["tokens", "tokens"] },
    ...confidenceHead.outputs.map(({ name, shape }) => ({ name, shape: ["samples", ...shape] })),
  ],
  readsFeatures: true,
  counts,
  trips: "passes",
  notExported,
  configure(given, sizes, note) {
    const config = readNoting(given, note, (reader) => readModelConfig(reader));
    const { steps, num_samples: samples } = config.sampler;
    const batch = Math.min(samples, sizes.batch ?? samples);
    return configured(config, { ...trunkSizes(config.evoformer, config.num_recycles, sizes), steps, samples, batch });
  },
};

const bind = (reader: WeightReader, config: ModelConfig) => ({
  trunk: bindTrunk(reader, config.evoformer),
  diffusion: diffusionWeights(reader, DIFFUSION_SCOPE, config.diffusion),
  confidence: confidenceWeights(reader, config.confidence),
  distogram: distogramMap(reader, config.distogram),
});

/** @param sizes `batch` samples are sampled side by side, all of one trunk; where that is fewer than all, batch behind batch */
function configured(config: ModelConfig, sizes: Sizes): ConfiguredComponent {
  const batches = Math.ceil(sizes.samples / sizes.batch);
  const declaring = new WeightReader();
  bind(declaring, config);
  return {
    component: full,
    sizes,
    weights: declaring.declared,
    record: (plan, source, wanted) =>
      record(plan, config, sizes, bind(new WeightReader(source), config), wanting(full, wanted)),
    repeats: new Map([
      ...trunkRepeats(config.num_recycles),
      [DENOISE, batchedCalls(sizes.samples, sizes.batch, config.sampler.steps)],
      [SAMPLED, batches],
      [CONFIDENCE, config.sampler.num_samples],
    ]),
    randomInputs: (seed, changes) => {
      const { templates, tokens } = sizes;
      const options = {
        tokens,
        seed,
        numMsa: config.evoformer.num_msa,
        msaRows: config.evoformer.num_msa,
        templates,
        recycles: config.num_recycles,
        ...changes,
      };
      return syntheticInputs(full, sizes, syntheticFeatures(options), seed).set(...noiseSeed(seed));
    },
  };
}

/** @param wants which outputs are read */
function record(
  plan: Plan,
  config: ModelConfig,
  sizes: Sizes,
  weights: ReturnType<typeof bind>,
  wants: (name: string) => boolean,
): Recorded {
  const { tokens: n, windows, batch } = sizes;
  const trunk = recordTrunk(plan, sizes, weights.trunk, config.evoformer);
  const sizesOfDiffusion = { tokens: n, windows, samples: batch };
  const diffusion = recordSampler(plan, sizesOfDiffusion, weights.diffusion, config.diffusion, trunk.tensors);
  const sampled = plan.section(SAMPLED, () => plan.output("positions", diffusion.positions));
  const confidence = plan.section(CONFIDENCE, () =>
    recordConfidence(plan, config.confidence, n, weights.confidence, trunk.tensors),
  );
  const distogram = plan.section(DISTOGRAM, () => {
    const logits = symmetricLogits(plan, trunk.tensors.pair, weights.distogram);
    const mask = plan.input("mask", [n]);
    return {
      mask,
      logits: wants("distogram_logits") ? plan.output("logits", logits) : undefined,
      contacts: plan.output("contacts", contactProbabilities(plan, logits, mask, config.distogram)),
    };
  });
  // Last, so that the device has something to do until everything is done.
  const names = (["single", "pair"] as const).filter(wants);
  const results = names.length > 0 ? recordTrunkEnd(plan, trunk, config.evoformer, names) : async () => ({});
  const judged = confidenceHead.outputs.map(({ name }) => name).filter(wants);
  const parts = { trunk, diffusion, sampled, confidence, judged, distogram, results };
  return { run: (session, inputs) => fold(session, inputs, parts, config, sizes) };
}

/** The recorded sections of the whole model. */
interface Parts {
  readonly trunk: Trunk;
  readonly diffusion: ReturnType<typeof recordSampler>;
  readonly sampled: Output;
  readonly results: (session: Session) => Promise<{ readonly single?: Float32Array; readonly pair?: Float32Array }>;
  readonly confidence: RecordedConfidence;
  /** Names of its outputs that are kept of every sample. */
  readonly judged: readonly string[];
  readonly distogram: { readonly mask: Tensor; readonly logits: Output | undefined; readonly contacts: Output };
}

/** Runs the whole model: trunk, sampling, one confidence per sample, distogram. */
async function fold(
  session: Session,
  inputs: TensorMap,
  parts: Parts,
  config: ModelConfig,
  sizes: Sizes,
): Promise<Map<string, HostTensor>> {
  const { tokens: n, c_s, c_z } = sizes;
  await parts.trunk.run(session, inputs, config.num_recycles);
  const { num_samples: samples } = config.sampler;
  const positions = await sampledPositions(session, inputs, parts, config, sizes);
  const confidences: Map<string, HostTensor>[] = [];
  for (let sample = 0; sample < samples; sample++) {
    const structure = positions.subarray(sample * n * SLOTS * 3, (sample + 1) * n * SLOTS * 3);
    const values = parts.confidence.values(inputs, structure);
    confidences.push(parts.confidence.named(await session.run(CONFIDENCE, values)));
  }
  const { mask, logits, contacts } = parts.distogram;
  const distogram = await session.run(DISTOGRAM, new Map([[mask, floatsOf(inputs, "seq_mask")]]));
  const { num_bins: bins } = config.distogram;
  const trunk = await parts.results(session);
  return new Map([
    ...named("single", [n, c_s], trunk.single),
    ...named("pair", [n, n, c_z], trunk.pair),
    ["positions", float32([samples, n, SLOTS, 3], positions)],
    ...named("distogram_logits", [n, n, bins], logits && unpadRows(distogram.get(logits), bins)),
    ["contact_probs", float32([n, n], distogram.get(contacts))],
    ...parts.judged.map((name): [string, HostTensor] => [
      name,
      stacked(confidences.map((each) => tensorOf(each, name))),
    ]),
  ]);
}

/** An output that is there if somebody wants it. */
const named = (name: string, shape: readonly number[], values: Float32Array | undefined): [string, HostTensor][] =>
  values ? [[name, float32(shape, values)]] : [];

/** @returns [samples, n, 24, 3] */
const sampledPositions = (
  session: Session,
  inputs: TensorMap,
  { diffusion, sampled }: Parts,
  { sampler }: ModelConfig,
  { tokens: n, samples, batch }: Sizes,
): Promise<Float32Array> =>
  sampleBatches(
    session,
    {
      sampler: diffusion.sampler,
      section: SAMPLED,
      sampled,
      prepare: (starts) => diffusion.prepare(session, inputs, starts),
    },
    noiseOf(noise, inputs, n * SLOTS),
    { samples, batch, level: noiseLevels(sampler.steps)[0], calls: samplerCalls(sampler), traits: samplerTraits },
  );
