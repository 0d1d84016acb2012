import { defineKernel } from "../gpu/plan/kernel.ts";
import { normalisedRow, pitchOf, product, setGates, sigmoid } from "./check/reference.ts";
import { reduction } from "./check/tolerance.ts";
import { chainVariants } from "./families/chain.ts";

/**
 * The end of an attention of the pair and the projections of the next: what `gated_residual` and `attention_project` do, each pair row
 * read and written once.
 *
 * Rows of `weights`: those of the gates; WIDTH = heads × channels each of q, k and v; HEADS of the bias, padded to a multiple of four; those
 * behind the attention, which has ended, whose HIDDEN inputs may be more or fewer than the C of the others. `biases` holds one for each.
 * The walk is the next attention's: TRANSPOSED, the pair and x [n, n, HIDDEN] stand at (j, i) of it; BIAS_TRANSPOSED writes the bias of
 * walk position (i, j) to [h, j, i]. Positions j ≥ n of the bias are left as they are.
 */
export const attentionToAttention = defineKernel({
  name: "attention_to_attention",
  formula:
    "residual ← residual + (σ(LN(residual) Wg + bg) · x) W,  then q, k, v = LN(residual) W + b,  bias = LN(residual) Wb",
  inputs: { x: ["n", "n", "HIDDEN"], weights: ["weight_rows", "WEIGHT_PITCH"], biases: ["weight_rows"] },
  inouts: { residual: ["n", "n", "C"] },
  outputs: {
    q: ["positions", "WIDTH"],
    k: ["positions", "WIDTH"],
    v: ["positions", "WIDTH"],
    bias: ["HEADS", "n", "pitch"],
  },
  halves: { Operand: ["x"], Weight: ["weights"], Head: ["q", "k", "v"] },
  params: { CHANNELS: 128, WIDTH: 128, HEADS: 4, TRANSPOSED: false, BIAS_TRANSPOSED: false },
  scalars: {},
  uniforms: ["n", "pitch"],
  derive: ({ n, C, HIDDEN, WIDTH, HEADS }) => ({
    pitch: pitchOf(n),
    positions: n * n,
    weight_rows: HIDDEN + 3 * WIDTH + pitchOf(HEADS) + C,
  }),
  variants: chainVariants(4),
  fuses: true,
  work: ({ n, C, HIDDEN, WIDTH, HEADS }) => ({
    rows: n * n,
    columns: C,
    flops: 4 * HIDDEN + 6 * WIDTH + 2 * HEADS,
  }),
  flops: ({ n, CHANNELS, C, HIDDEN, WIDTH, HEADS }) =>
    2 * n * n * (HIDDEN * (CHANNELS + C) + CHANNELS * (3 * WIDTH + HEADS)),
  // Each product reads what those before it left: their errors add up.
  tolerance: ({ CHANNELS, HIDDEN }, precision) => reduction(CHANNELS + HIDDEN, precision),
  rows: ({ n }) => n * n,
  reference({ x, weights, biases, ...before }, { residual, q, k, v, bias }, dims, rows) {
    const { n, pitch, C, CHANNELS, HIDDEN, WIDTH, WEIGHT_PITCH, HEADS, weight_rows, TRANSPOSED, BIAS_TRANSPOSED } =
      dims;
    for (const row of rows) {
      const [i, j] = [Math.floor(row / n), row % n];
      const from = TRANSPOSED ? j * n + i : row;
      const own = Float64Array.from(before.residual.subarray(from * C, from * C + C));
      const project = (source: Float64Array, at: number) => product(source, weights, at * WEIGHT_PITCH) + biases[at];
      const gates = normalisedRow(own, 0, CHANNELS);
      const gated = Float64Array.from({ length: HIDDEN }, (_, h) => x[from * HIDDEN + h] * sigmoid(project(gates, h)));
      for (let c = 0; c < C; c++) own[c] += product(gated, weights, (weight_rows - C + c) * WEIGHT_PITCH);
      residual.set(own, from * C);
      const source = normalisedRow(own, 0, CHANNELS);
      for (let c = 0; c < WIDTH; c++) {
        q[row * WIDTH + c] = project(source, HIDDEN + c);
        k[row * WIDTH + c] = project(source, HIDDEN + WIDTH + c);
        v[row * WIDTH + c] = project(source, HIDDEN + 2 * WIDTH + c);
      }
      for (let h = 0; h < HEADS; h++)
        bias[h * n * pitch + (BIAS_TRANSPOSED ? j * pitch + i : i * pitch + j)] = project(
          source,
          HIDDEN + 3 * WIDTH + h,
        );
    }
  },
  prepare({ weights }, { CHANNELS, HIDDEN, WEIGHT_PITCH }) {
    setGates(weights, WEIGHT_PITCH, CHANNELS, 0, HIDDEN);
  },
  cases: [
    {
      name: "one token",
      dims: { n: 1, HIDDEN: 4, C: 4, WEIGHT_PITCH: 4 },
      params: { CHANNELS: 4, WIDTH: 4, HEADS: 1, TRANSPOSED: true },
    },
    {
      name: "ragged",
      dims: { n: 9, HIDDEN: 68, C: 20, WEIGHT_PITCH: 68 },
      params: { CHANNELS: 18, WIDTH: 52, HEADS: 5, TRANSPOSED: true },
      tags: ["ragged"],
    },
    {
      name: "bias transposed",
      dims: { n: 10, HIDDEN: 36, C: 48, WEIGHT_PITCH: 48 },
      params: { CHANNELS: 47, WIDTH: 20, HEADS: 2, BIAS_TRANSPOSED: true },
      tags: ["ragged"],
    },
    {
      name: "far from zero",
      dims: { n: 6, HIDDEN: 32, C: 64, WEIGHT_PITCH: 64 },
      params: { CHANNELS: 64, WIDTH: 32, HEADS: 4, BIAS_TRANSPOSED: true },
      shift: { residual: 100 },
    },
    {
      name: "all columns",
      dims: { n: 9, HIDDEN: 128, C: 128, WEIGHT_PITCH: 128 },
      params: { CHANNELS: 126, TRANSPOSED: true },
      tags: ["ragged"],
    },
    {
      name: "N = 128",
      dims: { n: 128, HIDDEN: 128, C: 128, WEIGHT_PITCH: 128 },
      params: { TRANSPOSED: true },
      tags: ["bench"],
    },
    {
      name: "N = 512",
      dims: { n: 512, HIDDEN: 128, C: 128, WEIGHT_PITCH: 128 },
      params: { TRANSPOSED: true },
      tags: ["bench"],
    },
  ],
});
