/** Protenix' confidence head as a component: structures one after the other. */
import { RandomStream } from "../../formats/random.ts";
import { float32, type HostTensor, type TensorMap } from "../../formats/tensor.ts";
import { elements } from "../../gpu/plan/dtype.ts";
import type { Plan, Tensor } from "../../gpu/plan/plan.ts";
import { confidenceBound } from "../../kernels/check/tolerance.ts";
import { expectation } from "../../model/bins.ts";
import { alignedErrors, tmScale } from "../../model/confidence.ts";
import { WeightReader, type WeightSource } from "../../model/linear.ts";
import { allPresent } from "../../model/present.ts";
import { padded } from "../../model/projection.ts";
import {
  type ConfidenceConfig,
  type ConfidenceLogits,
  type ConfidenceWeights,
  confidenceLogits,
  confidenceWeights,
} from "../../model/protenix/confidence.ts";
import { stacked } from "../components/stacked.ts";
import { checkBelow } from "../core/check.ts";
import type {
  Component,
  ConfiguredComponent,
  OutputSpec,
  SectionInputs,
  SectionOutputs,
  Sizes,
} from "../core/component.ts";
import { checkTokens, readNoting } from "../core/config_checks.ts";
import { dataOf, floatsOf, tensorOf } from "../core/inputs.ts";
import { padRows, unpadRows } from "../core/padding.ts";
import { syntheticInputs } from "../core/random_inputs.ts";
import { readConfidenceConfig } from "./confidence_config.ts";
import { madeAtoms, madeFeatures } from "./features/made.ts";
import { checkRelations } from "./features/relations.ts";
import { atomFeatures, confidenceFeatures } from "./features/specs.ts";
import { errorBins } from "./scores.ts";

/** The prefix of the weights. */
export const CONFIDENCE = "confidence_head";

/** The section, run once per structure. */
export const SECTION = "confidence";

/** Logits of every structure. */
export const confidenceOutputs: readonly OutputSpec[] = [
  { name: "plddt", shape: ["samples", "atoms", "b_plddt"], bound: confidenceBound },
  { name: "pae", shape: ["samples", "tokens", "tokens", "b_pae"], bound: confidenceBound },
  { name: "pde", shape: ["samples", "tokens", "tokens", "b_pde"], bound: confidenceBound },
  { name: "resolved", shape: ["samples", "atoms", "b_resolved"], bound: confidenceBound },
];

/** What is expected of pairs' errors under their logits, in the place of these: aligned errors, their terms in TM-scores, and errors of distances. */
export const pairReductions: readonly OutputSpec[] = [
  "expected_pae",
  "expected_tm",
  "expected_chains_tm",
  "expected_pde",
].map((name) => ({ name, shape: ["samples", "tokens", "tokens"], bound: confidenceBound }));

export const confidenceHead: Component = {
  engine: "protenix",
  name: "confidence_head",
  shortName: "confidence",
  inputs: [
    { name: "x_pred_coords", shape: ["samples", "atoms", 3] },
    { name: "s_inputs", shape: ["tokens", "c_s_inputs"] },
    { name: "s_trunk", shape: ["tokens", "c_s"] },
    { name: "z_trunk", shape: ["tokens", "tokens", "c_z"] },
    ...atomFeatures.filter(({ name }) => name === "atom_to_token_idx"),
    ...confidenceFeatures,
  ],
  outputs: confidenceOutputs,
  configure(given, sizes, note) {
    const config = readNoting(given, note, (reader) => readConfidenceConfig(reader, sizes));
    const tokens = checkTokens(sizes);
    const { samples = 1, atoms = madeAtoms(tokens) } = sizes;
    const { c_s, c_z, c_s_inputs } = config;
    return configured(config, { tokens, atoms, samples, c_s, c_z, c_s_inputs, ...confidenceSizes(config) });
  },
};

/** The sizes of the outputs that a config gives. */
export const confidenceSizes = ({ b_plddt, b_pae, b_pde, b_resolved }: ConfidenceConfig) => ({
  b_plddt,
  b_pae,
  b_pde,
  b_resolved,
});

