/** ligo's template embedder as a component. */
import { BadInputError } from "../../errors.ts";
import { RandomStream } from "../../formats/random.ts";
import { float32, type HostTensor, type TensorMap } from "../../formats/tensor.ts";
import type { Plan } from "../../gpu/plan.ts";
import { TEMPLATE_TYPES, type TemplateConfig, templateTraits, templateWeights } from "../../model/ligo/template.ts";
import { WeightReader, type WeightSource } from "../../model/linear.ts";
import { padded } from "../../model/projection.ts";
import { embedTemplates, templateUpdate } from "../../model/template.ts";
import type { Component, ConfiguredComponent, Sizes } from "../component.ts";
import { checkTokens, readNoting } from "../config_checks.ts";
import { padRows, transposed, unpadRows } from "../padding.ts";
import { readTemplateConfig } from "./configs.ts";
import { sameChain, TOKEN_VALUES, templateTokens } from "./template_tokens.ts";

const PREFIX = "template_embedder";

/** As many templates as the supplement takes. */
const DEFAULT_TEMPLATES = 4;

export const templateEmbedder: Component = {
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
  outputs: [{ name: "u", shape: ["tokens", "tokens", "c_z"] }],
  configure(given, sizes, note) {
    const config = readNoting(given, note, (reader) => readTemplateConfig(reader, sizes));
    return configured(config, sizes);
  },
};

function configured(config: TemplateConfig, sizes: Sizes): ConfiguredComponent {
  const n = checkTokens(sizes);
  const slots = sizes.templates ?? DEFAULT_TEMPLATES;
  if (slots < 1) throw new BadInputError("template_aatype has no template; one without atoms is a template as well");
  const { c_z } = config;
  const declaring = new WeightReader();
  templateWeights(declaring, PREFIX, config);
  return {
    component: templateEmbedder,
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
      const weights = templateWeights(new WeightReader(source), PREFIX, config);
      const average = embedTemplates(plan, pair, masks, templates, weights, templateTraits);
      plan.output("update", templateUpdate(plan, average, weights));
    },
    toDevice(inputs: TensorMap) {
      const values = (name: string) => Float32Array.from((inputs.get(name) as HostTensor).data);
      const mask = values("pair_mask");
      const [types, positions, present] = ["aatype", "pseudo_beta", "pseudo_beta_mask"].map((name) =>
        values(`template_${name}`),
      );
      return new Map([
        ["pair", padRows(values("z_trunk"), c_z)],
        ["mask rows", padRows(mask, n)],
        ["mask columns", padRows(transposed(mask, n), n)],
        ["seen pairs", padRows(sameChain((inputs.get("asym_id") as HostTensor).data), n)],
        ["template tokens", templateTokens(types, positions, present)],
      ]);
    },
    fromDevice: (outputs) =>
      new Map([["u", float32([n, n, c_z], unpadRows(outputs.get("update") as Float32Array, c_z))]]),
    randomInputs: (seed) => randomInputs(seed, slots, n, c_z),
  };
}

function randomInputs(seed: number, slots: number, n: number, c_z: number): Map<string, HostTensor> {
  const stream = (name: string) => new RandomStream(seed, name);
  const pairMask = stream("pair_mask").mask(n * n);
  for (let i = 0; i < n; i++) pairMask[i * n + i] = 1;
  const types = Int32Array.from(stream("template_aatype").integers(slots * n, TEMPLATE_TYPES));
  const [positions, present] = ["template_pseudo_beta", "template_pseudo_beta_mask"];
  return new Map<string, HostTensor>([
    ["template_aatype", { dtype: "int32", shape: [slots, n], data: types }],
    // As far apart as the atoms of a small protein.
    [positions, float32([slots, n, 3], stream(positions).normal(3 * slots * n, 15))],
    [present, float32([slots, n], stream(present).mask(slots * n))],
    // Two chains.
    [
      "asym_id",
      { dtype: "int32", shape: [n], data: Int32Array.from({ length: n }, (_, token) => (2 * token < n ? 0 : 1)) },
    ],
    ["z_trunk", float32([n, n, c_z], stream("z_trunk").normal(n * n * c_z, 1))],
    ["pair_mask", float32([n, n], pairMask)],
  ]);
}
