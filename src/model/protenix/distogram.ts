/** Protenix' distogram head: `DistogramHead` of protenix/model/modules/head.py of the pinned repository, and the contacts read from it. */
import type { Plan, Tensor } from "../../gpu/plan/plan.ts";
import { expectation, linspace } from "../bins.ts";
import type { Linear, WeightReader } from "../linear.ts";
import { linear } from "../state_dict.ts";

/** The arguments of `DistogramHead`. */
export interface DistogramConfig {
  readonly c_z: number;
  readonly no_bins: number;
}

/** Ångström: the centres of the first and the last bin; tokens nearer than the threshold are in contact. */
const CONTACT = { first: 2.3125, last: 21.6875, threshold: 8 } as const;

/** The head adds the transpose of its logits, and thereby its bias a second time. */
export const distogramMap = (reader: WeightReader, prefix: string, { c_z, no_bins }: DistogramConfig): Linear =>
  linear(reader, `${prefix}.linear`, no_bins, c_z, { bias: true });

/**
 * The probability that two tokens are in contact: that of the bins whose centre is nearer than the threshold, 19 of 64.
 * @param logits [n, n, bins]
 * @returns [n · n]
 */
export function contactProbabilities(plan: Plan, logits: Tensor, { no_bins }: DistogramConfig): Tensor {
  const centres = linspace(CONTACT.first, CONTACT.last, no_bins);
  const inContact = centres.map((centre) => Number(centre < CONTACT.threshold));
  return expectation(plan, "contact", logits, inContact);
}
