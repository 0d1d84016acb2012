/** ligo's template embedder as a component. */
import { TEMPLATE_TYPES, type TemplateConfig, templateTraits, templateWeights } from "../../model/ligo/template.ts";
import { sameChain } from "../components/pairs.ts";
import { templateComponent } from "../components/template.ts";
import type { Component } from "../core/component.ts";
import { readTemplateConfig } from "./configs.ts";
import { templateTokens } from "./template_tokens.ts";

const PREFIX = "template_embedder";

export const templateEmbedder: Component = templateComponent<TemplateConfig>({
  engine: "ligo",
  name: "template_embedder",
  inputs: [
    { name: "template_aatype", shape: ["templates", "tokens"], kind: "integer", range: [0, TEMPLATE_TYPES - 1] },
    { name: "template_pseudo_beta", shape: ["templates", "tokens", 3] },
    { name: "template_pseudo_beta_mask", shape: ["templates", "tokens"], kind: "mask" },
    { name: "asym_id", shape: ["tokens"], kind: "integer" },
    { name: "z_trunk", shape: ["tokens", "tokens", "c_z"] },
    { name: "pair_mask", shape: ["tokens", "tokens"], kind: "mask" },
  ],
  names: { types: "template_aatype", pair: "z_trunk", pairMask: "pair_mask", update: "u" },
  readConfig: readTemplateConfig,
  weights: (reader, config) => templateWeights(reader, PREFIX, config),
  traits: () => templateTraits,
  prepare(data) {
    const [types, positions, mask] = ["aatype", "pseudo_beta", "pseudo_beta_mask"].map((name) =>
      data(`template_${name}`),
    );
    return { tokens: templateTokens(types, positions, mask), seen: sameChain(data("asym_id")) };
  },
});
