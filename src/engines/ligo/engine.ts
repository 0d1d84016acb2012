/** The engine `ligo`: the components of Ligo-Biosciences/AlphaFold3. */

import { pins } from "../../generated/about.ts";
import { presets } from "../../generated/presets.ts";
import { type DistogramConfig, distogramEdges, distogramMap } from "../../model/ligo/distogram.ts";
import { type PairformerConfig, pairformerTraits, pairformerWeights } from "../../model/ligo/pairformer.ts";
import { distogramComponent } from "../components/distogram.ts";
import { pairformerComponent } from "../components/pairformer.ts";
import type { Engine } from "../core/engine.ts";
import { confidenceHead } from "./confidence_head.ts";
import { readDistogramConfig, readPairformerConfig } from "./configs.ts";
import { diffusionModule } from "./diffusion_module.ts";
import { features } from "./features/contract.ts";
import { full } from "./full.ts";
import { msaModule } from "./msa.ts";
import { noise } from "./noise.ts";
import { randomWeight } from "./random_weights.ts";
import { templateEmbedder } from "./template.ts";
import { trunk } from "./trunk.ts";

const pairformer = pairformerComponent<PairformerConfig>({
  engine: "ligo",
  names: { single: "s", pair: "z" },
  masks: { single: "single_mask", pair: "pair_mask" },
  readConfig: readPairformerConfig,
  weights: (reader, config) => pairformerWeights(reader, "pairformer", config),
  traits: pairformerTraits,
  masksQueries: true,
});

const distogramHead = distogramComponent<DistogramConfig>({
  engine: "ligo",
  pair: "z",
  readConfig: readDistogramConfig,
  bins: ({ no_bins }) => no_bins,
  map: distogramMap,
  edges: distogramEdges,
});

export const ligo: Engine = {
  name: "ligo",
  source: { ...pins.ligo, framework: "PyTorch" },
  components: [pairformer, distogramHead, msaModule, diffusionModule, trunk, full, templateEmbedder, confidenceHead],
  presets: presets.ligo,
  features,
  noise,
  graphs: { fixedSizes: false },
  toyWeight: "toy.weights",
  randomWeight,
};
