// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of files
// deepmind's traps undone in the trunk and the heads: what each edit makes wrong, and which tests must see it. docs/traps.md says
// what each is.
import { dividedBias } from "./traps_shared.mjs";
import { columns, exchanged, halvesExchanged, takenForInputFirst, without } from "./values.mjs";

const MODEL = "src/model/deepmind";
const PAIRFORMER = `${MODEL}/pairformer.ts`;
const PAIR = "deepmind-pairformer-odd";
const MSA = "deepmind-msa_stack-no-common-row";

/** A layer's matrix of [layers, …outputs, inputs]. @param {readonly number[]} shape @returns {[number, number]} */
const matrix = (shape) => [
  shape.slice(1, -1).reduce((product, size) => product * size, 1),
  shape[shape.length - 1] ?? 1,
];

/** @type {readonly import("./traps.mjs").Trap[]} */
export const deepmindTrunk = [
  {
    trap: "T1",
    undone: "a in the first half of the outputs, b in the second",
    weights: columns(
      /\/triangle_multiplication_\w+\/(projection|gate):weights$/,
      (column, width) => (column % 2) * (width / 2) + Math.floor(column / 2),
    ),
    by: [PAIR],
  },
  {
    trap: "T2",
    undone: "incoming as a(k, i) b(k, j)",
    weights: columns(/\/triangle_multiplication_incoming\/(projection|gate):weights$/, (column) => column ^ 1),
    by: [PAIR],
  },
  {
    trap: "T3",
    undone: "the ending node's bias transposed with the pair",
    facts: [[PAIRFORMER, "pairformerTraits.ending.biasTransposed", false]],
    by: [PAIR],
  },
  {
    trap: "T3",
    undone: "the starting node's mask not transposed",
    facts: [[PAIRFORMER, "pairformerTraits.starting.mask", "rows"]],
    by: [PAIR],
  },
  {
    trap: "T4",
    undone: "the second half through SiLU, in transitions",
    weights: halvesExchanged(/_transition\/transition1:weights$/),
    by: [PAIR],
  },
  {
    trap: "T5",
    undone: "the pair attention's gate stored input first",
    weights: takenForInputFirst(/\/pair_attention[12]\/gating_query:weights$/, matrix),
    by: [PAIR],
  },
  ...["q", "k"].map((name) => ({
    trap: "T5",
    undone: `the pair attention's ${name}_projection stored input first`,
    weights: takenForInputFirst(new RegExp(`/pair_attention[12]/${name}_projection:weights$`), matrix),
    by: [PAIR],
  })),
  {
    trap: "T6",
    undone: "no bias for the single attention's queries",
    weights: without(/\/single_attention_q_projection:bias$/),
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
    facts: [["src/model/msa.ts", "commonSequenceTraits.epsilon", 1e-5]],
    by: [MSA],
  },
  {
    trap: "T12",
    undone: "left by the row, right by the column",
    weights: exchanged("/left_target_feat_project:", "/right_target_feat_project:"),
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
    facts: [
      [PAIRFORMER, "pairformerTraits.starting.masking", { kind: "penalty", penalty: 1e8 }],
      [PAIRFORMER, "pairformerTraits.ending.masking", { kind: "penalty", penalty: 1e8 }],
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
    weights: without(/\/evoformer\/prev_embedding:weights$/),
    by: ["deepmind-trunk-no-recycle"],
  },
  {
    trap: "T21",
    undone: "no previous single representation in the first pass",
    weights: without(/\/evoformer\/prev_single_embedding:weights$/),
    by: ["deepmind-trunk-no-recycle"],
  },
];
