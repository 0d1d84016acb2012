// `npm run test:matrix -- --rewritten`: attention on matrix units, written in other ways that mean the same. Where a driver computes it
// wrongly (an NVIDIA H200 did: docs/gpu.md), those that are right there say which construct it does not compile.
const { shaders } = await import("../../dist/generated/shaders.js");

const MAIN = "lib/attention_matrix.wgsl";
const ROWS = "lib/attention_matrix_rows.wgsl";

/**
 * @typedef {object} Rewrite
 * @property {string} name
 * @property {Readonly<Record<string, number>>} [params] of the launch, in place of the adapter's
 * @property {readonly (readonly [file: string, before: string, after: string])[]} [changes] each text is there once
 */

/** Sums of a tile alone, which lanes add to their own. */
const IN_LANES = [
  [MAIN, "  var sums = Sums();\n  for", "  var kept = array<array<vec4f, OWN_ROWS>, PARTS>();\n  for"],
  [
    MAIN,
    "    if (take_logits(place, task, first, &own)) {",
    "    for (var r = 0u; r < OWN_ROWS; r++) { own.fade[r] = 1.0; }\n    if (take_logits(place, task, first, &own)) {",
  ],
  [
    MAIN,
    `      fade_part(lane, first_row, 0u, &own, &sums);
      if (PARTS > 1u) { fade_part(lane, first_row, 1u, &own, &sums); }
      for (var part = 2u; part < PARTS; part++) { fade_part(lane, first_row, part, &own, &sums); }
    }
    weigh`,
    "      workgroupBarrier();\n    }\n    var sums = Sums();\n    weigh",
  ],
  [
    MAIN,
    `sums[i][c]); }
      }
    }
  }
  share_totals(lane, &own);`,
    `sums[i][c]); }
      }
    }
    for (var part = 0u; part < PARTS; part++) {
      give_sums(first_row, part, &sums);
      for (var r = 0u; r < OWN_ROWS; r++) { kept[part][r] = fma(vec4f(own.fade[r]), kept[part][r], own_four(lane, r)); }
    }
  }
  workgroupBarrier();
  share_totals(lane, &own);`,
  ],
  [
    MAIN,
    `  store_part(place, task, first_row, 0u, &own, &sums);
  if (PARTS > 1u) { store_part(place, task, first_row, 1u, &own, &sums); }
  for (var part = 2u; part < PARTS; part++) { store_part(place, task, first_row, part, &own, &sums); }`,
    `  for (var part = 0u; part < PARTS; part++) {
    workgroupBarrier();
    for (var r = 0u; r < OWN_ROWS; r++) {
      let at = row_of(lane, r) % TILE_QUERIES * SLICE_PITCH + 4u * (lane % KEY_LANES);
      for (var c = 0u; c < 4u; c++) { slice[at + c] = kept[part][r][c]; }
    }
    if (has_task(place, batch(), queries())) { store_slice(lane, task, part * KEY_LANES, &own); }
  }`,
  ],
];

/** Weights apart from queries, which stay where they were. */
const APART = [
  [MAIN, "\n// Logits; or", "\nvar<workgroup> weight_halves: array<f16, TILE_QUERIES * VALUE_PITCH>;\n// Logits; or"],
  [MAIN, "* ROW_PITCH + j * FRAGMENT_DEPTH;", "* VALUE_PITCH + j * FRAGMENT_DEPTH;"],
  [
    MAIN,
    "weights[i] = subgroupMatrixLoad<Left, row_major>(&row_halves, at, ROW_PITCH);",
    "weights[i] = subgroupMatrixLoad<Left, row_major>(&weight_halves, at, VALUE_PITCH);",
  ],
  [
    ROWS,
    "let at = row_of(lane, r) % TILE_QUERIES * ROW_PITCH + 4u * (lane % KEY_LANES);",
    "let at = row_of(lane, r) % TILE_QUERIES * VALUE_PITCH + 4u * (lane % KEY_LANES);",
  ],
  [ROWS, "{ row_halves[at + c] = p[c]; }", "{ weight_halves[at + c] = p[c]; }"],
];

/** Queries loaded again for every tile of keys. */
const AGAIN = [
  ...APART,
  [
    MAIN,
    `  var left = array<array<Left, DEPTH_FRAGMENTS>, ROW_FRAGMENTS>();
  for (var i = 0u; i < ROW_FRAGMENTS; i++) {
    for (var d = 0u; d < DEPTH_FRAGMENTS; d++) {
      let at = (first_row + i * FRAGMENT_ROWS) * ROW_PITCH + d * FRAGMENT_DEPTH;
      left[i][d] = subgroupMatrixLoad<Left, row_major>(&row_halves, at, ROW_PITCH);
    }
  }
`,
    "",
  ],
  [
    MAIN,
    "for (var i = 0u; i < ROW_FRAGMENTS; i++) { products[i] = subgroupMatrixMultiplyAccumulate(left[i][d], right, products[i]); }",
    `for (var i = 0u; i < ROW_FRAGMENTS; i++) {
          let own_at = (first_row + i * FRAGMENT_ROWS) * ROW_PITCH + d * FRAGMENT_DEPTH;
          let left = subgroupMatrixLoad<Left, row_major>(&row_halves, own_at, ROW_PITCH);
          products[i] = subgroupMatrixMultiplyAccumulate(left, right, products[i]);
        }`,
  ],
];

