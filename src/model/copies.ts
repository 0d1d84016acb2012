/** Copies of representations: kept for later, left where a later section looks for them, or added to one. */
import { elements } from "../gpu/plan/dtype.ts";
import { type Plan, reshape, type Tensor } from "../gpu/plan/plan.ts";
import { copy } from "../kernels/copy.ts";
import { gatherRows } from "./atom_features.ts";

const flat = (tensor: Tensor): Tensor => reshape(tensor, [elements(tensor.shape)]);

/** A new tensor with the same values. */
export const copyOf = (plan: Plan, tensor: Tensor): Tensor =>
  reshape(plan.dispatch(copy, { source: flat(tensor) }, { scalars: {} }).copied, tensor.shape);

/** Overwrites a tensor of the same size. */
export function copyInto(plan: Plan, from: Tensor, to: Tensor): void {
  plan.dispatch(copy, { source: flat(from) }, { scalars: {}, into: { copied: flat(to) } });
}

/** The sum of two pair representations [n, n, C], a new tensor. */
export function pairSum(plan: Plan, a: Tensor, b: Tensor): Tensor {
  const [n, , C] = a.shape;
  const rows = (tensor: Tensor): Tensor => reshape(tensor, [n * n, C]);
  const index = plan.constant("own rows", [n], () => Float32Array.from({ length: n }, (_, row) => row));
  return reshape(gatherRows(plan, rows(a), { base: rows(b), index, samples: n, perSample: true }), a.shape);
}
