/** The features of deepmind's whole networks (docs/features.md). */
import type { FeatureContract } from "../../core/engine.ts";
import { jobs } from "../featurise/index.ts";
import { withOrder } from "./msa_order.ts";
import { checkRelations } from "./relations.ts";
import { fullFeatures } from "./specs.ts";
import { syntheticFeatures } from "./synthetic.ts";

export const features: FeatureContract = {
  specs: fullFeatures,
  checkRelations,
  residues: (tensors) => tensors.get("aatype")?.data,
  // Ten recycles, 1024 rows: the network's own.
  completion: { tensor: "msa_order", defaults: { passes: 11, numMsa: 1024, seed: 0 }, complete: withOrder },
  jobs,
  options: ["numMsa", "templates", "padding"],
  synthetic: syntheticFeatures,
};
