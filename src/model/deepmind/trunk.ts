/** deepmind's trunk: `Evoformer` in alphafold3/model/network/evoformer.py of the pinned repository, and its recycling. */
import { type Plan, reshape, type Tensor } from "../../gpu/plan/plan.ts";
import type { AtomEncoderWeights } from "../atom_encoder.ts";
import { copyInto, copyOf } from "../copies.ts";
import type { Linear, Normed, WeightReader } from "../linear.ts";
import type { PairMasks, SingleMasks } from "../masks.ts";
import { embedMsa, type MsaBlockWeights, type MsaMasks, msaBlocks } from "../msa.ts";
import { type PairformerBlockWeights, pairformer } from "../pairformer.ts";
import { columnsOf } from "../projection.ts";
import { initialPair, RELATIVE_FEATURES, type TokenTable } from "../relative_encoding.ts";
import { addRows, projectRows } from "../rows.ts";
import { addTemplateUpdate, embedTemplates, type Templates, type TemplateWeights } from "../template.ts";
import { type AtomConfig, atomEncoderWeights } from "./atom_encoder.ts";
import { relativeTraits } from "./diffusion_head.ts";
import { type MsaConfig, msaTraits, msaWeights } from "./msa.ts";
import { type PairformerConfig, pairformerTraits, pairformerWeights } from "./pairformer.ts";
import { type TemplateConfig, templateTraits, templateWeights } from "./template.ts";
import { layerNorm, linear, unstacked } from "./weights.ts";

/** The fields of `Evoformer.Config`. */
export interface TrunkConfig {
  readonly pair_channel: number;
  readonly seq_channel: number;
  readonly msa_channel: number;
  readonly num_msa: number;
  readonly pairformer: PairformerConfig;
  readonly msa_stack: MsaConfig;
  readonly template: TemplateConfig;
  readonly per_atom_conditioning: AtomConfig;
}

/** Features of a row of the MSA: 32 classes, whether something was deleted before, and how much. */
export const MSA_FEATURES = 34;
/** One-hot residue type, profile and mean deletions stand before the atoms in target_feat. */
export const TARGET_FEATURES = 63;

export interface TrunkWeights {
  readonly left: Linear;
  readonly right: Linear;
  readonly previousPair: Normed;
  readonly positions: Linear;
  readonly bond: Linear;
  readonly template: TemplateWeights;
  readonly msa: Linear;
  readonly msaTarget: Linear;
  readonly msaBlocks: readonly MsaBlockWeights[];
  readonly single: Linear;
  readonly previousSingle: Normed;
  readonly blocks: readonly PairformerBlockWeights[];
}

const SCOPE = "diffuser/evoformer";

/** The encoder that makes target_feat of the atoms; its weights lie beside the trunk's. */
export const targetEncoderWeights = (reader: WeightReader, config: TrunkConfig): AtomEncoderWeights =>
  atomEncoderWeights(reader, `${SCOPE}_conditioning`, config.per_atom_conditioning);

export const targetWidth = ({ per_atom_conditioning }: TrunkConfig): number =>
  TARGET_FEATURES + per_atom_conditioning.per_token_channels;

export function trunkWeights(reader: WeightReader, config: TrunkConfig): TrunkWeights {
  const { pair_channel: cz, seq_channel: cs, msa_channel: cm } = config;
  const layer = unstacked(`${SCOPE}/`);
  const map = (name: string, inputs: number, outputs: number): Linear =>
    linear(reader, layer, name, { shape: [inputs, outputs], inputs, outputs });
  const target = targetWidth(config);
  return {
    left: map("left_single", target, cz),
    right: map("right_single", target, cz),
    previousPair: {
      norm: layerNorm(reader, layer, "prev_embedding_layer_norm", cz),
      map: map("prev_embedding", cz, cz),
    },
    positions: map("~_relative_encoding/position_activations", RELATIVE_FEATURES, cz),
    bond: map("bond_embedding", 1, cz),
    template: templateWeights(reader, `${SCOPE}/template_embedding`, config.template),
    msa: map("msa_activations", MSA_FEATURES, cm),
    msaTarget: map("extra_msa_target_feat", target, cm),
    msaBlocks: msaWeights(reader, `${SCOPE}/__layer_stack_no_per_layer/msa_stack`, config.msa_stack),
    single: map("single_activations", target, cs),
    previousSingle: {
      norm: layerNorm(reader, layer, "prev_single_embedding_layer_norm", cs),
      map: map("prev_single_embedding", cs, cs),
    },
    blocks: pairformerWeights(reader, `${SCOPE}/__layer_stack_no_per_layer_1/trunk_pairformer`, config.pairformer),
  };
}

