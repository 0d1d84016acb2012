/** Protenix' whole model as a component: trunk, sampler, contacts, and the confidence head for one sample after the other. */
import { float32, type HostTensor, type TensorMap } from "../../formats/tensor.ts";
import type { Output, Plan } from "../../gpu/plan/plan.ts";
import { confidenceBound, rollout } from "../../kernels/check/tolerance.ts";
import { symmetricLogits } from "../../model/bins.ts";
import { WeightReader } from "../../model/linear.ts";
import { confidenceWeights } from "../../model/protenix/confidence.ts";
import { diffusionWeights } from "../../model/protenix/diffusion_module.ts";
import { contactProbabilities, distogramMap } from "../../model/protenix/distogram.ts";
import { trunkWeights } from "../../model/protenix/trunk.ts";
import { batchedCalls, sampleBatches } from "../components/batches.ts";
import { DENOISE, recordSampler } from "../components/flat_diffusion.ts";
import { trunkTensors } from "../components/results.ts";
import { notExported, wanting } from "../components/whole.ts";
import type { Component, ConfiguredComponent, Recorded, Session } from "../core/component.ts";
import { readNoting } from "../core/config_checks.ts";
import { noiseOf, noiseSeed, optionalNoise } from "../core/noise.ts";
import { unpadRows } from "../core/padding.ts";
import { syntheticInputs } from "../core/random_inputs.ts";
import {
  CONFIDENCE,
  confidenceOutputs,
  confidenceSizes,
  judgedSamples,
  pairReductions,
  type RecordedConfidence,
  recordConfidence,
  SECTION,
} from "./confidence_head.ts";
import { counts } from "./counts.ts";
import { denoiserOf } from "./diffusion.ts";
import { DIFFUSION } from "./diffusion_module.ts";
import { madeFeatures } from "./features/made.ts";
import { checkRelations } from "./features/relations.ts";
import { fullFeatures } from "./features/specs.ts";
import { type FullConfig, readFullConfig } from "./full_config.ts";
import { esmFeature } from "./input_embedder.ts";
import { noise } from "./noise.ts";
import { noiseLevels, samplerCalls, samplerTraits } from "./sampler.ts";
import { summaries, summaryOutputs } from "./summary.ts";
import {
  recordTrunk,
  recordTrunkEnd,
  type Trunk,
  trunkOutputs,
  trunkRepeats,
  trunkSizes,
  unreadWeights,
  withoutUnread,
} from "./trunk.ts";

const [SAMPLED, DISTOGRAM] = ["sampled positions", "distogram"];
const scores = summaryOutputs(confidenceBound);

export const full: Component = {
  engine: "protenix",
  name: "full",
  inputs: [...fullFeatures, esmFeature, ...optionalNoise(noise)],
  outputs: [
    ...trunkOutputs,
    { name: "positions", shape: ["samples", "atoms", 3], positions: rollout },
    { name: "distogram_logits", shape: ["tokens", "tokens", "bins"] },
    { name: "contact_probs", shape: ["tokens", "tokens"] },
    ...confidenceOutputs,
    ...scores,
  ],
  reductions: pairReductions,
  readsFeatures: true,
  counts,
  trips: "cycles",
  notExported,
  configure(given, found, note) {
    const config = readNoting(given, note, (reader) => readFullConfig(reader, found));
    const { N_step: steps, N_sample: samples } = config.sampler;
    const batch = Math.min(samples, found.batch ?? samples);
    return configured(config, {
      ...trunkSizes(found, config),
      ...confidenceSizes(config.confidence),
      bins: config.distogram.no_bins,
      steps,
      samples,
      batch,
    });
  },
};

type FullSizes = ReturnType<typeof trunkSizes> & Readonly<Record<"steps" | "samples" | "batch" | "bins", number>>;

const bind = (reader: WeightReader, config: FullConfig) => ({
  trunk: trunkWeights(reader, config),
  diffusion: diffusionWeights(reader, DIFFUSION, config.diffusion),
  confidence: confidenceWeights(reader, CONFIDENCE, config.confidence),
  distogram: distogramMap(reader, "distogram_head", config.distogram),
});

/** @param sizes `batch` samples are sampled side by side, all of one trunk; where that is fewer than all, batch behind batch */
function configured(config: FullConfig, sizes: FullSizes): ConfiguredComponent {
  const { tokens, rows, chosen, templates, cycles, samples, batch, steps } = sizes;
  const declaring = new WeightReader();
  bind(declaring, config);
  return {
    component: full,
    sizes,
    weights: declaring.declared,
    unread: unreadWeights(config),
    record: (plan, source, wanted) =>
      record(plan, config, sizes, bind(new WeightReader(source), config), source !== undefined, wanting(full, wanted)),
    repeats: new Map([
      ...trunkRepeats(config),
      [DENOISE, batchedCalls(samples, batch, steps)],
      [SAMPLED, Math.ceil(samples / batch)],
      [SECTION, samples],
    ]),
    randomInputs(seed, changes) {
      const options = { tokens, seed, msaRows: rows, numMsa: chosen, templates, recycles: cycles - 1 };
      const features = withoutUnread(madeFeatures(options, changes), config);
      return syntheticInputs(full, sizes, features, seed).set(...noiseSeed(seed));
    },
  };
}

