import { defineKernel } from "../gpu/plan/kernel.ts";
import { normalisedRow, pitchOf, product, setGates } from "./check/reference.ts";
import { reduction } from "./check/tolerance.ts";
import { triangleEnd } from "./check/triangle_end.ts";
import { chainVariants } from "./families/chain.ts";

/** Rows of the keys: as many as the pair has, rounded up so that the values can be bound alone, whatever their width. */
const keyRows = (n: number): number => 32 * Math.ceil((n * n) / 32);

/**
 * The end of a triangle multiplication and the projections of an attention of the pair: what `triangle_output` and `attention_project`
 * do, each pair row read and written once.
 *
 * Rows of `weights`: C of the gates, C of the output, whose HIDDEN inputs may be more or fewer than the C of the others; WIDTH = heads × channels
 * each of q, k and v; HEADS of the bias, padded to a multiple of four. `biases` holds one for each. The walk is the attention's: TRANSPOSED,
 * the pair stands at (j, i) of it; BIAS_TRANSPOSED writes the bias of walk position (i, j) to [h, j, i]. `product` comes in the walk's
 * order, and is `unscale`d before its norm. `kv` has the keys and, from row key_rows on, the values, so that eight bindings do. Positions
 * j ≥ n of the bias, and rows between keys and values, are left as they are.
 */
export const triangleToAttention = defineKernel({
  name: "triangle_to_attention",
  formula:
    "updated = pair + (LN(unscale · product) Wz + bz) · σ(LN(pair) Wg + bg),  q, k, v = LN(updated) W + b,  bias = LN(updated) Wb",
  inputs: {
    pair: ["n", "n", "C"],
    product: ["HIDDEN", "n", "pitch"],
    weights: ["weight_rows", "WEIGHT_PITCH"],
    biases: ["weight_rows"],
  },
  inouts: {},
  outputs: {
    updated: ["n", "n", "C"],
    q: ["positions", "WIDTH"],
    kv: ["both", "WIDTH"],
    bias: ["HEADS", "n", "pitch"],
  },
  halves: { Product: ["product"], Weight: ["weights"], Head: ["q", "kv"] },
  normalises: ["product"],
  params: {
    CHANNELS: 128,
    HIDDEN_CHANNELS: 128,
    WIDTH: 128,
    HEADS: 4,
    TRANSPOSED: false,
    BIAS_TRANSPOSED: false,
  },
  scalars: { unscale: "f32" },
  uniforms: ["n", "pitch", "unscale"],
  derive: ({ n, C, WIDTH, HEADS }) => ({
    pitch: pitchOf(n),
    positions: n * n,
    both: 2 * keyRows(n),
    weight_rows: 2 * C + 3 * WIDTH + pitchOf(HEADS),
  }),
  variants: chainVariants(2),
  fuses: true,
  work: ({ n, pitch, C, HIDDEN, WIDTH, HEADS }) => ({
    rows: n * pitch,
    columns: C,
    flops: 2 * C + 2 * HIDDEN + 6 * WIDTH + 2 * HEADS,
  }),
  flops: ({ n, CHANNELS, HIDDEN_CHANNELS, WIDTH, HEADS }) =>
    2 * n * n * CHANNELS * (CHANNELS + HIDDEN_CHANNELS + 3 * WIDTH + HEADS),
  // Each product reads what those before it left: their errors add up.
  tolerance: ({ CHANNELS, HIDDEN_CHANNELS }, precision) => reduction(2 * CHANNELS + HIDDEN_CHANNELS, precision),
  rows: ({ n }) => n * n,
  reference(inputs, { updated, q, kv, bias }, dims, rows) {
    const { weights, biases } = inputs;
    const { n, pitch, C, CHANNELS, WIDTH, HEADS, WEIGHT_PITCH, BIAS_TRANSPOSED } = dims;
    for (const position of rows) {
      const [i, j] = [Math.floor(position / n), position % n];
      const { at, row } = triangleEnd(inputs, dims, i, j);
      updated.set(row, at);
      const source = normalisedRow(row, 0, CHANNELS);
      const project = (column: number) =>
        product(source, weights, (2 * C + column) * WEIGHT_PITCH) + biases[2 * C + column];
      for (let c = 0; c < WIDTH; c++) {
        q[position * WIDTH + c] = project(c);
        kv[position * WIDTH + c] = project(WIDTH + c);
        kv[(keyRows(n) + position) * WIDTH + c] = project(2 * WIDTH + c);
      }
      for (let h = 0; h < HEADS; h++)
        bias[h * n * pitch + (BIAS_TRANSPOSED ? j * pitch + i : i * pitch + j)] = project(3 * WIDTH + h);
    }
  },
  prepare({ weights }, { C, CHANNELS, WEIGHT_PITCH }) {
    setGates(weights, WEIGHT_PITCH, CHANNELS, 0, C);
  },
  cases: [
    {
      name: "one token",
      dims: { n: 1, C: 8, HIDDEN: 4, WEIGHT_PITCH: 8 },
      scalars: { unscale: 1 },
      params: { CHANNELS: 8, HIDDEN_CHANNELS: 4, WIDTH: 4, HEADS: 1, BIAS_TRANSPOSED: true },
    },
    {
      name: "ragged",
      dims: { n: 13, C: 20, HIDDEN: 12, WEIGHT_PITCH: 20 },
      scalars: { unscale: 4 },
      params: { CHANNELS: 18, HIDDEN_CHANNELS: 10, WIDTH: 12, HEADS: 5, BIAS_TRANSPOSED: true },
      tags: ["ragged"],
    },
    {
      name: "transposed",
      dims: { n: 11, C: 16, HIDDEN: 36, WEIGHT_PITCH: 36 },
      scalars: { unscale: 2 },
      params: { CHANNELS: 16, HIDDEN_CHANNELS: 36, WIDTH: 20, HEADS: 3, TRANSPOSED: true },
      tags: ["ragged"],
    },
    {
      name: "far from zero",
      dims: { n: 6, C: 64, HIDDEN: 64, WEIGHT_PITCH: 64 },
      scalars: { unscale: 1 },
      params: { CHANNELS: 64, HIDDEN_CHANNELS: 64, WIDTH: 32, BIAS_TRANSPOSED: true },
      shift: { pair: 100 },
    },
    {
      name: "all columns",
      dims: { n: 9, C: 128, HIDDEN: 128, WEIGHT_PITCH: 128 },
      scalars: { unscale: 2 },
      params: { CHANNELS: 126, HIDDEN_CHANNELS: 127, BIAS_TRANSPOSED: true },
      tags: ["ragged"],
    },
    {
      name: "N = 128",
      dims: { n: 128, C: 128, HIDDEN: 128, WEIGHT_PITCH: 128 },
      scalars: { unscale: 1 },
      params: { BIAS_TRANSPOSED: true },
      tags: ["bench"],
    },
    {
      name: "N = 512",
      dims: { n: 512, C: 128, HIDDEN: 128, WEIGHT_PITCH: 128 },
      scalars: { unscale: 1 },
      params: { BIAS_TRANSPOSED: true },
      tags: ["bench"],
    },
  ],
});
