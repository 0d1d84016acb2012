/** ligo's denoiser on a plan: what it takes from the host, and what the host makes of its answer. */

import type { TensorMap } from "../../formats/tensor.ts";
import { type Output, type Plan, reshape, type Tensor } from "../../gpu/plan/plan.ts";
import { type DiffusionInputs, type DiffusionWeights, denoise, prepareDiffusion } from "../../model/diffusion.ts";
import type { DiffusionConfig, DiffusionModuleWeights } from "../../model/ligo/diffusion_module.ts";
import { FOURIER_WIDTH, fourierEmbedding } from "../../model/ligo/fourier.ts";
import { padded } from "../../model/projection.ts";
import type { Session } from "../core/component.ts";
import { floatsOf } from "../core/inputs.ts";
import { padRows, sideBySide, tokenRows } from "../core/padding.ts";
import { atomInputs, atomValues } from "./atoms.ts";

/** The sections of a plan that denoises. */
export const PREPARE = "diffusion conditioning";
export const DENOISE = "denoising";

/** The embedding's weights on the host, which embeds the noise levels. */
export interface Fourier {
  readonly frequencies: Float32Array;
  readonly phases: Float32Array;
}

export const fourierOf = ({ fourier }: DiffusionModuleWeights): Fourier => ({
  frequencies: fourier.frequencies(),
  phases: fourier.phases(),
});

/** A recorded diffusion. */
export interface Diffusion {
  /**
   * Prepares what all calls of the denoiser share.
   * @param embeddings the single representation and the single inputs, [n, C]
   * @param pair values [n, n, C], where the representations are inputs of the plan; then all features are, too
   */
  prepare(
    session: Session,
    features: TensorMap,
    embeddings: { readonly single: Float32Array; readonly inputs: Float32Array },
    pair?: Float32Array,
  ): Promise<void>;
  /**
   * Denoises all samples' positions.
   * @param positions per sample [atoms, 3] in ångström
   * @param levels in ångström: one for all samples, or one for each, as the plan was recorded
   * @returns the denoised positions, per sample
   */
  denoise(session: Session, positions: readonly Float64Array[], levels: readonly number[]): Promise<Float64Array[]>;
}

/**
 * Records both sections: what is prepared once per fold, and one call of the denoiser.
 * @param sizes tokens, atoms, samples, and the noise levels of one call: one, or as many as samples
 * @param noise what embeds noise levels; without it the plan can be inspected but not run
 * @param trunk representations and features where the plan has them; otherwise they are inputs
 */
export function recordDiffusion(
  plan: Plan,
  sizes: { readonly tokens: number; readonly atoms: number; readonly samples: number; readonly levels: number },
  weights: DiffusionWeights,
  config: DiffusionConfig,
  noise: Fourier | undefined,
  trunk?: Omit<DiffusionInputs, "singles" | "masks"> & { readonly tokenMask: Tensor },
): Diffusion {
  const { tokens: n, atoms, samples, levels } = sizes;
  const { c_token, c_tokenpair } = config;
  const { inputs, prepared } = plan.section(PREPARE, () => {
    const { tokenMask, ...given } = trunk ?? {
      pair: plan.input("pair", [n, n, padded(c_tokenpair)]),
      single: plan.input("single", [n, padded(c_token)]),
      tokens: plan.input("tokens", [n, 8]),
      tokenMask: plan.input("token mask", [n]),
      atoms: atomInputs(plan, n, atoms),
    };
    const inputs = {
      ...given,
      singles: plan.input("single and single inputs", [n, padded(2 * c_token)]),
      masks: { keys: plan.input("key masks", [samples, padded(n)]), queries: tokenMask },
    };
    return { inputs, prepared: prepareDiffusion(plan, inputs, weights) };
  });
  const call = plan.section(DENOISE, () => {
    const positions = plan.input("positions", [samples, atoms, 4]);
    const fourier = plan.input("noise levels", [levels, FOURIER_WIDTH]);
    const rows = reshape(positions, [samples * atoms, 4]);
    const update = plan.output("update", denoise(plan, rows, fourier, prepared, inputs, weights));
    return { positions, fourier, update };
  });
  return {
    async prepare(session, features, embeddings, pair) {
      const mask = floatsOf(features, "token_mask");
      const keys = padRows(mask, n);
      const keyMask = new Float32Array(samples * keys.length);
      for (let sample = 0; sample < samples; sample++) keyMask.set(keys, sample * keys.length);
      const parts = [
        { data: embeddings.single, channels: c_token },
        { data: embeddings.inputs, channels: c_token },
      ];
      const values = new Map([
        [inputs.singles, sideBySide(parts, n)],
        [inputs.masks.keys, keyMask],
      ]);
      if (pair) {
        values.set(inputs.pair, padRows(pair, c_tokenpair));
        values.set(inputs.single, padRows(embeddings.single, c_token));
        values.set(inputs.tokens, tokenTable(features, n));
        values.set(inputs.masks.queries, mask);
        for (const [input, data] of atomValues(inputs.atoms, features, n)) values.set(input, data);
      }
      await session.run(PREPARE, values);
    },
    denoise(session, positions, levels) {
      if (!noise) throw new Error("recorded without weights");
      return denoiseSamples(session, call, positions, levels, config.sd_data, noise);
    },
  };
}

/** Token features as the relative encoding takes them. Quirk 21: `sym_id` is never read; any feature may stand in its place. */
export const tokenTable = (features: TensorMap, tokens: number): Float32Array =>
  tokenRows(features, ["residue_index", "token_index", "asym_id", "entity_id", "asym_id"], "token_mask", tokens);

export async function denoiseSamples(
  session: Session,
  call: { readonly positions: Tensor; readonly fourier: Tensor; readonly update: Output },
  positions: readonly Float64Array[],
  levels: readonly number[],
  spread: number,
  fourier: Fourier,
): Promise<Float64Array[]> {
  const atoms = positions[0].length / 3;
  const scaled = new Float32Array(positions.length * atoms * 4);
  const levelOf = (sample: number): number => levels[sample % levels.length];
  positions.forEach((sample, index) => {
    const scale = 1 / Math.sqrt(spread ** 2 + levelOf(index) ** 2);
    sample.forEach((value, at) => {
      scaled[4 * (index * atoms + Math.floor(at / 3)) + (at % 3)] = scale * value;
    });
  });
  const outputs = await session.run(
    DENOISE,
    new Map([
      [call.positions, scaled],
      [call.fourier, fourierEmbedding(levels, spread, fourier)],
    ]),
  );
  const updates = outputs.get(call.update);
  return positions.map((sample, index) => {
    const variance = spread ** 2 + levelOf(index) ** 2;
    const [kept, added] = [spread ** 2 / variance, (spread * levelOf(index)) / Math.sqrt(variance)];
    // Masked atoms have positions like all others.
    return sample.map(
      (value, at) => kept * value + added * updates[4 * (index * atoms + Math.floor(at / 3)) + (at % 3)],
    );
  });
}
