/** Heads that answer with a distribution over bins: logits, and what is expected under their softmax. */
import { type Plan, reshape, type Tensor } from "../gpu/plan/plan.ts";
import { addTransposed } from "../kernels/add_transposed.ts";
import { binAverage } from "../kernels/bin_average.ts";
import { project } from "../kernels/project.ts";
import { type LayerNorm, type Linear, vectorAt } from "./linear.ts";
import { type Column, channelInputs, normalisedProjection, nothing, padded, plainProjection } from "./projection.ts";

/**
 * Logits of a head that normalises its source.
 * @param source [rows, C]
 * @param columns the outputs of the head's map as the device lays them out
 * @returns [rows, columns]
 */
export function normalisedLogits(
  plan: Plan,
  name: string,
  source: Tensor,
  norm: LayerNorm,
  columns: readonly Column[],
): Tensor {
  return plan.dispatch(
    project,
    { source, ...normalisedProjection(plan, name, norm, columns), mask: nothing(plan) },
    { params: { CHANNELS: norm.channels, NORMALISE: true }, scalars: { first_row: 0, rows: source.shape[0] } },
  ).y;
}

/**
 * Logits of every pair (i, j), those of (j, i) added: a bias counts twice.
 * @param pair [n, n, C]
 * @returns [n, n, bins padded to a multiple of four]
 */
export function symmetricLogits(plan: Plan, pair: Tensor, map: Linear): Tensor {
  const [n, , C] = pair.shape;
  const { y: x } = plan.dispatch(
    project,
    {
      source: reshape(pair, [n * n, C]),
      weights: plainProjection(plan, "half logits", map, channelInputs(map.inputs)),
      terms: biasTerms(plan, map),
      mask: nothing(plan),
    },
    { params: { CHANNELS: map.inputs }, scalars: { first_row: 0, rows: n * n } },
  );
  return plan.dispatch(addTransposed, { x: reshape(x, [n, n, padded(map.outputs)]) }, { scalars: {} }).y;
}

/** The second row holds the biases; without a norm nothing reads the first. */
function biasTerms(plan: Plan, { outputs, bias }: Linear): Tensor {
  const columns = padded(outputs);
  if (!bias) return nothing(plan, [0, columns]);
  return plan.constant("half logits terms", [2, columns], () => {
    const view = bias();
    return Float32Array.from({ length: 2 * columns }, (_, at) =>
      at >= columns && at - columns < outputs ? vectorAt(view, at - columns) : 0,
    );
  });
}

/** How the rows of logits are read. */
export interface BinRows {
  /** Adds the logits of (j, i) to those of the pair (i, j). */
  readonly symmetric?: boolean;
  /** [n]: multiplies the result of pair (i, j) by the mask of both tokens. */
  readonly mask?: Tensor;
}

/**
 * What is expected of a value per bin under the softmax of each row's logits.
 * @param logits [rows, B], or of n tokens [n, n, B]
 * @param values one per bin; what pads the row beyond them counts nothing
 * @returns [rows]
 */
export function expectation(
  plan: Plan,
  name: string,
  logits: Tensor,
  values: readonly number[],
  { symmetric = false, mask }: BinRows = {},
): Tensor {
  const { shape } = logits;
  const B = shape[shape.length - 1];
  const [n, rows] = shape.length === 3 ? [shape[0], shape[0] * shape[1]] : [1, shape[0]];
  return plan.dispatch(
    binAverage,
    {
      logits: reshape(logits, [rows, B]),
      values: plan.constant(`${name} values`, [B], () =>
        Float32Array.from({ length: B }, (_, bin) => values[bin] ?? 0),
      ),
      mask: mask ?? nothing(plan),
    },
    { params: { BINS: values.length, SYMMETRIC: symmetric, MASKED: mask !== undefined }, scalars: { n } },
  ).average;
}

/** `count` numbers from first to last at equal distances, in double precision. */
export const linspace = (first: number, last: number, count: number): number[] =>
  Array.from({ length: count }, (_, at) => (count === 1 ? first : first + ((last - first) * at) / (count - 1)));
