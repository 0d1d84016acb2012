/** Copies and sums of representations: kept for later, left where a later section looks for them, or added to each other. */
import { elements } from "../gpu/plan/dtype.ts";
import { type Plan, reshape, type Tensor } from "../gpu/plan/plan.ts";
import { add } from "../kernels/add.ts";
import { copy } from "../kernels/copy.ts";
import { joinRows } from "../kernels/join_rows.ts";
import { nothing, padded } from "./projection.ts";

const flat = (tensor: Tensor): Tensor => reshape(tensor, [elements(tensor.shape)]);

/** A new tensor with the same values. */
export const copyOf = (plan: Plan, tensor: Tensor): Tensor =>
  reshape(plan.dispatch(copy, { source: flat(tensor) }, { scalars: {} }).copied, tensor.shape);

/** Overwrites a tensor of the same size. */
export function copyInto(plan: Plan, from: Tensor, to: Tensor): void {
  plan.dispatch(copy, { source: flat(from) }, { scalars: {}, into: { copied: flat(to) } });
}

/** What becomes of rows; see the kernel `add`. */
export interface SumOptions {
  /** [rows, C], or fewer rows that repeat: added. */
  readonly added?: Tensor;
  /** [rows], or fewer that repeat: multiplies the sums. */
  readonly mask?: Tensor | undefined;
  /** Whether the sums' positive part is taken. */
  readonly rectify?: boolean;
  /** How many rows the result has; as many as the longer summand by default. */
  readonly rows?: number;
}

/**
 * New rows: the given ones with others added, rectified, masked.
 * @param x [rows, C], or fewer rows that repeat
 * @returns [rows, C]
 */
export function sumRows(plan: Plan, x: Tensor, options: SumOptions): Tensor {
  const { added, mask, rectify = false } = options;
  const rows = options.rows ?? Math.max(x.shape[0], added?.shape[0] ?? 0);
  return plan.dispatch(
    add,
    { x, z: added ?? nothing(plan, [0, x.shape[1]]), mask: mask ?? nothing(plan) },
    { params: { SUMMED: added !== undefined, MASKED: mask !== undefined, RECTIFY: rectify }, scalars: { rows } },
  ).y;
}

/** The sum of two pair representations [n, n, C], a new tensor. */
export function pairSum(plan: Plan, a: Tensor, b: Tensor): Tensor {
  const [n, , C] = a.shape;
  const rows = (tensor: Tensor): Tensor => reshape(tensor, [n * n, C]);
  return reshape(sumRows(plan, rows(b), { added: rows(a) }), a.shape);
}

/** A new tensor of the shape of another [..., C], all zeros. */
export function zerosLike(plan: Plan, like: Tensor): Tensor {
  const C = like.shape[like.shape.length - 1];
  const row = plan.constant("zeros", [1, C], () => new Float32Array(C));
  return reshape(sumRows(plan, row, { rows: elements(like.shape) / C }), like.shape);
}

/** Rows of which only so many channels count. */
export interface Channels {
  /** [rows, C] */
  readonly rows: Tensor;
  readonly channels: number;
}

/** The channels of two representations side by side, padded behind both: a new tensor [rows, padded C]. */
export const sideBySide = (plan: Plan, a: Channels, b: Channels): Tensor =>
  plan.dispatch(
    joinRows,
    { a: a.rows, b: b.rows },
    { scalars: { pitch: padded(a.channels + b.channels), a_channels: a.channels, b_channels: b.channels } },
  ).y;