/** Every lane says by itself whether it has a logit that is too far above. */
const ALONE = [
  [ROWS, "grown: array<u32, SUBGROUPS>", "grown: array<u32, LANES>"],
  [ROWS, "  let any = subgroupAny(above);\n", ""],
  [ROWS, "if (subgroupElect()) { grown[place.subgroup % SUBGROUPS] = u32(any); }", "grown[lane] = u32(above);"],
  [ROWS, "i < SUBGROUPS; i++", "i < LANES; i++"],
];

/** Fours of words, which lie at multiples of 16 bytes. */
const ALIGNED = [
  [ROWS, "grown: array<u32, SUBGROUPS>", "grown: array<vec4u, SUBGROUPS>"],
  [ROWS, "= u32(any);", "= vec4u(u32(any));"],
  [ROWS, "all[i] != 0u", "all[i].x != 0u"],
];

/** The sums of the first part fade where they are declared, not through a pointer. */
const NO_POINTER = [
  [
    MAIN,
    "      fade_part(lane, first_row, 0u, &own, &sums);\n",
    `      workgroupBarrier();
      for (var j = 0u; j < min(KEY_FRAGMENTS, SUM_FRAGMENTS); j++) {
        for (var i = 0u; i < ROW_FRAGMENTS; i++) {
          let at = (first_row + i * FRAGMENT_ROWS) * SLICE_PITCH + j * FRAGMENT_COLUMNS;
          subgroupMatrixStore<row_major>(&slice, at, sums[i][j], SLICE_PITCH);
        }
      }
      workgroupBarrier();
      fade_slice(lane, &own);
      workgroupBarrier();
      for (var j = 0u; j < min(KEY_FRAGMENTS, SUM_FRAGMENTS); j++) {
        for (var i = 0u; i < ROW_FRAGMENTS; i++) {
          let at = (first_row + i * FRAGMENT_ROWS) * SLICE_PITCH + j * FRAGMENT_COLUMNS;
          sums[i][j] = subgroupMatrixLoad<Sum, row_major>(&slice, at, SLICE_PITCH);
        }
      }
`,
  ],
];

const ALWAYS = [
  [MAIN, "if (take_logits(place, task, first, &own)) {", "let found = take_logits(place, task, first, &own);\n    {"],
];

const BARRIERS = [
  [MAIN, "    weigh(lane, &own);\n", "    workgroupBarrier();\n    weigh(lane, &own);\n"],
  [
    MAIN,
    "    for (var j = 0u; j < KEY_FRAGMENTS; j++) {\n      var products",
    "    workgroupBarrier();\n    for (var j = 0u; j < KEY_FRAGMENTS; j++) {\n      var products",
  ],
  [
    MAIN,
    "  share_totals(lane, &own);\n",
    "  workgroupBarrier();\n  share_totals(lane, &own);\n  workgroupBarrier();\n",
  ],
];

/** @type {readonly Rewrite[]} */
export const rewrites = /** @type {Rewrite[]} */ ([
  { name: "as it is" },
  { name: "one subgroup", params: { SUBGROUPS: 1 } },
  { name: "one fragment of queries a subgroup", params: { ROW_FRAGMENTS: 1 } },
  { name: "sums that always fade", changes: ALWAYS },
  { name: "sums that fade without a pointer", changes: NO_POINTER },
  { name: "sums in lanes", changes: IN_LANES },
  { name: "weights apart from queries", changes: APART },
  { name: "queries loaded again", changes: AGAIN },
  { name: "no votes of subgroups", changes: ALONE },
  { name: "arrays at multiples of 16 bytes", changes: ALIGNED },
  { name: "more barriers", changes: BARRIERS },
]);

/** The shaders with a rewrite. @param {Rewrite} rewrite @throws {Error} if what it changes is no longer there once */
export function rewritten({ name, changes = [] }) {
  const texts = { ...shaders };
  for (const [file, before, after] of changes) {
    if (texts[file].split(before).length !== 2)
      throw new Error(`${name}: ${file} has not once "${before.trim().split("\n")[0]}"`);
    texts[file] = texts[file].replace(before, () => after);
  }
  return texts;
}
