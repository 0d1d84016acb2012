import { defineKernel } from "../gpu/plan/kernel.ts";
import { distanceBin, normalisedRow, pitchOf, product, setColumnSums } from "./check/reference.ts";
import { reduction } from "./check/tolerance.ts";
import { tileVariants } from "./families/tile.ts";

/** Values of a token: three columns of its frame's rotation, each followed by one of: whether it has a frame, whether it has a pseudo-beta atom, its type; then the frame's origin and the pseudo-beta position, padded. */
const TOKEN = 20;

/**
 * The features of one template's token pairs, embedded, plus a projection of the normalised pair.
 *
 * `tokens` holds all templates' tokens, `first_token` chooses one. Rows of `features`: BINS distance bins, one for pairs with
 * pseudo-beta atoms, CLASSES types of the column's token, CLASSES of the row's, three directions, one for pairs with frames.
 * With TYPES_MASKED only pairs with pseudo-beta atoms have types.
 */
export const templatePair = defineKernel({
  name: "template_pair",
  formula: "y[i, j] = LN(pair[i, j]) W + b + features(i, j) F",
  inputs: {
    pair: ["n", "n", "C"],
    weights: ["COLUMNS", "C"],
    terms: [2, "COLUMNS"],
    tokens: ["all_tokens", TOKEN],
    features: ["feature_rows", "COLUMNS"],
    mask: ["n", "pitch"],
  },
  inouts: {},
  outputs: { y: ["n", "n", "COLUMNS"] },
  halves: { Weight: ["weights"] },
  params: { CHANNELS: 128, CLASSES: 31, BINS: 39, TYPES_MASKED: false },
  scalars: { first_token: "u32", first_edge: "f32", edge_step: "f32" },
  uniforms: ["n", "pitch", "first_token", "first_edge", "edge_step"],
  derive: ({ n, BINS, CLASSES }) => ({ pitch: pitchOf(n), feature_rows: BINS + 2 * CLASSES + 5 }),
  variants: tileVariants,
  work: ({ n, COLUMNS, C }) => ({ rows: n * n, columns: COLUMNS, flops: 2 * (C + 7) }),
  flops: ({ n, COLUMNS, CHANNELS }) => n * n * COLUMNS * (2 * CHANNELS + 14),
  touched: ({ n }) => ({ tokens: n * TOKEN }),
  tolerance: ({ CHANNELS }, precision) => reduction(CHANNELS, precision),
  rows: ({ n }) => n * n,
  reference({ pair, weights, terms, tokens, features, mask }, { y }, dims, rows) {
    const { n, pitch, first_token, first_edge, edge_step, C, CHANNELS, COLUMNS, CLASSES, BINS, TYPES_MASKED } = dims;
    const bins = { first: first_edge, step: edge_step, count: BINS };
    for (const row of rows) {
      const [i, j] = [Math.floor(row / n), row % n];
      const [a, b] = [i, j].map((at) => tokens.subarray((first_token + at) * TOKEN, (first_token + at + 1) * TOKEN));
      const seen = mask[i * pitch + j];
      const [both, back] = [a[7] * b[7], seen * a[3] * b[3]];
      const [near, typed] = [seen * both, TYPES_MASKED ? both : 1];
      const way = [0, 1, 2].map((axis) => b[12 + axis] - a[12 + axis]);
      const local = [0, 1, 2].map((axis) => product(way, a, 4 * axis));
      const length = Math.sqrt(Math.max(product(local, Float32Array.from(local), 0), 1e-12));
      const bin = distanceBin(a.subarray(16), b.subarray(16), bins);
      const terms_of = [
        ...(bin === undefined ? [] : [[bin, near]]),
        [BINS, near],
        [BINS + 1 + b[11], typed],
        [BINS + 1 + CLASSES + a[11], typed],
        ...local.map((x, axis) => [BINS + 1 + 2 * CLASSES + axis, (back * x) / length]),
        [BINS + 4 + 2 * CLASSES, back],
      ];
      const x = normalisedRow(pair, row * C, CHANNELS);
      for (let c = 0; c < COLUMNS; c++)
        y[row * COLUMNS + c] = terms_of.reduce(
          (sum, [feature, value]) => sum + value * features[feature * COLUMNS + c],
          product(x, weights, c * C) + terms[COLUMNS + c],
        );
    }
  },
  fill: { mask: "mask" },
  prepare({ weights, terms, tokens }, { C, CHANNELS, CLASSES }) {
    setColumnSums(terms, weights, C, CHANNELS);
    for (let at = 0; at < tokens.length; at++) {
      const [token, place] = [Math.floor(at / TOKEN), at % TOKEN];
      if (place === 3 || place === 7) tokens[at] = Number((token + place) % 5 !== 0);
      else if (place === 11) tokens[at] = (7 * token) % CLASSES;
      // On a grid, distances are exact: some lie on edges, and none so near to one that rounding decides.
      else if (place >= 12) tokens[at] = Math.round(4 * tokens[at]) / 4;
    }
  },
  cases: [
    {
      name: "one token",
      dims: { n: 1, C: 4, COLUMNS: 4, all_tokens: 1 },
      params: { CHANNELS: 4, CLASSES: 3, BINS: 2 },
      scalars: { first_token: 0, first_edge: 1, edge_step: 1 },
    },
    {
      name: "ragged, second template",
      dims: { n: 13, C: 20, COLUMNS: 24, all_tokens: 39 },
      params: { CHANNELS: 18, CLASSES: 5, BINS: 7 },
      scalars: { first_token: 13, first_edge: 0.75, edge_step: 0.5 },
      tags: ["ragged"],
    },
    {
      name: "types masked",
      dims: { n: 7, C: 12, COLUMNS: 8, all_tokens: 7 },
      params: { CHANNELS: 11, CLASSES: 4, BINS: 5, TYPES_MASKED: true },
      scalars: { first_token: 0, first_edge: 0.75, edge_step: 0.5 },
    },
    {
      name: "far from zero",
      dims: { n: 6, C: 64, COLUMNS: 16, all_tokens: 6 },
      params: { CHANNELS: 64 },
      scalars: { first_token: 0, first_edge: 0.5, edge_step: 0.25 },
      shift: { pair: 100 },
    },
    {
      name: "N = 128",
      dims: { n: 128, C: 128, COLUMNS: 64, all_tokens: 128 },
      scalars: { first_token: 0, first_edge: 0.5, edge_step: 0.125 },
      tags: ["bench"],
    },
  ],
});
