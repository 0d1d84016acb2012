/** deepmind's MSA stack as a component. */
import { type MsaConfig, msaTraits, msaWeights } from "../../model/deepmind/msa.ts";
import { msaComponent } from "../components/msa.ts";
import type { Component } from "../core/component.ts";
import { readMsaConfig } from "./configs.ts";

const MSA_STACK = "diffuser/evoformer/__layer_stack_no_per_layer/msa_stack";

export const msaStack: Component = msaComponent<MsaConfig>({
  engine: "deepmind",
  name: "msa_stack",
  names: { msa: "msa", pair: "pair" },
  width: "c_m",
  readConfig: readMsaConfig,
  weights: (reader, config) => msaWeights(reader, MSA_STACK, config),
  traits: () => msaTraits,
  sizes: ({ c_m }) => ({ c_m }),
});