/** What all passes share. */
export interface TrunkInputs {
  /** [n, padded width] */
  readonly target: Tensor;
  readonly tokens: TokenTable;
  /** [n · n] */
  readonly contacts: Tensor;
  readonly masks: { readonly pair: PairMasks; readonly single: SingleMasks };
  /** Undefined where there is no template slot at all. */
  readonly templates: Templates | undefined;
  /** The representations of the pass before, [n, n, C] and [n, C]; zeros before the first. Updated. */
  readonly pair: Tensor;
  readonly single: Tensor;
}

/** What one pass reads: its rows of the MSA, [rows · n, features]. */
export interface PassInputs {
  readonly features: Tensor;
  readonly masks: MsaMasks;
}

/** What target_feat alone gives: the same in all passes. */
export interface PreparedTrunk {
  readonly left: Tensor;
  readonly right: Tensor;
  readonly single: Tensor;
}

export const prepareTrunk = (plan: Plan, { target }: TrunkInputs, weights: TrunkWeights): PreparedTrunk => ({
  left: projectRows(plan, "left", target, columnsOf(weights.left)),
  right: projectRows(plan, "right", target, columnsOf(weights.right)),
  single: projectRows(plan, "single", target, columnsOf(weights.single)),
});

/** One pass through the trunk; leaves its representations where the next one finds them. */
export function trunkPass(
  plan: Plan,
  inputs: TrunkInputs,
  { features, masks }: PassInputs,
  prepared: PreparedTrunk,
  weights: TrunkWeights,
  config: TrunkConfig,
): void {
  const [n, , C] = inputs.pair.shape;
  let pair = plan.scope("pair embedding", () => {
    const bonds = { contacts: inputs.contacts, map: weights.bond };
    const made = initialPair(plan, inputs.tokens, weights.positions, relativeTraits, prepared, bonds);
    // In the first pass the norm of zeros is its offset: even then this adds something.
    const { norm, map } = weights.previousPair;
    const rows = (tensor: Tensor): Tensor => reshape(tensor, [n * n, C]);
    addRows(plan, "previous pair", rows(inputs.pair), columnsOf(map), rows(made), { norm });
    return made;
  });
  const { templates, masks: all } = inputs;
  if (templates)
    plan.scope("templates", () => {
      const average = embedTemplates(
        plan,
        pair,
        all.pair,
        templates,
        weights.template,
        templateTraits(config.template),
      );
      addTemplateUpdate(plan, pair, average, weights.template);
    });
  pair = plan.scope("msa", () => {
    const source = { features, single: inputs.target };
    const msa = embedMsa(plan, source, { features: weights.msa, single: weights.msaTarget });
    return msaBlocks(plan, { msa, pair }, { msa: masks, pair: all.pair }, weights.msaBlocks, msaTraits, false);
  });
  const single = plan.scope("single embedding", () => {
    const made = copyOf(plan, prepared.single);
    const { norm, map } = weights.previousSingle;
    addRows(plan, "previous single", inputs.single, columnsOf(map), made, { norm });
    return made;
  });
  const updated = plan.scope("pairformer", () =>
    pairformer(plan, { single, pair }, all, weights.blocks, pairformerTraits),
  );
  copyInto(plan, updated.pair, inputs.pair);
  copyInto(plan, updated.single, inputs.single);
}
