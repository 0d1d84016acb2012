/** Protenix' trunk: `Protenix.get_pairformer_output` in protenix/model/protenix.py of the pinned repository. */
import { type Plan, reshape, type Tensor } from "../../gpu/plan/plan.ts";
import { copyInto, copyOf, zerosLike } from "../copies.ts";
import type { Linear, Normed, WeightReader } from "../linear.ts";
import { embedMsa, type MsaBlockWeights, type MsaMasks, msaBlocks } from "../msa.ts";
import { type PairformerBlockWeights, pairformer } from "../pairformer.ts";
import { allPresent } from "../present.ts";
import { columnsOf } from "../projection.ts";
import { initialPair, RELATIVE_FEATURES, type TokenTable } from "../relative_encoding.ts";
import { addRows, projectRows } from "../rows.ts";
import { layerNorm, linear } from "../state_dict.ts";
import { addTemplateUpdate, embedTemplates, type Templates, type TemplateWeights } from "../template.ts";
import { relativeTraits } from "./diffusion_module.ts";
import {
  type EmbedderConfig,
  type EmbedderInputs,
  type EmbedderWeights,
  embedderWeights,
  embedTokens,
  inputsWidth,
} from "./input_embedder.ts";
import { type MsaConfig, msaEmbedding, msaTraits, msaWeights } from "./msa.ts";
import { type PairformerConfig, pairformerTraits, pairformerWeights } from "./pairformer.ts";
import { type TemplateConfig, templateTraits, templateWeights } from "./template.ts";

/** The configs of the parts that run. */
export interface TrunkParts {
  readonly embedder: EmbedderConfig;
  readonly template: TemplateConfig;
  readonly msa: MsaConfig;
  readonly pairformer: PairformerConfig;
}

export interface TrunkWeights {
  readonly embedder: EmbedderWeights;
  readonly single: Linear;
  /** Of the single representation: of the row's token, and of the column's. */
  readonly left: Linear;
  readonly right: Linear;
  readonly positions: Linear;
  readonly bond: Linear;
  readonly previousPair: Normed;
  readonly previousSingle: Normed;
  /** Undefined for models without blocks of templates. */
  readonly template: TemplateWeights | undefined;
  readonly msa: { readonly features: Linear; readonly single: Linear };
  readonly msaBlocks: readonly MsaBlockWeights[];
  readonly blocks: readonly PairformerBlockWeights[];
}

/** All weights under their full names. */
export function trunkWeights(reader: WeightReader, { embedder, template, msa, pairformer }: TrunkParts): TrunkWeights {
  const { c_s, c_z } = pairformer;
  const previous = (norm: string, map: string, channels: number): Normed => ({
    norm: layerNorm(reader, norm, channels),
    map: linear(reader, map, channels, channels),
  });
  return {
    embedder: embedderWeights(reader, "input_embedder", embedder),
    single: linear(reader, "linear_no_bias_sinit", c_s, inputsWidth(embedder)),
    left: linear(reader, "linear_no_bias_zinit1", c_z, c_s),
    right: linear(reader, "linear_no_bias_zinit2", c_z, c_s),
    positions: linear(reader, "relative_position_encoding.linear_no_bias", c_z, RELATIVE_FEATURES),
    bond: linear(reader, "linear_no_bias_token_bond", c_z, 1),
    previousPair: previous("layernorm_z_cycle", "linear_no_bias_z_cycle", c_z),
    previousSingle: previous("layernorm_s", "linear_no_bias_s", c_s),
    template: template.n_blocks > 0 ? templateWeights(reader, "template_embedder", template) : undefined,
    msa: msaEmbedding(reader, "msa_module", msa),
    msaBlocks: msaWeights(reader, "msa_module", msa),
    blocks: pairformerWeights(reader, "pairformer_stack", pairformer),
  };
}

/** What the features alone give, once, and where the cycles keep their results. */
export interface EmbeddedTrunk {
  /** [n, padded width]: the single inputs. */
  readonly inputs: Tensor;
  /** [n, C] and [n, n, C] */
  readonly single: Tensor;
  readonly pair: Tensor;
  /** The results of the cycle before, zeros before the first; updated. */
  readonly state: { readonly single: Tensor; readonly pair: Tensor };
}

/** @param bonds [n · n]: 1 where two tokens are bonded, in both directions */
export function embedTrunk(
  plan: Plan,
  given: { readonly embedder: EmbedderInputs; readonly tokens: TokenTable; readonly bonds: Tensor },
  weights: TrunkWeights,
): EmbeddedTrunk {
  const inputs = plan.scope("single inputs", () => embedTokens(plan, given.embedder, weights.embedder));
  const single = projectRows(plan, "single", inputs, columnsOf(weights.single));
  // Trap P4: the pair begins at the single representation, not at the single inputs.
  const of = (name: string, map: Linear): Tensor => projectRows(plan, name, single, columnsOf(map));
  // Trap P5: the first map belongs to the row of the pair, the second to its column.
  const sums = { left: of("left", weights.left), right: of("right", weights.right) };
  const bonds = { contacts: given.bonds, map: weights.bond };
  const pair = initialPair(plan, given.tokens, weights.positions, relativeTraits, sums, bonds);
  return { inputs, single, pair, state: { single: zerosLike(plan, single), pair: zerosLike(plan, pair) } };
}

/** What one cycle reads. */
export interface CycleInputs {
  /** Its rows of the MSA, [rows · n, padded features]. */
  readonly msa: { readonly features: Tensor; readonly masks: MsaMasks };
  /** Undefined for models without blocks of templates. */
  readonly templates: Templates | undefined;
}

/** One cycle; leaves its results in the state. */
export function trunkCycle(
  plan: Plan,
  { inputs, single: firstSingle, pair: firstPair, state }: EmbeddedTrunk,
  { msa: { features, masks: msaMasks }, templates }: CycleInputs,
  weights: TrunkWeights,
): void {
  const [n, , C] = firstPair.shape;
  const masks = allPresent(plan, n);
  const rows = (tensor: Tensor): Tensor => reshape(tensor, [n * n, C]);
  const [single, pair] = plan.scope("recycling", () => {
    const [s, z] = [copyOf(plan, firstSingle), copyOf(plan, firstPair)];
    const { previousSingle, previousPair } = weights;
    // Trap P6: in the first cycle the norm of zeros is its offset: even then this adds something.
    addRows(plan, "previous single", state.single, columnsOf(previousSingle.map), s, { norm: previousSingle.norm });
    addRows(plan, "previous pair", rows(state.pair), columnsOf(previousPair.map), rows(z), { norm: previousPair.norm });
    return [s, z];
  });
  const { template } = weights;
  if (template && templates)
    plan.scope("templates", () => {
      const average = embedTemplates(plan, pair, masks.pair, templates, template, templateTraits);
      addTemplateUpdate(plan, pair, average, template);
    });
  const seen = plan.scope("msa", () => {
    const msa = embedMsa(plan, { features, single: inputs }, weights.msa);
    const all = { msa: msaMasks, pair: masks.pair };
    // Trap P10: the module's result takes the pair's place; it is not added to it.
    return msaBlocks(plan, { msa, pair }, all, weights.msaBlocks, msaTraits, false);
  });
  const updated = plan.scope("pairformer", () =>
    pairformer(plan, { single, pair: seen }, masks, weights.blocks, pairformerTraits),
  );
  copyInto(plan, updated.single, state.single);
  copyInto(plan, updated.pair, state.pair);
}
