/** Some edges of a triangle multiplication in double precision: plain loops over algorithm 12. */
import { EPSILON, pitchOf, product, sigmoid } from "../../kernels/check/reference.ts";
import { sampled } from "./draws.ts";
import type { Inputs, Reference } from "./suite.ts";
import type { TrimulWeights } from "./trimul_weights.ts";

export interface TrimulSizes {
  readonly n: number;
  /** Channels of the pair. */
  readonly dim: number;
  readonly hidden: number;
}

/** Rows and columns that are computed: every edge between them. One costs as much as a row of the projections. */
const SAMPLES = 12;

export function trimulReference(
  { n, dim, hidden }: TrimulSizes,
  inputs: Inputs,
  weights: TrimulWeights,
  seed: number,
): Reference {
  const [pair, mask] = [inputs.get("pair") as Float32Array, inputs.get("mask") as Float32Array];
  const edge = (i: number, j: number): Float64Array =>
    layerNorm(pair.subarray((i * n + j) * dim, (i * n + j + 1) * dim), weights.inputScale, weights.inputOffset);
  /** [n, hidden]: one of the two factors for the pairs (i, ·). */
  const factor = (i: number, value: Float32Array, gate: Float32Array): Float64Array => {
    const row = new Float64Array(n * hidden);
    for (let k = 0; k < n; k++) {
      if (!mask[i * pitchOf(n) + k]) continue;
      const x = edge(i, k);
      for (let h = 0; h < hidden; h++)
        row[k * hidden + h] = product(x, value, h * dim) * sigmoid(product(x, gate, h * dim));
    }
    return row;
  };
  const [rows, columns] = ["rows", "columns"].map((name) => sampled(seed, `trimul/${name}`, n, SAMPLES));
  const b = columns.map((j) => factor(j, weights.bValue, weights.bGate));
  const positions: number[] = [];
  const [want, update]: [number[], number[]] = [[], []];
  for (const i of rows) {
    const a = factor(i, weights.aValue, weights.aGate);
    columns.forEach((j, at) => {
      const summed = layerNorm(combine(a, b[at], hidden), weights.outputScale, weights.outputOffset);
      const x = edge(i, j);
      for (let c = 0; c < dim; c++) {
        const position = (i * n + j) * dim + c;
        const own = product(summed, weights.output, c * hidden) * sigmoid(product(x, weights.outputGate, c * dim));
        positions.push(position);
        update.push(own);
        want.push(pair[position] + own);
      }
    });
  }
  return { positions, want: Float64Array.from(want), update: Float64Array.from(update) };
}

/** Σₖ a(k, h) b(k, h) */
function combine(a: Float64Array, b: Float64Array, hidden: number): Float64Array {
  const sums = new Float64Array(hidden);
  for (let at = 0; at < a.length; at++) sums[at % hidden] += a[at] * b[at];
  return sums;
}

function layerNorm(x: ArrayLike<number>, scale: Float32Array, offset: Float32Array): Float64Array {
  const row = Float64Array.from(x);
  const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
  const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
  return row.map((value, at) => ((value - mean) / Math.sqrt(variance + EPSILON)) * scale[at] + offset[at]);
}
