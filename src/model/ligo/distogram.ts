/** ligo's distogram head: `DistogramHead` of the pinned repository. */
import { linspace } from "../bins.ts";
import type { Linear, WeightReader } from "../linear.ts";
import { linear } from "../state_dict.ts";

/** The constructor arguments of `DistogramHead`. */
export interface DistogramConfig {
  readonly c_z: number;
  readonly no_bins: number;
}

/** Ångström: where the repository's loss has the first and the last edge between bins (its `src/config.py`, `src/utils/loss.py`). */
const EDGES = { first: 2.3125, last: 21.6875 } as const;

/** Edges between the bins [no_bins − 1], Ångström. */
export const distogramEdges = ({ no_bins }: DistogramConfig): number[] =>
  linspace(EDGES.first, EDGES.last, no_bins - 1);

/** The head adds the transpose of its logits, and thereby its bias a second time. */
export const distogramMap = (reader: WeightReader, { c_z, no_bins }: DistogramConfig): Linear =>
  linear(reader, "distogram_head.linear", no_bins, c_z, { bias: true });
