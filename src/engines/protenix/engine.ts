/** The engine `protenix`: the components of bytedance/Protenix. */

import { pins } from "../../generated/about.ts";
import { presets } from "../../generated/presets.ts";
import {
  contactProbabilities,
  type DistogramConfig,
  distogramEdges,
  distogramMap,
} from "../../model/protenix/distogram.ts";
import { type PairformerConfig, pairformerTraits, pairformerWeights } from "../../model/protenix/pairformer.ts";
import { distogramComponent } from "../components/distogram.ts";
import { pairformerComponent } from "../components/pairformer.ts";
import type { Engine } from "../core/engine.ts";
import { confidenceHead } from "./confidence_head.ts";
import { readDistogramConfig, readPairformerConfig } from "./configs.ts";
import { diffusionModule } from "./diffusion_module.ts";
import { features } from "./features/contract.ts";
import { full } from "./full.ts";
import { inputEmbedder } from "./input_embedder.ts";
import { msaModule } from "./msa.ts";
import { noise } from "./noise.ts";
import { predictions } from "./predictions.ts";
import { publication, published } from "./published.ts";
import { randomWeight } from "./random_weights.ts";
import { templateEmbedder } from "./template.ts";
import { trunk } from "./trunk.ts";

const pairformer = pairformerComponent<PairformerConfig>({
  engine: "protenix",
  names: { single: "s", pair: "z" },
  masks: undefined,
  readConfig: readPairformerConfig,
  weights: (reader, config) => pairformerWeights(reader, "pairformer_stack", config),
  traits: () => pairformerTraits,
  masksQueries: false,
});

const distogramHead = distogramComponent<DistogramConfig>({
  engine: "protenix",
  pair: "z",
  readConfig: readDistogramConfig,
  bins: ({ no_bins }) => no_bins,
  map: (reader, config) => distogramMap(reader, "distogram_head", config),
  edges: distogramEdges,
  contacts: {
    mask: undefined,
    givesEdges: false,
    probabilities: (plan, logits, _, config) => contactProbabilities(plan, logits, config),
  },
});

export const protenix: Engine = {
  name: "protenix",
  source: { ...pins.protenix, framework: "PyTorch" },
  components: [
    pairformer,
    distogramHead,
    trunk,
    msaModule,
    templateEmbedder,
    inputEmbedder,
    diffusionModule,
    confidenceHead,
    full,
  ],
  presets: presets.protenix,
  publication,
  published,
  features,
  noise,
  predictions,
  graphs: { fixedSizes: false },
  toyWeight: "toy.weight",
  randomWeight,
};
