// Protenix' traps undone in the trunk: what each edit makes wrong, and which tests must see it. docs/traps.md says what each is.
import { dividedBias } from "./traps_shared.mjs";
import { columns, exchanged, without } from "./values.mjs";

const MODEL = "src/model/protenix";
const ENGINE = "src/engines/protenix";
const TRUNK_FILE = `${MODEL}/trunk.ts`;
const PAIR = "protenix-pairformer-odd";
const MSA = "protenix-msa_module-odd";
const TEMPLATE = "protenix-template_embedder-odd";
const TRUNK = "protenix-trunk-odd";

/** Where the types of the template's columns and rows begin among its features, and how many there are. */
const [TYPES, CLASSES] = [40, 32];

/** @type {readonly import("./traps.mjs").Trap[]} */
export const protenixTrunk = [
  {
    trap: "P1",
    undone: "the ending node's bias as it is without the swap",
    facts: [[`${MODEL}/pairformer.ts`, "pairformerTraits.ending.biasTransposed", true]],
    by: [PAIR],
  },
  {
    trap: "P2",
    undone: "the incoming update's sides in each other's place",
    weights: exchanged("tri_mul_in.linear_a_", "tri_mul_in.linear_b_"),
    by: [PAIR],
  },
  {
    trap: "P3",
    undone: "a stack over the MSA in the last block too",
    edits: [[`${MODEL}/msa.ts`, "index < config.n_blocks - 1 &&", "index < config.n_blocks &&"]],
    by: ["protenix-msa_module-one-block"],
  },
  {
    trap: "P4",
    undone: "a pair that begins at the first of the single inputs",
    edits: [
      [
        TRUNK_FILE,
        "projectRows(plan, name, single, columnsOf(map));",
        `projectRows(plan, name, inputs, columnsOf(map), {
    inputs: Array.from({ length: inputs.shape[1] ?? 0 }, (_, at) => (at < map.inputs ? at : undefined)),
  });`,
      ],
    ],
    by: [TRUNK],
  },
  {
    trap: "P5",
    undone: "the first map by the column, the second by the row",
    weights: exchanged("linear_no_bias_zinit1.", "linear_no_bias_zinit2."),
    by: [TRUNK],
  },
  {
    trap: "P6",
    undone: "norms of zeros that are zeros",
    weights: without(/^layernorm_(s|z_cycle)\.bias$/),
    by: [TRUNK],
  },
  {
    trap: "P7",
    undone: "the row's type before the column's",
    weights: columns(/template_embedder\.linear_no_bias_a\.weight$/, (column) => {
      if (column < TYPES || column >= TYPES + 2 * CLASSES) return column;
      return column < TYPES + CLASSES ? column + CLASSES : column - CLASSES;
    }),
    by: [TEMPLATE],
  },
  {
    trap: "P8",
    undone: "the empty slot left out of the average",
    edits: [[`${MODEL}/template.ts`, "divisor: (slots) => 1e-7 + slots", "divisor: (slots) => 1e-7 + slots - 1"]],
    by: [TEMPLATE],
  },
  {
    trap: "P9",
    undone: "templates that speak of pairs of two chains",
    edits: [
      [
        `${ENGINE}/template.ts`,
        `seen: sameChain(data("asym_id"))`,
        `seen: sameChain(Array.from(data("asym_id"), () => 0))`,
      ],
    ],
    by: [TEMPLATE],
  },
  {
    trap: "P9",
    undone: "the same in the trunk",
    edits: [
      [
        `${ENGINE}/trunk.ts`,
        `sameChain(dataOf(features, "asym_id"))`,
        `sameChain(Array.from(dataOf(features, "asym_id"), () => 0))`,
      ],
    ],
    by: [TRUNK],
  },
  {
    trap: "P10",
    undone: "the MSA module's result added to the pair",
    edits: [
      [TRUNK_FILE, "import { copyInto, copyOf, zerosLike }", "import { copyInto, copyOf, pairSum, zerosLike }"],
      [
        TRUNK_FILE,
        "return msaBlocks(plan, { msa, pair }, all",
        "return pairSum(plan, copyOf(plan, pair), msaBlocks(plan, { msa, pair }, all",
      ],
      [TRUNK_FILE, "weights.msaBlocks, msaTraits, false);", "weights.msaBlocks, msaTraits, false));"],
    ],
    by: [TRUNK],
  },
  {
    trap: "P11",
    undone: "layer norms with an epsilon of 1e-6",
    edits: [["wgsl/lib/constants.wgsl", "const EPSILON: f32 = 1e-5;", "const EPSILON: f32 = 1e-6;"]],
    by: [TRUNK, MSA],
  },
  {
    trap: "P12",
    undone: "an epsilon of 1e-5 beside the number of rows",
    facts: [["src/model/msa.ts", "commonSequenceTraits.epsilon", 1e-5]],
    by: [MSA],
  },
  { trap: "P12", undone: "the bias added behind the division", edits: dividedBias, by: [MSA] },
  {
    trap: "P13",
    undone: "the first cycle's rows of the MSA in every cycle",
    edits: [[`${ENGINE}/msa.ts`, "cycle * rows, (cycle + 1) * rows", "0 * cycle, rows"]],
    by: [TRUNK],
  },
  {
    trap: "P14",
    undone: "empty slots of the class 0 alone",
    edits: [[`${ENGINE}/trunk.ts`, ".fill(GAP, 0, n)", ".fill(GAP, 0, 0)"]],
    by: ["test/engines/protenix/templates.test.ts"],
  },
];
