/** ligo's MSA module as a component. */
import { MSA_FEATURES, type MsaConfig, msaEmbedding, msaTraits, msaWeights } from "../../model/ligo/msa.ts";
import { msaComponent } from "../components/msa.ts";
import type { Component } from "../core/component.ts";
import { readMsaConfig } from "./configs.ts";

const PREFIX = "msa_module";

export const msaModule: Component = msaComponent<MsaConfig>({
  engine: "ligo",
  name: "msa_module",
  names: { msa: "msa_feat", pair: "z" },
  width: MSA_FEATURES,
  readConfig: readMsaConfig,
  weights: (reader, config) => msaWeights(reader, PREFIX, config),
  traits: msaTraits,
  sizes: ({ c_token }) => ({ c_token }),
  embedding: {
    single: { name: "s_inputs", width: "c_token" },
    weights: (reader, config) => msaEmbedding(reader, PREFIX, config),
  },
});