/** The recorded sections of the whole model. */
interface Parts {
  readonly trunk: Trunk;
  /** Undefined where nobody wants the trunk's representations. */
  readonly results: ReturnType<typeof recordTrunkEnd> | undefined;
  readonly diffusion: ReturnType<typeof recordSampler>;
  readonly sampled: Output;
  readonly confidence: RecordedConfidence;
  readonly distogram: { readonly logits: Output | undefined; readonly contacts: Output };
  /** Whether scores are wanted. */
  readonly scored: boolean;
}

/** @param valued whether the weights have values @param wants which outputs are read */
function record(
  plan: Plan,
  config: FullConfig,
  sizes: FullSizes,
  weights: ReturnType<typeof bind>,
  valued: boolean,
  wants: (name: string) => boolean,
): Recorded {
  const { tokens: n, atoms, batch } = sizes;
  const trunk = recordTrunk(plan, sizes, weights.trunk, config);
  const { single, pair, inputs: target } = trunk.tensors;
  const denoiser = denoiserOf(weights.diffusion, config.diffusion, valued);
  const diffusion = recordSampler(plan, { tokens: n, atoms, samples: batch }, denoiser, trunk.tensors);
  const sampled = plan.section(SAMPLED, () => plan.output("positions", diffusion.positions));
  // Scores are made of the logits of pairs.
  const scored = scores.some(({ name }) => wants(name));
  const judged = (name: string): boolean => wants(name) || (scored && ["plddt", "pae", "pde"].includes(name));
  const confidence = plan.section(SECTION, () =>
    recordConfidence(plan, config.confidence, n, weights.confidence, { single, pair, target }, judged),
  );
  const distogram = plan.section(DISTOGRAM, () => {
    const logits = symmetricLogits(plan, pair, weights.distogram);
    return {
      logits: wants("distogram_logits") ? plan.output("logits", logits) : undefined,
      contacts: plan.output("contacts", contactProbabilities(plan, logits, config.distogram)),
    };
  });
  // Last, so that the device has something to do until everything is done.
  const results = trunkOutputs.some(({ name }) => wants(name)) ? recordTrunkEnd(plan, trunk, config) : undefined;
  const parts = { trunk, results, diffusion, sampled, confidence, distogram, scored };
  return { run: (session, inputs) => fold(session, inputs, parts, config, sizes) };
}

/** Runs the whole model: trunk, sampling, one confidence per sample, distogram, scores. */
async function fold(
  session: Session,
  inputs: TensorMap,
  { trunk, results, diffusion, sampled, confidence, distogram, scored }: Parts,
  { sampler, diffusion: { sigma_data } }: FullConfig,
  { tokens: n, atoms, samples, batch, bins }: FullSizes,
): Promise<Map<string, HostTensor>> {
  checkRelations(inputs);
  await trunk.run(session, inputs);
  const prepare = (starts: Float32Array): Promise<void> => diffusion.prepare(session, inputs, starts);
  const positions = await sampleBatches(
    session,
    { sampler: diffusion.sampler, section: SAMPLED, sampled, prepare },
    noiseOf(noise, inputs, atoms),
    {
      samples,
      batch,
      level: noiseLevels(sampler.N_step, sampler)[0],
      calls: samplerCalls(sampler),
      traits: samplerTraits(sigma_data),
    },
  );
  const logits = await judgedSamples(samples, positions, async (structure) =>
    confidence.named(await session.run(SECTION, confidence.values(inputs, structure)), inputs),
  );
  const read = await session.run(DISTOGRAM, new Map());
  const contacts = read.get(distogram.contacts);
  return new Map([
    ...(results ? trunkTensors(await results(session), n) : []),
    ["positions", float32([samples, atoms, 3], positions)],
    ...(distogram.logits ? [distogramTensor(read.get(distogram.logits), n, bins)] : []),
    ["contact_probs", float32([n, n], contacts)],
    ...logits,
    ...(scored ? summaries(inputs, positions, logits, contacts, samples) : []),
  ]);
}

const distogramTensor = (logits: Float32Array, n: number, bins: number): [string, HostTensor] => [
  "distogram_logits",
  float32([n, n, bins], unpadRows(logits, bins)),
];
