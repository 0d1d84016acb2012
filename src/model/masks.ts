/** Masks as the layers take them: float32, rows padded with zeros to a multiple of four. */
import type { Tensor } from "../gpu/plan/plan.ts";

export interface PairMasks {
  /** [n, pitch]: row i holds mask(i, ·). */
  readonly rows: Tensor;
  /** [n, pitch]: row i holds mask(·, i). */
  readonly columns: Tensor;
}

export interface SingleMasks {
  /** [1, pitch]: the mask over keys. */
  readonly keys: Tensor;
  /** [n], or [0] where the engine does not mask the update of the queries. */
  readonly queries: Tensor;
}

/** How an engine keeps masked keys out of a softmax. */
export type KeyMasking =
  /** penalty · (mask − 1) is added to the logit, before the pair bias. */
  | { readonly kind: "penalty"; readonly penalty: number }
  /** The logit is replaced by the smallest finite float: a row whose keys are all masked averages them. */
  | { readonly kind: "replace" };
