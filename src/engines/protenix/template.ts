/** Protenix' template embedder as a component: its raw features in, of which the host derives frames and pseudo-beta positions. */
import { RESIDUE_TYPES, SLOTS } from "../../model/protenix/sizes.ts";
import { type TemplateConfig, templateTraits, templateWeights } from "../../model/protenix/template.ts";
import { sameChain } from "../components/pairs.ts";
import { templateComponent } from "../components/template.ts";
import type { Component } from "../core/component.ts";
import { readTemplateConfig } from "./configs.ts";
import { templateTokens } from "./template_tokens.ts";

const PREFIX = "template_embedder";

export const templateEmbedder: Component = templateComponent<TemplateConfig>({
  engine: "protenix",
  name: "template_embedder",
  inputs: [
    { name: "template_aatype", shape: ["templates", "tokens"], kind: "integer", range: [0, RESIDUE_TYPES - 1] },
    { name: "template_atom_positions", shape: ["templates", "tokens", SLOTS, 3] },
    { name: "template_atom_mask", shape: ["templates", "tokens", SLOTS], kind: "mask" },
    { name: "asym_id", shape: ["tokens"], kind: "integer" },
    { name: "z", shape: ["tokens", "tokens", "c_z"] },
  ],
  names: { types: "template_aatype", pair: "z", pairMask: undefined, update: "template" },
  readConfig: readTemplateConfig,
  weights: (reader, config) => templateWeights(reader, PREFIX, config),
  traits: () => templateTraits,
  prepare(data) {
    const [types, positions, mask] = ["aatype", "atom_positions", "atom_mask"].map((name) => data(`template_${name}`));
    // Trap P9: a template speaks of pairs of one chain alone.
    return { tokens: templateTokens(types, positions, mask), seen: sameChain(data("asym_id")) };
  },
});
