/** Protenix' input embedder: `InputFeatureEmbedder` in protenix/model/modules/embedders.py of the pinned repository. */
import type { Plan, Tensor } from "../../gpu/plan/plan.ts";
import { type AtomEncoderWeights, type AtomInputs, encodeAtoms, prepareAtoms } from "../atom_encoder.ts";
import { sideBySide } from "../copies.ts";
import type { Linear, WeightReader } from "../linear.ts";
import { columnsOf } from "../projection.ts";
import { addRows } from "../rows.ts";
import { linear } from "../state_dict.ts";
import { type AtomConfig, atomEncoderWeights } from "./atom_encoder.ts";
import { RESIDUE_TYPES } from "./sizes.ts";

/** The constructor arguments of `InputFeatureEmbedder` that change numbers. */
export interface EmbedderConfig extends Pick<AtomConfig, "c_token" | "c_atom" | "c_atompair"> {
  /** Width of a language model's embedding, where one is added. */
  readonly esm?: number | undefined;
}

/** What stands behind the atoms in the single inputs, by name and width. */
export const TOKEN_FEATURES = [
  ["restype", RESIDUE_TYPES],
  ["profile", RESIDUE_TYPES],
  ["deletion_mean", 1],
] as const;
export const BESIDE = TOKEN_FEATURES.reduce((sum, [, width]) => sum + width, 0);

/** Heads and depth of the atom encoder: the class's own defaults, which no config reaches. */
export const ENCODER = { n_blocks: 3, n_heads: 4 } as const;

/** Width of the single inputs. */
export const inputsWidth = ({ c_token }: Pick<EmbedderConfig, "c_token">): number => c_token + BESIDE;

export interface EmbedderWeights {
  readonly encoder: AtomEncoderWeights;
  readonly esm?: Linear;
}

/** @param at such as `input_embedder` */
export const embedderWeights = (reader: WeightReader, at: string, config: EmbedderConfig): EmbedderWeights => ({
  encoder: atomEncoderWeights(reader, `${at}.atom_attention_encoder`, { ...config, ...ENCODER }),
  ...(config.esm !== undefined && { esm: linear(reader, `${at}.linear_esm`, inputsWidth(config), config.esm) }),
});

/** What the embedder reads. */
export interface EmbedderInputs {
  readonly atoms: AtomInputs;
  /** [n, padded width]: {@link TOKEN_FEATURES} side by side. */
  readonly tokens: Tensor;
  /** [n, padded width]: a language model's embedding, for weights that take one. */
  readonly esm?: Tensor | undefined;
}

/** The single inputs, [n, padded width]: the tokens' atoms first, then what is known of the tokens themselves. */
export function embedTokens(plan: Plan, { atoms, tokens, esm }: EmbedderInputs, weights: EmbedderWeights): Tensor {
  const encoded = encodeAtoms(plan, prepareAtoms(plan, atoms, weights.encoder), atoms, weights.encoder).tokens;
  const channels = weights.encoder.tokens.outputs;
  const inputs = sideBySide(plan, { rows: encoded, channels }, { rows: tokens, channels: BESIDE });
  if (weights.esm && esm) addRows(plan, "language model", esm, columnsOf(weights.esm), inputs);
  return inputs;
}
