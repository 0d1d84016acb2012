/** Layers that a conditioning steers: algorithms 24 to 26 of the AlphaFold 3 supplement, as the engines arrange them. */
import type { Plan, Tensor } from "../gpu/plan/plan.ts";
import { adaptiveNorm } from "../kernels/adaptive_norm.ts";
import { swiglu } from "../kernels/swiglu.ts";
import { type LayerNorm, type Linear, plainNorm } from "./linear.ts";
import { type Column, columnsOf, interleave, unnormalisedProjection } from "./projection.ts";
import { addRows, projectRows } from "./rows.ts";

/** σ(scale) · LN(x) + shift, where scale and shift are maps of the normalised conditioning. */
export interface AdaptiveNormWeights {
  /** Of the conditioning; the engines' have a scale and no offset. */
  readonly conditionNorm: LayerNorm;
  readonly scale: Linear;
  readonly shift: Linear;
}

export interface ConditionedTransitionWeights {
  readonly norm: AdaptiveNormWeights;
  /** Passes through SiLU. */
  readonly gate: Linear;
  readonly value: Linear;
  readonly output: Linear;
  /** From the conditioning as it is, not normalised. */
  readonly outputGate: Linear;
}

/** What a block takes from the conditioning: made once as long as the conditioning stays. */
export interface BlockConditions {
  /** [condition rows, 2 × norms, C]: scale and shift of each adaptive norm. */
  readonly norms: Tensor;
  /** Per gated update, [condition rows, C], after the sigmoid. */
  readonly gates: readonly Tensor[];
}

/**
 * Maps the conditioning to what one block needs of it.
 * @param conditioning [rows, padded channels]
 */
export function blockConditions(
  plan: Plan,
  conditioning: Tensor,
  norms: readonly AdaptiveNormWeights[],
  outputGates: readonly Linear[],
): BlockConditions {
  const columns: Column[] = norms.flatMap(({ conditionNorm, scale, shift }) => [
    ...columnsOf(scale, 1, conditionNorm),
    ...columnsOf(shift, 1, conditionNorm),
  ]);
  const norm = plainNorm(norms[0].conditionNorm.channels);
  const projected = projectRows(plan, "adaptive norms", conditioning, columns, { norm });
  const parts = 2 * norms.length;
  return {
    norms: { ...projected, shape: [projected.shape[0], parts, columns.length / parts] },
    gates: outputGates.map((gate) =>
      projectRows(plan, "output gate", conditioning, columnsOf(gate), { activation: "sigmoid" }),
    ),
  };
}

/** Normalises `x` [rows, C] by the n-th adaptive norm of a block's conditions. */
export function adaptiveRows(plan: Plan, x: Tensor, channels: number, { norms }: BlockConditions, n: number): Tensor {
  return plan.dispatch(
    adaptiveNorm,
    { x, conditions: norms },
    { params: { CHANNELS: channels, PART: 2 * n }, scalars: {} },
  ).y;
}

/**
 * Adds a conditioned transition to a representation in place.
 * @param x [rows, C], updated
 * @param at which adaptive norm and which gate of the conditions are the transition's
 */
export function conditionedTransition(
  plan: Plan,
  x: Tensor,
  conditions: BlockConditions,
  at: { readonly norm: number; readonly gate: number },
  weights: Omit<ConditionedTransitionWeights, "norm" | "outputGate">,
): void {
  const { gate, value, output } = weights;
  const normed = adaptiveRows(plan, x, gate.inputs, conditions, at.norm);
  const columns = interleave(columnsOf(gate), columnsOf(value));
  const up = unnormalisedProjection(plan, "up", columns, { alwaysTerms: true });
  const { hidden } = plan.dispatch(
    swiglu,
    { source: normed, ...up },
    {
      params: { CHANNELS: gate.inputs, NORMALISE: false },
      scalars: { first_row: 0, rows: normed.shape[0] },
      store: { hidden: plan.operand },
    },
  );
  addRows(plan, "down", hidden, columnsOf(output), x, { gate: conditions.gates[at.gate] });
}
