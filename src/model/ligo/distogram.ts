/** ligo's distogram head: `DistogramHead` of the pinned repository. */
import type { Linear, WeightReader } from "../linear.ts";
import { linear } from "../state_dict.ts";

/** The constructor arguments of `DistogramHead`. */
export interface DistogramConfig {
  readonly c_z: number;
  readonly no_bins: number;
}

/** The head adds the transpose of its logits, and thereby its bias a second time. */
export const distogramMap = (reader: WeightReader, { c_z, no_bins }: DistogramConfig): Linear =>
  linear(reader, "distogram_head.linear", no_bins, c_z, { bias: true });
