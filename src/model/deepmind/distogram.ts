/** deepmind's distogram head: alphafold3/model/network/distogram_head.py of the pinned repository. */
import type { Plan, Tensor } from "../../gpu/plan/plan.ts";
import { expectation, linspace } from "../bins.ts";
import type { Linear, WeightReader } from "../linear.ts";
import { linear, unstacked } from "./weights.ts";

/** The fields of `DistogramHead.Config`. */
export interface DistogramConfig {
  readonly c_z: number;
  /** Ångström. */
  readonly first_break: number;
  readonly last_break: number;
  readonly num_bins: number;
}

/** Tokens nearer than this are in contact. A little more than 8 Å, so that a bin that ends there counts. */
const CONTACT = 8.001;

/** Edges between the bins [num_bins − 1], Ångström. */
export const distogramEdges = ({ first_break, last_break, num_bins }: DistogramConfig): number[] =>
  linspace(first_break, last_break, num_bins - 1).map(Math.fround);

export const distogramMap = (reader: WeightReader, { c_z, num_bins }: DistogramConfig): Linear =>
  linear(reader, unstacked("diffuser/distogram_head/"), "half_logits", {
    shape: [c_z, num_bins],
    inputs: c_z,
    outputs: num_bins,
  });

/**
 * The probability that two tokens are in contact.
 * @param logits [n, n, bins]
 * @param mask [n]
 * @returns [n · n]
 */
export function contactProbabilities(
  plan: Plan,
  logits: Tensor,
  mask: Tensor | undefined,
  config: DistogramConfig,
): Tensor {
  const edges = distogramEdges(config);
  const [before, last] = edges.slice(-2);
  const tops = [...edges, Math.fround(last + (last - before))];
  const inContact = tops.map((top) => Number(top <= Math.fround(CONTACT)));
  return expectation(plan, "contact", logits, inContact, mask ? { mask } : {});
}
