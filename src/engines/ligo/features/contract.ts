/** The features of ligo's whole networks (docs/features.md). */
import type { FeatureContract } from "../../core/engine.ts";
import { checkRelations } from "./relations.ts";
import { trunkFeatures } from "./specs.ts";
import { syntheticFeatures } from "./synthetic.ts";

export const features: FeatureContract = {
  specs: trunkFeatures,
  checkRelations,
  residues: (tensors) => tensors.get("aatype")?.data,
  options: ["padding"],
  synthetic: syntheticFeatures,
};
