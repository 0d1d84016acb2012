/** ligo's denoiser: what the recorded diffusion takes from its features and weights. */

import type { TensorMap } from "../../formats/tensor.ts";
import { fourierOf } from "../../model/fourier.ts";
import type { DiffusionConfig, DiffusionModuleWeights } from "../../model/ligo/diffusion_module.ts";
import { fourierEmbedding } from "../../model/ligo/fourier.ts";
import type { FlatDenoiser, FlatForm } from "../components/flat_diffusion.ts";
import { floatsOf } from "../core/inputs.ts";
import { tokenRows } from "../core/padding.ts";
import { atomInputs, atomValues } from "./atoms.ts";
import { centreWeights } from "./sampler.ts";

/** Token features as the relative encoding takes them. Quirk 21: `sym_id` is never read; any feature may stand in its place. */
export const tokenTable = (features: TensorMap, tokens: number): Float32Array =>
  tokenRows(features, ["residue_index", "token_index", "asym_id", "entity_id", "asym_id"], "token_mask", tokens);

const form: FlatForm = {
  atomInputs,
  atomValues,
  tokenTable,
  tokenMask: (features) => floatsOf(features, "token_mask"),
  atomMask: (features) => floatsOf(features, "atom_mask"),
  centreWeights,
};

/** @param valued whether the weights have values: without them a plan can be inspected but not run */
export function denoiserOf(weights: DiffusionModuleWeights, config: DiffusionConfig, valued: boolean): FlatDenoiser {
  const { c_token, c_tokenpair, sd_data: spread } = config;
  const fourier = valued ? fourierOf(weights.fourier) : undefined;
  return {
    form,
    weights,
    widths: { pair: c_tokenpair, single: c_token, inputs: c_token },
    spread,
    embed: fourier && ((levels) => fourierEmbedding(levels, spread, fourier)),
  };
}
