// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of files
// deepmind's traps undone in the trunk and the heads: what each edit makes wrong, and which tests must see it. docs/traps.md says
// what each is.
import { dividedBias } from "./traps_shared.mjs";

const MODEL = "src/model/deepmind";
const PAIRFORMER = `${MODEL}/pairformer.ts`;
const TRUNK = `${MODEL}/trunk.ts`;
const PAIR = "deepmind-pairformer-odd";
const MSA = "deepmind-msa_stack-no-common-row";

/** @type {readonly import("./traps.mjs").Trap[]} */
export const deepmindTrunk = [
  {
    trap: "T1",
    undone: "a in the first half of the outputs, b in the second",
    edits: [[PAIRFORMER, "outputs: c, first, step: 2 }", "outputs: c, first: first * c }"]],
    by: [PAIR],
  },
  {
    trap: "T2",
    undone: "incoming as a(k, i) b(k, j)",
    edits: [[PAIRFORMER, ": [gated(1), gated(0)]", ": [gated(0), gated(1)]"]],
    by: [PAIR],
  },
  {
    trap: "T3",
    undone: "the ending node's bias transposed with the pair",
    edits: [[PAIRFORMER, "biasTransposed: true", "biasTransposed: false"]],
    by: [PAIR],
  },
  {
    trap: "T3",
    undone: "the starting node's mask not transposed",
    edits: [
      [
        PAIRFORMER,
        `starting: { masking: { kind: "replace" }, mask: "columns"`,
        `starting: { masking: { kind: "replace" }, mask: "rows"`,
      ],
    ],
    by: [PAIR],
  },
  {
    trap: "T4",
    undone: "the second half through SiLU, in transitions",
    edits: [
      [
        PAIRFORMER,
        `gate: linear(reader, layer, \`\${at}/transition1\`, up),
    value: linear(reader, layer, \`\${at}/transition1\`, { ...up, first: width }),`,
        `value: linear(reader, layer, \`\${at}/transition1\`, up),
    gate: linear(reader, layer, \`\${at}/transition1\`, { ...up, first: width }),`,
      ],
    ],
    by: [PAIR],
  },
  {
    trap: "T5",
    undone: "the pair attention's gate stored input first",
    edits: [[PAIRFORMER, "shape: [width, c], transposed: true }", "shape: [width, c] }"]],
    by: [PAIR],
  },
  ...["q", "k"].map((name) => ({
    trap: "T5",
    undone: `the pair attention's ${name}_projection stored input first`,
    edits: /** @type {const} */ ([
      [
        PAIRFORMER,
        `${name}_projection\`, { ...wide, shape: [num_head, dim, c], transposed: true }`,
        `${name}_projection\`, { ...wide, shape: [num_head, dim, c] }`,
      ],
    ]),
    by: [PAIR],
  })),
  {
    trap: "T6",
    undone: "no bias for the single attention's queries",
    edits: [
      [
        PAIRFORMER,
        `withBias(reader, layer, "single_attention_q_projection", [num_head, key_dim / num_head], query)`,
        "query",
      ],
    ],
    by: [PAIR],
  },
  {
    trap: "T6",
    undone: "a bias for the single attention's gate",
    edits: [
      [
        PAIRFORMER,
        `gate: linear(reader, layer, "single_attention_gating_query", {`,
        `gate: withBias(reader, layer, "single_attention_gating_query", [value_dim], query), ...{ unread: linear(reader, layer, "single_attention_gating_query", {`,
      ],
      [
        PAIRFORMER,
        `outputs: value_dim,
    }),
    output: linear(reader, layer, "single_attention_transition2"`,
        `outputs: value_dim,
    }) },
    output: linear(reader, layer, "single_attention_transition2"`,
      ],
    ],
    by: [PAIR],
  },
  { trap: "T7", undone: "the bias added behind the division", edits: dividedBias, by: [MSA] },
  {
    trap: "T7",
    undone: "an epsilon of 1e-5",
    edits: [["src/model/msa.ts", "const EPSILON = 1e-3;", "const EPSILON = 1e-5;"]],
    by: [MSA],
  },
  {
    trap: "T12",
    undone: "left by the row, right by the column",
    edits: [
      [
        `${MODEL}/confidence.ts`,
        `left: embedding("left_target_feat_project", c_target),
    right: embedding("right_target_feat_project", c_target),`,
        `right: embedding("left_target_feat_project", c_target),
    left: embedding("right_target_feat_project", c_target),`,
      ],
    ],
    by: ["deepmind-confidence_head-other-bins"],
  },
  {
    trap: "T14",
    undone: "the empty slot left out of the average",
    edits: [[`${MODEL}/template.ts`, "divisor: (slots) => 1e-7 + slots", "divisor: (slots) => 1e-7 + slots - 1"]],
    by: ["deepmind-template_embedding-empty-slot"],
  },
  {
    trap: "T16",
    undone: "a variance by E[x²] − E[x]² that is not taken around the row",
    edits: [
      [
        "wgsl/lib/blocks.wgsl",
        "return present * x / f32(min(channels, 4u));",
        "return 0.0 * present * x / f32(min(channels, 4u));",
      ],
    ],
    by: ["ligo-pairformer-mean-100"],
  },
  {
    trap: "T18",
    undone: "ligo's 1e8 taken off the logits of masked keys",
    edits: [
      [
        PAIRFORMER,
        `starting: { masking: { kind: "replace" }`,
        `starting: { masking: { kind: "penalty", penalty: 1e8 }`,
      ],
      [PAIRFORMER, `ending: { masking: { kind: "replace" }`, `ending: { masking: { kind: "penalty", penalty: 1e8 }`],
    ],
    by: ["deepmind-pairformer-masked-rows"],
  },
  {
    trap: "T19",
    undone: "rows from the first again where there are too few",
    edits: [
      ["src/engines/deepmind/features/msa_order.ts", "rows[Math.min(i, rows.length - 1)]", "rows[i % rows.length]"],
    ],
    by: ["test/engines/features/synthetic.test.ts"],
  },
  {
    trap: "T19",
    undone: "every pass with the rows of the first",
    edits: [
      [
        "src/engines/deepmind/trunk.ts",
        "order.data.subarray(pass * rows, (pass + 1) * rows)",
        "order.data.subarray(0, rows)",
      ],
    ],
    by: ["deepmind-trunk-many-rows"],
  },
  {
    trap: "T20",
    undone: "rounding noise on the diagonal, scaled to unit length",
    edits: [
      ["wgsl/template_pair.wgsl", "tokens[a + 3u].xyz, vec3f(), i == j)", "tokens[a + 3u].xyz, vec3f(1e-6), i == j)"],
    ],
    by: ["deepmind-template_embedding-odd"],
  },
  {
    trap: "T21",
    undone: "no previous pair in the first pass",
    edits: [
      [
        TRUNK,
        `addRows(plan, "previous pair", rows(inputs.pair), columnsOf(map), rows(made), { norm });`,
        "void [norm, map, rows];",
      ],
    ],
    by: ["deepmind-trunk-no-recycle"],
  },
  {
    trap: "T21",
    undone: "no previous single representation in the first pass",
    edits: [
      [TRUNK, `addRows(plan, "previous single", inputs.single, columnsOf(map), made, { norm });`, "void [norm, map];"],
    ],
    by: ["deepmind-trunk-no-recycle"],
  },
];
