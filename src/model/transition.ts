/** Transition: algorithm 11 of the AlphaFold 3 supplement, a two-layer network with SwiGLU on every row. */
import { bytesOf, elements } from "../gpu/plan/dtype.ts";
import { type Plan, reshape, type Tensor } from "../gpu/plan/plan.ts";
import { projectResidual } from "../kernels/project_residual.ts";
import { swiglu } from "../kernels/swiglu.ts";
import { transition as fusedTransition } from "../kernels/transition.ts";
import { chunksOf } from "./chunks.ts";
import type { LayerNorm, Linear } from "./linear.ts";
import {
  channelInputs,
  columnsOf,
  interleave,
  normalisedProjection,
  padded,
  plainProjection,
  unscaled,
} from "./projection.ts";

export interface TransitionWeights {
  readonly norm: LayerNorm;
  /** Passes through SiLU. */
  readonly gate: Linear;
  readonly value: Linear;
  readonly output: Linear;
}

/**
 * Adds a transition to a representation in place: in one kernel where that pays, else in chunks of rows. The wide middle never
 * exists as a whole.
 * @param representation [..., C], updated
 */
export function transition(plan: Plan, representation: Tensor, weights: TransitionWeights): void {
  const C = representation.shape[representation.shape.length - 1];
  const rows = elements(representation.shape) / C;
  const source = reshape(representation, [rows, C]);
  const hiddenWidth = padded(weights.value.outputs);
  const up = normalisedProjection(
    plan,
    "up",
    weights.norm,
    interleave(columnsOf(weights.gate), columnsOf(weights.value)),
  );
  const down = plainProjection(plan, "down", weights.output, channelInputs(weights.output.inputs));
  const { channels: CHANNELS } = weights.norm;
  if (plan.fuses(fusedTransition, { rows, C: source.shape[1], COLUMNS: 2 * hiddenWidth }, { CHANNELS })) {
    plan.dispatch(
      fusedTransition,
      { up_weights: up.weights, up_terms: up.terms, down_weights: down, representation: source },
      { params: { CHANNELS }, scalars: {} },
    );
    return;
  }
  for (const { first, count } of chunksOf(plan, rows, bytesOf([hiddenWidth], plan.operand), representation.bytes)) {
    const { hidden } = plan.dispatch(
      swiglu,
      { source, ...up },
      { params: { CHANNELS }, scalars: { first_row: first, rows: count }, store: { hidden: plan.operand } },
    );
    plan.dispatch(
      projectResidual,
      { x: hidden, weights: down, ...unscaled(plan, source.shape[1]), residual: source },
      { scalars: { n: 1, first_row: first } },
    );
  }
}