function configured(
  config: ConfidenceConfig,
  sizes: Sizes & { readonly tokens: number; readonly samples: number },
): ConfiguredComponent {
  const { tokens: n, samples } = sizes;
  const declaring = new WeightReader();
  confidenceWeights(declaring, CONFIDENCE, config);
  return {
    component: confidenceHead,
    sizes,
    weights: declaring.declared,
    record(plan: Plan, source?: WeightSource) {
      const weights = confidenceWeights(new WeightReader(source), CONFIDENCE, config);
      const head = plan.section(SECTION, () => recordConfidence(plan, config, n, weights));
      const { single, pair, target } = head.inputs;
      return {
        async run(session, inputs) {
          checkRelations(inputs);
          const trunk = new Map([
            [single, padRows(floatsOf(inputs, "s_trunk"), config.c_s)],
            [pair, padRows(floatsOf(inputs, "z_trunk"), config.c_z)],
            [target, padRows(floatsOf(inputs, "s_inputs"), config.c_s_inputs)],
          ]);
          const structures = floatsOf(inputs, "x_pred_coords");
          return judgedSamples(samples, structures, async (structure) => {
            const values = new Map([...trunk, ...head.values(inputs, structure)]);
            return head.named(await session.run(SECTION, values), inputs);
          });
        },
      };
    },
    repeats: new Map([[SECTION, samples]]),
    randomInputs: (seed) => randomInputs(seed, sizes),
  };
}

/**
 * Judges one structure after the other.
 * @param structures [samples, atoms, 3]
 * @returns the tensors of all, with an axis of samples in front
 */
export async function judgedSamples(
  samples: number,
  structures: Float32Array,
  judge: (structure: Float32Array) => Promise<TensorMap>,
): Promise<Map<string, HostTensor>> {
  const all: TensorMap[] = [];
  for (let sample = 0; sample < samples; sample++) {
    const own = (at: number): number => (at * structures.length) / samples;
    all.push(await judge(structures.subarray(own(sample), own(sample + 1))));
  }
  return new Map([...all[0].keys()].map((name) => [name, stacked(all.map((each) => tensorOf(each, name)))]));
}

/** A recorded head. */
export interface RecordedConfidence {
  readonly inputs: Readonly<Record<"single" | "pair" | "target", Tensor>>;
  /** What it takes beside the trunk's representations. @param structure positions [atoms, 3], Ångström */
  values(features: TensorMap, structure: ArrayLike<number>): SectionInputs;
  /** Its outputs under their names in golden cases. */
  named(outputs: SectionOutputs, features: TensorMap): Map<string, HostTensor>;
}

/**
 * Records the head for one structure.
 * @param trunk single [n, C], pair [n, n, C] and single inputs [n, C] where the plan has them; otherwise they are inputs
 * @param wants which of its outputs, and of {@link pairReductions}, are read
 */
