/** Copies of representations: kept for later, or left where a later section looks for them. */
import { type Plan, reshape, type Tensor } from "../gpu/plan.ts";
import { copy } from "../kernels/copy.ts";

const flat = (tensor: Tensor): Tensor => reshape(tensor, [tensor.bytes / 4]);

/** A new tensor with the same values. */
export const copyOf = (plan: Plan, tensor: Tensor): Tensor =>
  reshape(plan.dispatch(copy, { source: flat(tensor) }, { scalars: {} }).copied, tensor.shape);

/** Overwrites a tensor of the same size. */
export function copyInto(plan: Plan, from: Tensor, to: Tensor): void {
  plan.dispatch(copy, { source: flat(from) }, { scalars: {}, into: { copied: flat(to) } });
}
