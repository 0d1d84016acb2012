import { defineKernel } from "../gpu/plan/kernel.ts";
import { reduction } from "./check/tolerance.ts";
import { laneVariants } from "./families/lanes.ts";

/**
 * The pair representation of atoms within windows, made once from reference positions, atom and trunk features.
 *
 * `atoms` holds per atom x, y, z (ångström), the id of its reference space, its token (negative: none) and three unused;
 * `keys_of` per key of a window its row among the atoms (negative: none), the id it is compared by, its token, one unused.
 * `weights`: three rows for the offset, one for the inverse squared distance, one for validity, then CP rows per layer,
 * each with the weights that its input has for all outputs. `trunk` (read with TRUNK) has tokens × tokens rows.
 */
export const atomPair = defineKernel({
  name: "atom_pair",
  formula: "p = x + MLP(x),  x[i, j] = row[i] + col[key] + trunk[t, t′] + v · (d Wo + Wd / (1 + |d|²) + Wv)",
  inputs: {
    row_part: ["lines", "CP"],
    column_part: ["lines", "CP"],
    trunk: ["trunk_rows", "CP"],
    atoms: ["lines", 8],
    keys_of: ["windows", "n", 4],
    weights: ["weight_rows", "CP"],
  },
  inouts: {},
  outputs: { p: ["lines", "n", "CP"] },
  params: { LAYERS: 3, RESIDUAL: true, TRUNK: false, WINDOW_QUERIES: 32 },
  scalars: { tokens: "u32" },
  uniforms: ["lines", "n", "tokens"],
  derive: ({ CP, LAYERS, windows, WINDOW_QUERIES, TRUNK, tokens }) => ({
    lines: windows * WINDOW_QUERIES,
    weight_rows: 5 + LAYERS * CP,
    trunk_rows: TRUNK ? tokens * tokens : 0,
  }),
  variants: laneVariants,
  work: ({ lines, n, CP, LAYERS }) => ({ rows: lines * n, flops: 2 * LAYERS * CP * CP + 12 * CP + 16 }),
  flops: ({ lines, n, CP, LAYERS }) => lines * n * (2 * LAYERS * CP * CP + 12 * CP + 16),
  touched: ({ lines, n, CP, trunk_rows }) => ({ trunk: CP * Math.min(trunk_rows, lines * n) }),
  tolerance: ({ CP, LAYERS }, precision) => reduction(CP * LAYERS, precision),
  rows: ({ lines, n }) => lines * n,
  reference({ row_part, column_part, trunk, atoms, keys_of, weights }, { p }, dims, rows) {
    const { n, tokens, CP, LAYERS, RESIDUAL, TRUNK, WINDOW_QUERIES } = dims;
    for (const row of rows) {
      const [i, j] = [Math.floor(row / n), row % n];
      const [key, uid, keyToken] = keys_of.subarray(4 * (Math.floor(i / WINDOW_QUERIES) * n + j));
      const [x, y, z, ownUid, token] = atoms.subarray(8 * i);
      const position = key < 0 ? [0, 0, 0] : atoms.subarray(8 * key, 8 * key + 3);
      const d = [x - position[0], y - position[1], z - position[2]];
      const closeness = 1 / (1 + d[0] ** 2 + d[1] ** 2 + d[2] ** 2);
      const features = ownUid === uid ? [...d, closeness, 1] : [0, 0, 0, 0, 0];
      const start = Array.from({ length: CP }, (_, c) => {
        let sum = row_part[i * CP + c] + (key < 0 ? 0 : column_part[key * CP + c]);
        if (TRUNK && token >= 0 && keyToken >= 0) sum += trunk[(token * tokens + keyToken) * CP + c];
        return features.reduce((total, feature, at) => total + feature * weights[at * CP + c], sum);
      });
      let values = start;
      for (let layer = 0; layer < LAYERS; layer++) {
        const first = (5 + layer * CP) * CP;
        values = start.map((_, c) =>
          values.reduce((sum, value, k) => sum + Math.max(value, 0) * weights[first + k * CP + c], 0),
        );
      }
      for (let c = 0; c < CP; c++) p[row * CP + c] = values[c] + (RESIDUAL ? start[c] : 0);
    }
  },
  prepare({ atoms, keys_of, weights }, { lines, tokens, CP }) {
    for (let at = 0; at < weights.length; at++) weights[at] /= Math.sqrt(CP);
    for (let i = 0; i < lines; i++) {
      atoms[8 * i + 3] = i % 3;
      atoms[8 * i + 4] = i % 7 === 4 ? -1 : (5 * i) % tokens;
    }
    for (let at = 0; at < keys_of.length / 4; at++) {
      keys_of[4 * at] = at % 5 === 3 ? -1 : (11 * at) % lines;
      keys_of[4 * at + 1] = at % 4;
      keys_of[4 * at + 2] = at % 5 === 3 ? -1 : (3 * at) % tokens;
    }
  },
  cases: [
    {
      name: "one window",
      dims: { CP: 4, n: 128, windows: 1 },
      scalars: { tokens: 1 },
    },
    {
      name: "trunk, three layers added",
      dims: { CP: 16, n: 128, windows: 2 },
      scalars: { tokens: 5 },
      params: { TRUNK: true },
      tags: ["ragged"],
    },
    {
      name: "two layers in place, small windows",
      dims: { CP: 8, n: 20, windows: 3 },
      scalars: { tokens: 9 },
      params: { TRUNK: true, LAYERS: 2, RESIDUAL: false, WINDOW_QUERIES: 12 },
      tags: ["ragged"],
    },
    {
      name: "atoms of 64 tokens",
      dims: { CP: 16, n: 128, windows: 48 },
      scalars: { tokens: 64 },
      params: { TRUNK: true },
      tags: ["bench"],
    },
  ],
});
