/** The engine `ligo`: the components of Ligo-Biosciences/AlphaFold3. */
import { type PairformerConfig, pairformerTraits, pairformerWeights } from "../../model/ligo/pairformer.ts";
import { pairformerComponent } from "../components/pairformer.ts";
import type { Engine } from "../engine.ts";
import { readPairformerConfig } from "./configs.ts";
import { randomWeight } from "./random_weights.ts";

const pairformer = pairformerComponent<PairformerConfig>({
  engine: "ligo",
  names: { single: "s", pair: "z", singleMask: "single_mask", pairMask: "pair_mask" },
  readConfig: readPairformerConfig,
  weights: (reader, config) => pairformerWeights(reader, "pairformer", config),
  traits: pairformerTraits,
  masksQueries: true,
});

export const ligo: Engine = { name: "ligo", components: [pairformer], randomWeight };
