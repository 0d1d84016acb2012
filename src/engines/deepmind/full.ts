/** deepmind's whole model as a component: trunk, diffusion, confidence and distogram. */
import { float32, type HostTensor, type TensorMap } from "../../formats/tensor.ts";
import type { Plan } from "../../gpu/plan/plan.ts";
import { rollout } from "../../kernels/check/tolerance.ts";
import { symmetricLogits } from "../../model/bins.ts";
import { confidenceWeights } from "../../model/deepmind/confidence.ts";
import { diffusionWeights } from "../../model/deepmind/diffusion_head.ts";
import { contactProbabilities, distogramMap } from "../../model/deepmind/distogram.ts";
import { SLOTS } from "../../model/deepmind/sizes.ts";
import { WeightReader } from "../../model/linear.ts";
import { notExported } from "../components/whole.ts";
import type { Component, ConfiguredComponent, Session, Sizes } from "../core/component.ts";
import { readNoting } from "../core/config_checks.ts";
import { noiseOf, noiseSeed, optionalNoise } from "../core/noise.ts";
import { unpadRows } from "../core/padding.ts";
import { syntheticInputs } from "../core/random_inputs.ts";
import { confidenceHead, confidenceValues, namedConfidence, recordConfidence } from "./confidence_head.ts";
import { counts } from "./counts.ts";
import { DENOISE, denoiseSamples, PREPARE, preparationValues, recordDiffusion } from "./diffusion.ts";
import { DIFFUSION_SCOPE } from "./diffusion_transformer.ts";
import { fullFeatures } from "./features/specs.ts";
import { syntheticFeatures } from "./features/synthetic.ts";
import { type ModelConfig, readModelConfig } from "./full_config.ts";
import { noise } from "./noise.ts";
import { sampleStructures } from "./sampler.ts";
import { bindTrunk, recordTrunk, runTrunk, trunkRepeats, trunkSizes } from "./trunk.ts";

const [CONFIDENCE, DISTOGRAM] = ["confidence", "distogram"];

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
    return configured(config, { ...trunkSizes(config.evoformer, config.num_recycles, sizes), steps, samples });
  },
};

const bind = (reader: WeightReader, config: ModelConfig) => ({
  trunk: bindTrunk(reader, config.evoformer),
  diffusion: diffusionWeights(reader, DIFFUSION_SCOPE, config.diffusion),
  confidence: confidenceWeights(reader, config.confidence),
  distogram: distogramMap(reader, config.distogram),
});

function configured(config: ModelConfig, sizes: Sizes): ConfiguredComponent {
  const declaring = new WeightReader();
  bind(declaring, config);
  return {
    component: full,
    sizes,
    weights: declaring.declared,
    record: (plan, source) => record(plan, config, sizes, bind(new WeightReader(source), config)),
    repeats: new Map([
      ...trunkRepeats(config.num_recycles),
      [DENOISE, config.sampler.steps],
      [CONFIDENCE, config.sampler.num_samples],
    ]),
    run: (session, inputs) => fold(session, inputs, config, sizes),
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

function record(plan: Plan, config: ModelConfig, sizes: Sizes, weights: ReturnType<typeof bind>): void {
  const { tokens: n, windows, samples } = sizes;
  const trunk = recordTrunk(plan, sizes, weights.trunk, config.evoformer);
  recordDiffusion(plan, { tokens: n, windows, samples }, weights.diffusion, config.diffusion, trunk);
  plan.section(CONFIDENCE, () => recordConfidence(plan, config.confidence, n, weights.confidence, trunk));
  plan.section(DISTOGRAM, () => {
    const logits = symmetricLogits(plan, trunk.pair, weights.distogram);
    plan.output("logits", logits);
    plan.output("contacts", contactProbabilities(plan, logits, plan.input("mask", [n]), config.distogram));
  });
}

/** Runs the whole model: trunk, sampling, one confidence per sample, distogram. */
async function fold(
  session: Session,
  inputs: TensorMap,
  config: ModelConfig,
  sizes: Sizes,
): Promise<Map<string, HostTensor>> {
  const { tokens: n, c_s, c_z } = sizes;
  const { evoformer, num_recycles, diffusion, sampler, distogram } = config;
  const trunk = await runTrunk(session, inputs, sizes, evoformer, num_recycles);
  await session.run(PREPARE, preparationValues(inputs, trunk, n, sampler.num_samples, diffusion));
  const drawn = noiseOf(noise, inputs, n * SLOTS);
  const atomMask = (inputs.get("pred_dense_atom_mask") as HostTensor).data;
  const structures = await sampleStructures(
    (positions, level) => denoiseSamples(session, inputs, positions, level),
    drawn,
    atomMask,
    sampler,
  );
  const confidences: Map<string, HostTensor>[] = [];
  for (const structure of structures) {
    const outputs = await session.run(CONFIDENCE, confidenceValues(inputs, Float32Array.from(structure), n));
    confidences.push(namedConfidence(outputs, n));
  }
  const mask = Float32Array.from((inputs.get("seq_mask") as HostTensor).data);
  const contacts = await session.run(DISTOGRAM, new Map([["mask", mask]]));
  const { num_bins: bins } = distogram;
  return new Map([
    ["single", float32([n, c_s], trunk.single)],
    ["pair", float32([n, n, c_z], trunk.pair)],
    ["positions", stacked(structures.map((structure) => float32([n, SLOTS, 3], Float32Array.from(structure))))],
    ["distogram_logits", float32([n, n, bins], unpadRows(contacts.get("logits") as Float32Array, bins))],
    ["contact_probs", float32([n, n], contacts.get("contacts") as Float32Array)],
    ...confidenceHead.outputs.map(({ name }): [string, HostTensor] => [
      name,
      stacked(confidences.map((each) => each.get(name) as HostTensor)),
    ]),
  ]);
}

/** Tensors of one shape as one, with a leading axis. */
function stacked(parts: readonly HostTensor[]): HostTensor {
  const [{ shape, data }] = parts;
  const joined = new Float32Array(parts.length * data.length);
  parts.forEach((part, index) => {
    joined.set(part.data, index * data.length);
  });
  return float32([parts.length, ...shape], joined);
}
