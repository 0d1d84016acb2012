/** The engine `deepmind`: the components of google-deepmind/alphafold3. */

import { pins } from "../../generated/about.ts";
import { presets } from "../../generated/presets.ts";
import {
  contactProbabilities,
  type DistogramConfig,
  distogramEdges,
  distogramMap,
} from "../../model/deepmind/distogram.ts";
import { type PairformerConfig, pairformerTraits, pairformerWeights } from "../../model/deepmind/pairformer.ts";
import { distogramComponent } from "../components/distogram.ts";
import { pairformerComponent } from "../components/pairformer.ts";
import type { Engine } from "../core/engine.ts";
import { confidenceHead } from "./confidence_head.ts";
import { readDistogramConfig, readPairformerConfig } from "./configs.ts";
import { diffusionHead } from "./diffusion_head.ts";
import { diffusionTransformer } from "./diffusion_transformer.ts";
import { features } from "./features/contract.ts";
import { full } from "./full.ts";
import { msaStack } from "./msa.ts";
import { noise } from "./noise.ts";
import { predictions } from "./predictions.ts";
import { randomWeight } from "./random_weights.ts";
import { templateEmbedding } from "./template.ts";
import { terms } from "./terms.ts";
import { trunk } from "./trunk.ts";

const TRUNK_PAIRFORMER = "diffuser/evoformer/__layer_stack_no_per_layer_1/trunk_pairformer";

const pairformer = pairformerComponent<PairformerConfig>({
  engine: "deepmind",
  names: { single: "single", pair: "pair" },
  masks: { single: "seq_mask", pair: "pair_mask" },
  readConfig: readPairformerConfig,
  weights: (reader, config) => pairformerWeights(reader, TRUNK_PAIRFORMER, config),
  traits: () => pairformerTraits,
  masksQueries: false,
});

const distogramHead = distogramComponent<DistogramConfig>({
  engine: "deepmind",
  pair: "pair",
  readConfig: readDistogramConfig,
  bins: ({ num_bins }) => num_bins,
  map: distogramMap,
  edges: distogramEdges,
  contacts: { mask: "seq_mask", probabilities: contactProbabilities, givesEdges: true },
});

export const deepmind: Engine = {
  name: "deepmind",
  source: { ...pins.deepmind, framework: "JAX" },
  components: [
    full,
    trunk,
    pairformer,
    diffusionHead,
    diffusionTransformer,
    confidenceHead,
    distogramHead,
    templateEmbedding,
    msaStack,
  ],
  presets: presets.deepmind,
  features,
  noise,
  predictions,
  graphs: { fixedSizes: true },
  terms,
  toyWeight: "toy:weights",
  randomWeight,
};
