/** Masks of engines without masks, whose tokens are all there: ones. */
import type { Plan, Tensor } from "../gpu/plan/plan.ts";
import type { PairMasks, SingleMasks } from "./masks.ts";
import { nothing, padded } from "./projection.ts";

/** `rows` rows of `count` ones each, padded with zeros: [rows, pitch]. */
function ones(plan: Plan, rows: number, count: number): Tensor {
  const pitch = padded(count);
  return plan.constant("ones", [rows, pitch], () =>
    Float32Array.from({ length: rows * pitch }, (_, at) => Number(at % pitch < count)),
  );
}

/** The masks of pairs and tokens of which none is masked. */
export function allPresent(plan: Plan, n: number): { readonly pair: PairMasks; readonly single: SingleMasks } {
  const rows = ones(plan, n, n);
  return {
    pair: { rows, columns: rows },
    single: { keys: ones(plan, 1, n), queries: nothing(plan) },
  };
}