export function recordConfidence(
  plan: Plan,
  config: ConfidenceConfig,
  n: number,
  weights: ConfidenceWeights,
  trunk?: RecordedConfidence["inputs"],
  wants: (name: string) => boolean = (name) => !pairReductions.some((spec) => spec.name === name),
): RecordedConfidence {
  const inputs = trunk ?? {
    single: plan.input("single", [n, padded(config.c_s)]),
    pair: plan.input("pair", [n, n, padded(config.c_z)]),
    target: plan.input("single inputs", [n, padded(config.c_s_inputs)]),
  };
  const positions = plan.input("positions", [n, 4]);
  const logits = confidenceLogits(plan, { ...inputs, positions }, allPresent(plan, n), weights);
  const ofPairs = (["pae", "pde"] as const).filter(wants).map((name) => ({
    name,
    bins: config[`b_${name}`],
    output: plan.output(name, logits[name]),
  }));
  const reduced = pairReductions.some(({ name }) => wants(name)) ? reducePairs(plan, config, n, logits) : undefined;
  const ofAtoms = (["plddt", "resolved"] as const).filter(wants).map((name) => {
    const output = plan.output(name, logits[name]);
    const [, places, pitch] = logits[name].shape;
    return { name, output, places, pitch, bins: weights[name].maps[0].outputs };
  });
  return {
    inputs,
    values(features, structure) {
      checkBelow(
        "atom_to_tokatom_idx",
        tensorOf(features, "atom_to_tokatom_idx"),
        config.max_atoms_per_token,
        "places",
      );
      const own = new Map([[positions, representatives(features, structure, n)]]);
      return reduced ? own.set(reduced.chains, chainRows(floatsOf(features, "asym_id"))) : own;
    },
    named(outputs, features) {
      const [tokenOf, placeOf] = ["atom_to_token_idx", "atom_to_tokatom_idx"].map((name) => dataOf(features, name));
      return new Map([
        ...ofAtoms.map(({ name, output, places, pitch, bins }): [string, HostTensor] => {
          const values = outputs.get(output);
          const rows = new Float32Array(tokenOf.length * bins);
          for (let atom = 0; atom < tokenOf.length; atom++) {
            const first = (tokenOf[atom] * places + placeOf[atom]) * pitch;
            rows.set(values.subarray(first, first + bins), atom * bins);
          }
          return [name, float32([tokenOf.length, bins], rows)];
        }),
        ...ofPairs.map(({ name, bins, output }): [string, HostTensor] => [
          name,
          float32([n, n, bins], unpadRows(outputs.get(output), bins)),
        ]),
        ...(reduced?.outputs ?? []).map(([name, output]): [string, HostTensor] => [
          name,
          float32([n, n], outputs.get(output)),
        ]),
      ]);
    },
  };
}

/** Records what is expected of pairs' errors. @returns the chains of tokens, an input [n, 4], and {@link pairReductions} */
function reducePairs(plan: Plan, config: ConfidenceConfig, n: number, { pae, pde }: ConfidenceLogits) {
  const chains = plan.input("chains", [n, 4]);
  const [alignedBins, distanceBins] = [config.b_pae, config.b_pde].map((bins) => [...errorBins(bins)]);
  const { alignedError, tmGlobal, tmInterface } = alignedErrors(plan, pae, chains, alignedBins, tmScale);
  const distance = expectation(plan, "distance error", pde, distanceBins);
  const tensors = [alignedError, tmGlobal, tmInterface, distance];
  return { chains, outputs: pairReductions.map(({ name }, at) => [name, plan.output(name, tensors[at])] as const) };
}

/** Of each token: that it is there, its chain, the size of the chain, and the number of all. */
function chainRows(asymId: Float32Array): Float32Array {
  const sizes = new Map<number, number>();
  for (const id of asymId) sizes.set(id, (sizes.get(id) ?? 0) + 1);
  return Float32Array.from([...asymId].flatMap((id) => [1, id, sizes.get(id) ?? 0, asymId.length]));
}

/** The position of the atom that stands for each token, [n, 4]; the last of each row is its mask. */
function representatives(features: TensorMap, structure: ArrayLike<number>, n: number): Float32Array {
  const [tokenOf, stands] = ["atom_to_token_idx", "distogram_rep_atom_mask"].map((name) => dataOf(features, name));
  const rows = new Float32Array(4 * n);
  for (let atom = 0; atom < tokenOf.length; atom++)
    if (stands[atom])
      rows.set([structure[3 * atom], structure[3 * atom + 1], structure[3 * atom + 2], 1], 4 * tokenOf[atom]);
  return rows;
}

function randomInputs(seed: number, sizes: Sizes): Map<string, HostTensor> {
  const { tokens, samples, atoms } = sizes;
  const shape = [samples, atoms, 3];
  // As far apart as the atoms of a small protein.
  const positions = new RandomStream(seed, "x_pred_coords").normal(elements(shape), 15);
  const made = syntheticInputs(confidenceHead, sizes, madeFeatures({ tokens, seed }), seed);
  return made.set("x_pred_coords", float32(shape, positions));
}
