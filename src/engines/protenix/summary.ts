/** Scores of samples as tensors, by their names in golden cases. */
import { float32, type HostTensor, type TensorMap } from "../../formats/tensor.ts";
import type { OutputSpec } from "../core/component.ts";
import { dataOf, floatsOf } from "../core/inputs.ts";
import { type SampleScores, type ScoredComplex, sampleScores } from "./scores.ts";

/** Per sample: numbers, one per chain, or one per pair of chains. */
const SUMMARY = {
  plddt: ({ plddt }) => [plddt],
  gpde: ({ gpde }) => [gpde],
  ptm: ({ ptm }) => [ptm],
  iptm: ({ iptm }) => [iptm],
  has_clash: ({ hasClash }) => [Number(hasClash)],
  ranking_score: ({ rankingScore }) => [rankingScore],
  chain_ptm: ({ chainPtm }) => chainPtm,
  chain_iptm: ({ chainIptm }) => chainIptm,
  chain_plddt: ({ chainPlddt }) => chainPlddt,
  chain_pair_iptm: ({ chainPairIptm }) => chainPairIptm.flat(),
} as const satisfies Readonly<Record<string, (scores: SampleScores) => readonly number[]>>;

const axesOf = (name: string): string[] => {
  if (name.startsWith("chain_pair_")) return ["chains", "chains"];
  return name.startsWith("chain_") ? ["chains"] : [];
};

/** Scores of every sample. */
export const summaryOutputs = (bound: number): readonly OutputSpec[] =>
  Object.keys(SUMMARY).map((name) => ({ name: `summary:${name}`, shape: ["samples", ...axesOf(name)], bound }));

/**
 * The scores of all samples.
 * @param structures [samples, atoms, 3], Ångström
 * @param logits of the confidence head, with an axis of samples in front
 * @param contacts [n, n]
 */
export function summaries(
  features: TensorMap,
  structures: Float32Array,
  logits: TensorMap,
  contacts: Float32Array,
  samples: number,
): Map<string, HostTensor> {
  const complex = complexOf(features);
  const all = Array.from({ length: samples }, (_, sample) => {
    const own = (values: Float32Array): Float32Array =>
      values.subarray((sample * values.length) / samples, ((sample + 1) * values.length) / samples);
    const [plddt, pae, pde] = ["plddt", "pae", "pde"].map((name) => own(dataOf(logits, name) as Float32Array));
    return sampleScores({ positions: own(structures), plddt, pairs: { pae, pde }, contacts }, complex);
  });
  const chains = 1 + Array.from(complex.asymId).reduce((most, id) => Math.max(most, id), 0);
  return new Map(
    Object.entries(SUMMARY).map(([name, values]) => [
      `summary:${name}`,
      float32([samples, ...axesOf(name).map(() => chains)], Float32Array.from(all.flatMap((scores) => values(scores)))),
    ]),
  );
}

/** Chains get numbers from 0 in the order of their ids. */
function complexOf(features: TensorMap): ScoredComplex {
  const ids = floatsOf(features, "asym_id");
  const places = new Map([...new Set(ids)].sort((a, b) => a - b).map((id, place) => [id, place]));
  return {
    asymId: ids.map((id) => places.get(id) ?? 0),
    hasFrame: dataOf(features, "has_frame"),
    atomToToken: dataOf(features, "atom_to_token_idx"),
    isLigand: dataOf(features, "is_ligand"),
  };
}
