/** deepmind's denoiser on a plan: what it takes from the host, and what the host makes of its answer. */

import type { TensorMap } from "../../formats/tensor.ts";
import { type Output, type Plan, reshape, type Tensor } from "../../gpu/plan/plan.ts";
import { type DiffusionConfig, FOURIER_WIDTH } from "../../model/deepmind/diffusion_head.ts";
import { fourierEmbedding } from "../../model/deepmind/fourier.ts";
import { type DiffusionWeights, denoise, prepareDiffusion } from "../../model/diffusion.ts";
import { nothing, padded } from "../../model/projection.ts";
import type { Session } from "../core/component.ts";
import { dataOf, floatsOf } from "../core/inputs.ts";
import { padRows, sideBySide, tokenRows } from "../core/padding.ts";
import { atomInputs, atomValues, fromQueries, toQueries } from "./atoms.ts";

/** Standard deviation of the data in ångström. */
export const SIGMA_DATA = 16;

/** The sections of a plan that denoises. */
export const PREPARE = "diffusion conditioning";
export const DENOISE = "denoising";

/** A recorded diffusion. */
export interface Diffusion {
  /**
   * Prepares what all calls of the denoiser share.
   * @param trunk values of the representations, where they are inputs of the plan
   */
  prepare(session: Session, features: TensorMap, embeddings: Embeddings, trunk?: PairAndSingle): Promise<void>;
  /**
   * Denoises all samples' positions at one noise level.
   * @param positions per sample [tokens, 24, 3] in ångström
   * @param level in ångström
   * @returns the denoised positions, per sample
   */
  denoise(
    session: Session,
    features: TensorMap,
    positions: readonly Float64Array[],
    level: number,
  ): Promise<Float64Array[]>;
}

/** What the conditioning is made of, [n, C]. */
interface Embeddings {
  readonly single: ArrayLike<number>;
  readonly target: ArrayLike<number>;
}

/** Values [n, n, C] and [n, C]. */
interface PairAndSingle {
  readonly pair: Float32Array;
  readonly single: Float32Array;
}

/**
 * Records both sections: what is prepared once per fold, and one call of the denoiser.
 * @param trunk the representations [n, n, C] and [n, C] where the plan has made them; otherwise they are inputs
 */
export function recordDiffusion(
  plan: Plan,
  { tokens: n, windows, samples }: { readonly tokens: number; readonly windows: number; readonly samples: number },
  weights: DiffusionWeights,
  config: DiffusionConfig,
  trunk?: { readonly pair: Tensor; readonly single: Tensor },
): Diffusion {
  const { c_s, c_z, c_target } = config;
  const { inputs, prepared } = plan.section(PREPARE, () => {
    const inputs = {
      pair: trunk?.pair ?? plan.input("pair", [n, n, padded(c_z)]),
      single: trunk?.single ?? plan.input("single", [n, padded(c_s)]),
      singles: plan.input("single and target_feat", [n, padded(c_s + c_target)]),
      tokens: plan.input("tokens", [n, 8]),
      masks: { keys: plan.input("key mask", [samples, padded(n)]), queries: nothing(plan) },
      atoms: atomInputs(plan, n, windows),
    };
    return { inputs, prepared: prepareDiffusion(plan, inputs, weights) };
  });
  const call = plan.section(DENOISE, () => {
    const positions = plan.input("positions", [samples, inputs.atoms.tokenOf.shape[0], 4]);
    const fourier = plan.input("noise level", [1, FOURIER_WIDTH]);
    const rows = reshape(positions, [samples * inputs.atoms.tokenOf.shape[0], 4]);
    const update = plan.output("update", denoise(plan, rows, fourier, prepared, inputs, weights));
    return { positions, fourier, update };
  });
  return {
    async prepare(session, features, { single, target }, representations) {
      const mask = padRows(floatsOf(features, "seq_mask"), n);
      const keyMask = new Float32Array(samples * mask.length);
      for (let sample = 0; sample < samples; sample++) keyMask.set(mask, sample * mask.length);
      const parts = [
        { data: single, channels: c_s },
        { data: target, channels: c_target },
      ];
      const values = new Map([
        [inputs.singles, sideBySide(parts, n)],
        [inputs.tokens, tokenTable(features, n)],
        [inputs.masks.keys, keyMask],
        ...atomValues(inputs.atoms, features, n),
      ]);
      if (representations) {
        values.set(inputs.pair, padRows(representations.pair, c_z));
        values.set(inputs.single, padRows(representations.single, c_s));
      }
      await session.run(PREPARE, values);
    },
    denoise: (session, features, positions, level) => denoiseSamples(session, call, features, positions, level),
  };
}

/** Token features as the relative encoding takes them. */
export const tokenTable = (features: TensorMap, tokens: number): Float32Array =>
  tokenRows(features, ["residue_index", "token_index", "asym_id", "entity_id", "sym_id"], "seq_mask", tokens);

async function denoiseSamples(
  session: Session,
  call: { readonly positions: Tensor; readonly fourier: Tensor; readonly update: Output },
  features: TensorMap,
  positions: readonly Float64Array[],
  level: number,
): Promise<Float64Array[]> {
  const atoms = dataOf(features, "token_atoms_to_queries:gather_idxs").length;
  const variance = level ** 2 + SIGMA_DATA ** 2;
  const scaled = new Float32Array(positions.length * atoms * 4);
  positions.forEach((sample, index) => {
    toQueries(features, sample, 1 / Math.sqrt(variance), scaled.subarray(4 * atoms * index));
  });
  const outputs = await session.run(
    DENOISE,
    new Map([
      [call.positions, scaled],
      [call.fourier, fourierEmbedding(level)],
    ]),
  );
  const updates = outputs.get(call.update);
  const mask = dataOf(features, "pred_dense_atom_mask");
  const [kept, added] = [SIGMA_DATA ** 2 / variance, (SIGMA_DATA * level) / Math.sqrt(variance)];
  return positions.map((sample, index) => {
    const own = updates.subarray(4 * atoms * index, 4 * atoms * (index + 1));
    return sample.map((value, at) => {
      const slot = Math.floor(at / 3);
      return mask[slot] ? kept * value + added * fromQueries(features, own, slot, at % 3) : 0;
    });
  });
}
