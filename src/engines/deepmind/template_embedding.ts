/** deepmind's template embedder as a component. */
import { BadInputError } from "../../errors.ts";
import { RandomStream } from "../../formats/random.ts";
import { float32, type HostTensor, type TensorMap } from "../../formats/tensor.ts";
import type { Plan } from "../../gpu/plan.ts";
import { type TemplateConfig, TOKEN_TYPES, templateTraits, templateWeights } from "../../model/deepmind/template.ts";
import { WeightReader, type WeightSource } from "../../model/linear.ts";
import { padded } from "../../model/projection.ts";
import { embedTemplates, templateUpdate } from "../../model/template.ts";
import type { Component, ConfiguredComponent, Sizes } from "../component.ts";
import { checkTokens, readNoting } from "../config_checks.ts";
import { SLOTS } from "../features/layout.ts";
import { padRows, transposed, unpadRows } from "../padding.ts";
import { readTemplateConfig } from "./configs.ts";
import { TOKEN_VALUES, templateTokens } from "./template_tokens.ts";

/** Where the trunk keeps its weights. */
export const TEMPLATE_SCOPE = "diffuser/evoformer/template_embedding";

/** Slots that the featuriser fills, with nothing if there are fewer templates. */
export const DEFAULT_TEMPLATES = 4;

export const templateEmbedding: Component = {
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
  outputs: [{ name: "pair_update", shape: ["tokens", "tokens", "c_z"] }],
  configure(given, sizes, note) {
    const config = readNoting(given, note, (reader) => readTemplateConfig(reader, sizes));
    return configured(config, sizes);
  },
};

function configured(config: TemplateConfig, sizes: Sizes): ConfiguredComponent {
  const n = checkTokens(sizes);
  const slots = sizes.templates ?? DEFAULT_TEMPLATES;
  if (slots < 1) throw new BadInputError("templates.aatype has no template slot; an empty slot is a template as well");
  const { c_z } = config;
  const declaring = new WeightReader();
  templateWeights(declaring, TEMPLATE_SCOPE, config);
  return {
    component: templateEmbedding,
    sizes: { ...sizes, tokens: n, templates: slots, c_z },
    weights: declaring.declared,
    record(plan: Plan, source?: WeightSource) {
      const pitch = padded(n);
      const pair = plan.input("pair", [n, n, padded(c_z)]);
      const masks = { rows: plan.input("mask rows", [n, pitch]), columns: plan.input("mask columns", [n, pitch]) };
      const templates = {
        slots,
        tokens: plan.input("template tokens", [slots * n, TOKEN_VALUES]),
        seen: plan.input("seen pairs", [n, pitch]),
      };
      const weights = templateWeights(new WeightReader(source), TEMPLATE_SCOPE, config);
      const average = embedTemplates(plan, pair, masks, templates, weights, templateTraits(config));
      plan.output("update", templateUpdate(plan, average, weights));
    },
    toDevice(inputs: TensorMap) {
      const values = (name: string) => Float32Array.from((inputs.get(name) as HostTensor).data);
      const mask = values("padding_mask_2d");
      return new Map([
        ["pair", padRows(values("query_embedding"), c_z)],
        ["mask rows", padRows(mask, n)],
        ["mask columns", padRows(transposed(mask, n), n)],
        ["seen pairs", padRows(values("multichain_mask_2d"), n)],
        [
          "template tokens",
          templateTokens(values("templates.aatype"), values("templates.atom_positions"), values("templates.atom_mask")),
        ],
      ]);
    },
    fromDevice: (outputs) =>
      new Map([["pair_update", float32([n, n, c_z], unpadRows(outputs.get("update") as Float32Array, c_z))]]),
    randomInputs: (seed) => randomInputs(seed, slots, n, c_z),
  };
}

function randomInputs(seed: number, slots: number, n: number, c_z: number): Map<string, HostTensor> {
  const stream = (name: string) => new RandomStream(seed, name);
  const pairs = (name: string) => {
    const mask = stream(name).mask(n * n);
    for (let i = 0; i < n; i++) mask[i * n + i] = 1;
    return float32([n, n], mask);
  };
  const types = Int32Array.from(stream("templates.aatype").integers(slots * n, TOKEN_TYPES));
  const atoms = slots * n * SLOTS;
  return new Map([
    ["query_embedding", float32([n, n, c_z], stream("query_embedding").normal(n * n * c_z, 1))],
    ["templates.aatype", { dtype: "int32", shape: [slots, n], data: types }],
    // As far apart as the atoms of a small protein.
    [
      "templates.atom_positions",
      float32([slots, n, SLOTS, 3], stream("templates.atom_positions").normal(3 * atoms, 15)),
    ],
    ["templates.atom_mask", float32([slots, n, SLOTS], stream("templates.atom_mask").mask(atoms))],
    ["padding_mask_2d", pairs("padding_mask_2d")],
    ["multichain_mask_2d", pairs("multichain_mask_2d")],
  ]);
}
