/** Protenix' denoiser: what the recorded diffusion takes from its features and weights. */
import type { TensorMap } from "../../formats/tensor.ts";
import { fourierEmbedding, fourierOf } from "../../model/fourier.ts";
import type { DiffusionConfig, DiffusionModuleWeights } from "../../model/protenix/diffusion_module.ts";
import type { FlatDenoiser, FlatForm } from "../components/flat_diffusion.ts";
import { tokenRows } from "../core/padding.ts";
import { atomInputs, atomValues } from "./atoms.ts";
import { centreWeights } from "./sampler.ts";

/** Token features as the relative encoding takes them: residue, token, chain, entity, copy; no token is masked. */
export const tokenTable = (features: TensorMap, tokens: number): Float32Array =>
  tokenRows(features, ["residue_index", "token_index", "asym_id", "entity_id", "sym_id"], undefined, tokens);

const form: FlatForm = {
  atomInputs,
  atomValues,
  tokenTable,
  atomMask: (_, atoms) => new Float32Array(atoms).fill(1),
  centreWeights,
};

/** @param valued whether the weights have values: without them a plan can be inspected but not run */
export function denoiserOf(weights: DiffusionModuleWeights, config: DiffusionConfig, valued: boolean): FlatDenoiser {
  const { c_s, c_z, c_s_inputs, sigma_data: spread } = config;
  const fourier = valued ? fourierOf(weights.fourier) : undefined;
  return {
    form,
    weights,
    widths: { pair: c_z, single: c_s, inputs: c_s_inputs },
    spread,
    embed: fourier && ((levels) => fourierEmbedding(levels, spread, fourier, 2 * Math.PI)),
  };
}
