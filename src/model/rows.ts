/** Linear maps of the rows of a representation: alone, normalised, gated, or added to a residual stream. */
import type { Precision } from "../gpu/plan/kernel.ts";
import type { Plan, Tensor } from "../gpu/plan/plan.ts";
import { normaliseAdd } from "../kernels/normalise_add.ts";
import { activations, project } from "../kernels/project.ts";
import { projectResidual } from "../kernels/project_residual.ts";
import { type LayerNorm, vectorAt } from "./linear.ts";
import {
  type Column,
  type NormalisedProjection,
  normalisedProjection,
  nothing,
  padded,
  unnormalisedProjection,
} from "./projection.ts";

export interface RowOptions {
  /** Normalises the rows before the map. */
  readonly norm?: LayerNorm;
  readonly activation?: keyof typeof activations;
  /** [rows], or fewer that repeat: multiplies the rows of the result. */
  readonly mask?: Tensor | undefined;
  /** The rows of the source to take; all of them by default. */
  readonly rows?: { readonly first: number; readonly count: number };
  /** An array, or slice of one, that takes the result in place of a new one. */
  readonly into?: Tensor;
  /** How a new result is stored: as an operand where it is multiplied next, float32 by default. */
  readonly store?: Precision;
  /** For each position of the source's rows, the input of the maps that stands there; in order by default. */
  readonly inputs?: readonly (number | undefined)[];
}

/**
 * Maps every row.
 * @param source [rows, padded channels]
 * @returns [rows, columns]
 */
export function projectRows(
  plan: Plan,
  name: string,
  source: Tensor,
  columns: readonly Column[],
  options: RowOptions = {},
): Tensor {
  const { norm, activation = "none", mask, rows = { first: 0, count: source.shape[0] } } = options;
  return plan.dispatch(
    project,
    { source, ...prepared(plan, name, columns, options), mask: mask ?? nothing(plan) },
    {
      params: {
        CHANNELS: norm?.channels ?? source.shape[1],
        NORMALISE: norm !== undefined,
        MASKED: mask !== undefined,
        ACTIVATION: activations[activation],
      },
      scalars: { first_row: rows.first, rows: rows.count },
      ...(options.into && { into: { y: options.into } }),
      ...(options.store && { store: { y: options.store } }),
    },
  ).y;
}

/**
 * Maps every row and adds the result to a residual stream in place.
 * @param source [rows, padded channels]
 * @param residual [rows, columns], updated
 * @param gate [rows, columns], or fewer rows that repeat: multiplies the update
 */
export function addRows(
  plan: Plan,
  name: string,
  source: Tensor,
  columns: readonly Column[],
  residual: Tensor,
  options: Omit<RowOptions, "activation" | "store"> & { readonly gate?: Tensor; readonly firstRow?: number } = {},
): void {
  const { norm, mask, gate, firstRow = 0 } = options;
  plan.dispatch(
    projectResidual,
    {
      x: source,
      ...prepared(plan, name, columns, options),
      mask: mask ?? nothing(plan),
      gate: gate ?? nothing(plan, [0, columns.length]),
      residual,
    },
    {
      params: {
        CHANNELS: norm?.channels ?? source.shape[1],
        NORMALISE: norm !== undefined,
        MASKED: mask !== undefined,
        GATED: gate !== undefined,
      },
      scalars: { n: 1, first_row: firstRow },
    },
  );
}

const prepared = (
  plan: Plan,
  name: string,
  columns: readonly Column[],
  { norm, inputs }: RowOptions,
): NormalisedProjection =>
  norm ? normalisedProjection(plan, name, norm, columns) : unnormalisedProjection(plan, name, columns, { inputs });

/**
 * The layer norm of every row.
 * @param x [rows, padded channels]
 * @param limit where the values are first drawn between −limit and limit
 */
export function normalisedRows(plan: Plan, x: Tensor, { channels, scale, offset }: LayerNorm, limit?: number): Tensor {
  const C = padded(channels);
  const norm = plan.constant("norm", [2, C], () => {
    const views = [scale(), offset()];
    return Float32Array.from({ length: 2 * C }, (_, at) =>
      at % C < channels ? vectorAt(views[Math.floor(at / C)], at % C) : 0,
    );
  });
  return plan.dispatch(
    normaliseAdd,
    { x, norm, before: nothing(plan, [0, C]) },
    { params: { CHANNELS: channels, LIMITED: limit !== undefined }, scalars: { limit: limit ?? 0 } },
  ).y;
}
