/** The features of Protenix' whole networks (docs/features.md). */
import type { FeatureContract } from "../../core/engine.ts";
import { jobs } from "../featurise/index.ts";
import { withOrder } from "./msa_order.ts";
import { checkRelations } from "./relations.ts";
import { fullFeatures } from "./specs.ts";
import { syntheticFeatures } from "./synthetic.ts";

export const features: FeatureContract = {
  specs: fullFeatures,
  checkRelations,
  residues(tensors) {
    const { data, shape: [tokens, classes] = [] } = tensors.get("restype") ?? {};
    return (
      data &&
      Array.from({ length: tokens }, (_, token) => data.subarray(token * classes, (token + 1) * classes).indexOf(1))
    );
  },
  // Ten cycles, and at most so many rows: the network's own.
  completion: { tensor: "msa_order", defaults: { passes: 10, numMsa: 16384, seed: 0 }, complete: withOrder },
  jobs,
  options: ["numMsa", "templates"],
  synthetic: syntheticFeatures,
};
