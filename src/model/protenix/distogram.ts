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

/** Ångström: both ends of what the package divides into bins. */
const [FIRST, LAST] = [2.3125, 21.6875];
/** Ångström: tokens whose bin has its centre nearer than this are in contact. */
const CONTACT = 8;

/** Edges between the bins [no_bins − 1], Ångström, as the head is trained with (`DistogramLoss` of protenix/model/loss.py). */
export const distogramEdges = ({ no_bins }: DistogramConfig): number[] => linspace(FIRST, LAST, no_bins - 1);

/** The head adds the transpose of its logits, and thereby its bias a second time. */
export const distogramMap = (reader: WeightReader, prefix: string, { c_z, no_bins }: DistogramConfig): Linear =>
  linear(reader, `${prefix}.linear`, no_bins, c_z, { bias: true });

/**
 * Which bins count as contacts, 1 or 0 each: those whose centre is nearer than the threshold, 19 of 64. Here the package divides the same stretch
 * into bins of one width and has none beyond its ends (`get_bin_centers` of protenix/model/sample_confidence.py), other than in training.
 */
export const contactBins = ({ no_bins }: Pick<DistogramConfig, "no_bins">): number[] =>
  Array.from({ length: no_bins }, (_, bin) => Number(FIRST + ((bin + 0.5) * (LAST - FIRST)) / no_bins < CONTACT));

/**
 * The probability that two tokens are in contact.
 * @param logits [n, n, bins]
 * @returns [n · n]
 */
export const contactProbabilities = (plan: Plan, logits: Tensor, config: DistogramConfig): Tensor =>
  expectation(plan, "contact", logits, contactBins(config));
