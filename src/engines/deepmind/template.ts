/** deepmind's template embedder as a component. */
import { SLOTS, TOKEN_TYPES } from "../../model/deepmind/sizes.ts";
import { type TemplateConfig, templateTraits, templateWeights } from "../../model/deepmind/template.ts";
import { templateComponent } from "../components/template.ts";
import type { Component } from "../core/component.ts";
import { readTemplateConfig } from "./configs.ts";
import { templateTokens } from "./template_tokens.ts";

const SCOPE = "diffuser/evoformer/template_embedding";

export const templateEmbedding: Component = templateComponent<TemplateConfig>({
  engine: "deepmind",
  name: "template_embedding",
  inputs: [
    { name: "query_embedding", shape: ["tokens", "tokens", "c_z"] },
    { name: "templates.aatype", shape: ["templates", "tokens"], kind: "integer", range: [0, TOKEN_TYPES - 1] },
    { name: "templates.atom_positions", shape: ["templates", "tokens", SLOTS, 3] },
    { name: "templates.atom_mask", shape: ["templates", "tokens", SLOTS], kind: "mask" },
    { name: "padding_mask_2d", shape: ["tokens", "tokens"], kind: "mask" },
    { name: "multichain_mask_2d", shape: ["tokens", "tokens"], kind: "mask" },
  ],
  names: {
    types: "templates.aatype",
    pair: "query_embedding",
    pairMask: "padding_mask_2d",
    update: "pair_update",
  },
  readConfig: readTemplateConfig,
  weights: (reader, config) => templateWeights(reader, SCOPE, config),
  traits: templateTraits,
  prepare(data) {
    const [types, positions, mask] = ["aatype", "atom_positions", "atom_mask"].map((name) => data(`templates.${name}`));
    return { tokens: templateTokens(types, positions, mask), seen: data("multichain_mask_2d") };
  },
});
