/** In which precision a plan is recorded: `mixed` stores the operands of matrix products as halves; everything else stays float32. */
import { fromHalf, toHalf } from "../../formats/half.ts";
import type { Precision } from "./kernel.ts";

/**
 * `f32`: everything in float32. `mixed`: weights and operands of matrix products in half precision (binary16); sums, residual
 * streams, norms, softmax, logits and positions in float32.
 */
export type PrecisionMode = "f32" | "mixed";

export const precisionModes: readonly PrecisionMode[] = ["f32", "mixed"];

/** What a target asks of the plans that are recorded for it. */
export interface PrecisionPolicy {
  readonly mode: PrecisionMode;
  /** Of parts of a network that stay float32 unless they are named here; see `Plan.part`. */
  readonly parts?: Readonly<Record<string, PrecisionMode>>;
  /** Names of weights that stay float32 because half precision cannot hold them; see {@link roundedToHalf}. */
  readonly float32?: ReadonlySet<string>;
}

/** The element type of operands. */
export const operandType = (mode: PrecisionMode): Precision => (mode === "mixed" ? "f16" : "f32");

/** The largest half. */
export const LARGEST_HALF = 65504;

/**
 * The relative error of a column's norm that rounding may cost. Halves keep eleven bits, which costs 2^-12 or less in the root mean
 * square; more is lost only where values are smaller than the least normal half, 6.1e-5.
 */
const MOST_LOST = 2 ** -10;

/** Weights as halves hold them. */
export interface Rounded {
  /** What the halves are worth. */
  readonly values: Float32Array;
  /** Why half precision cannot hold them, or undefined. */
  readonly problem: string | undefined;
}

/**
 * Rounds weights to half precision and probes their range.
 * @param pitch values of a column, which follow each other: each column is judged alone, since a norm may follow that makes
 *   small ones large again
 */
export function roundedToHalf(weights: Float32Array, pitch: number): Rounded {
  const values = fromHalf(toHalf(weights));
  return { values, problem: problemOf(weights, values, pitch) };
}

function problemOf(weights: Float32Array, rounded: Float32Array, pitch: number): string | undefined {
  let [largest, worst] = [0, 0];
  for (let start = 0; start < weights.length; start += pitch) {
    let [lost, squares] = [0, 0];
    for (let at = start; at < start + pitch; at++) {
      largest = Math.max(largest, Math.abs(weights[at]));
      lost += (weights[at] - rounded[at]) ** 2;
      squares += weights[at] ** 2;
    }
    if (squares > 0) worst = Math.max(worst, Math.sqrt(lost / squares));
  }
  if (largest > LARGEST_HALF) return `it holds ${largest.toPrecision(3)}, the largest half is ${LARGEST_HALF}`;
  if (worst > MOST_LOST) return `its values are so small that halves keep them to ${worst.toExponential(0)} only`;
  return undefined;
}
