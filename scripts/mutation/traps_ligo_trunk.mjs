// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of files
// ligo's quirks undone in the trunk: what each edit makes wrong, and which tests must see it. docs/traps.md says what each is.
import { dividedBias, unbiased } from "./traps_shared.mjs";

const MODEL = "src/model/ligo";
const PAIRFORMER = `${MODEL}/pairformer.ts`;
const TRUNK_FILE = `${MODEL}/trunk.ts`;
const PAIR = "ligo-pairformer-odd";
const MSA = "ligo-msa_module-no-common-row";
const TRUNK = "ligo-trunk-odd";

/** @type {readonly import("./traps.mjs").Trap[]} */
export const ligoTrunk = [
  unbiased(
    "Q1",
    "a and b without biases",
    PAIRFORMER,
    "linear(reader, `${at}.linear_${side}_p`, c_hidden_mul, c_z, bias)",
    PAIR,
  ),
  unbiased(
    "Q1",
    "their gates without biases",
    PAIRFORMER,
    "linear(reader, `${at}.linear_${side}_g`, c_hidden_mul, c_z, bias)",
    PAIR,
  ),
  unbiased(
    "Q1",
    "the triangles' output without bias",
    PAIRFORMER,
    "linear(reader, `${at}.linear_z`, c_z, c_hidden_mul, bias)",
    PAIR,
  ),
  unbiased("Q1", "its gate without bias", PAIRFORMER, "linear(reader, `${at}.linear_g`, c_z, c_z, bias)", PAIR),
  unbiased(
    "Q1",
    "the outer product's left side without bias",
    `${MODEL}/msa.ts`,
    "linear(reader, `${at}.linear_1`, c_hidden, c_msa, bias)",
    MSA,
  ),
  unbiased(
    "Q1",
    "its right side without bias",
    `${MODEL}/msa.ts`,
    "linear(reader, `${at}.linear_2`, c_hidden, c_msa, bias)",
    MSA,
  ),
  unbiased(
    "Q1",
    "its output without bias",
    `${MODEL}/msa.ts`,
    "linear(reader, `${at}.linear_out`, c_z, c_hidden ** 2, bias)",
    MSA,
  ),
  { trap: "Q2", undone: "the bias added behind the division", edits: dividedBias, by: [MSA] },
  {
    trap: "Q2",
    undone: "an epsilon of 1e-5",
    edits: [["src/model/msa.ts", "const EPSILON = 1e-3;", "const EPSILON = 1e-5;"]],
    by: [MSA],
  },
  {
    trap: "Q4",
    undone: "the outer product first",
    edits: [[`${MODEL}/msa.ts`, `first: "averaging"`, `first: "outer product"`]],
    by: ["ligo-msa_module-odd"],
  },
  {
    trap: "Q5",
    undone: "c_hidden channels per head",
    edits: [
      [
        `${MODEL}/msa.ts`,
        "pairAveraging(reader: WeightReader, at: string, { c_msa, c_z, no_heads }: MsaConfig)",
        "pairAveraging(reader: WeightReader, at: string, { c_msa, c_z, no_heads, c_hidden }: MsaConfig)",
      ],
      [`${MODEL}/msa.ts`, "no_heads * AVERAGING_CHANNELS", "no_heads * c_hidden"],
    ],
    by: ["ligo-msa_module-odd"],
  },
  {
    trap: "Q6",
    undone: "the module's result in the pair's place",
    edits: [[TRUNK_FILE, "return pairSum(plan, state.pair, updated);", "return updated;"]],
    by: [TRUNK],
  },
  {
    trap: "Q12",
    undone: "no penalty at all",
    edits: [
      [
        PAIRFORMER,
        `const masking = { kind: "penalty", penalty: inf } as const;`,
        `const masking = { kind: "penalty", penalty: 0 * inf } as const;`,
      ],
    ],
    by: [PAIR],
  },
  {
    trap: "Q13",
    undone: "the Pairformer's single attention not masked by its queries",
    edits: [["src/engines/ligo/engine.ts", "masksQueries: true", "masksQueries: false"]],
    by: ["test/device/ligo_masks.test.ts"],
  },
  {
    trap: "Q14",
    undone: "a bias for the gate of an attention",
    edits: [
      [
        PAIRFORMER,
        "linear(reader, `${at}.to_gamma.0`, width, channels)",
        "linear(reader, `${at}.to_gamma.0`, width, channels, { bias: true })",
      ],
    ],
    by: [PAIR],
  },
  {
    trap: "Q15",
    undone: "the sum of types and atoms not normalised",
    edits: [[TRUNK_FILE, "return normalised(plan, x, weights.norm);", "return (void normalised, x);"]],
    by: [TRUNK],
  },
  {
    trap: "Q19",
    undone: "the bias counted once",
    edits: [
      [
        `${MODEL}/distogram.ts`,
        `linear(reader, "distogram_head.linear", no_bins, c_z, { bias: true });`,
        `((map: Linear): Linear => ({ ...map, bias: () => { const view = map.bias?.() as NonNullable<ReturnType<NonNullable<Linear["bias"]>>>; return { ...view, data: view.data.map((value) => value / 2) }; } }))(linear(reader, "distogram_head.linear", no_bins, c_z, { bias: true }));`,
      ],
    ],
    by: ["ligo-distogram_head-odd"],
  },
  {
    trap: "Q20",
    undone: "the updated pair added to itself",
    edits: [[TRUNK_FILE, "pairSum(plan, state.pair, updated)", "pairSum(plan, copyOf(plan, updated), updated)"]],
    by: [TRUNK],
  },
  {
    trap: "Q20",
    undone: "the pair's first embedding overwritten by each cycle",
    edits: [
      [
        TRUNK_FILE,
        "copyInto(plan, updated.pair, state.pair);",
        "copyInto(plan, updated.pair, state.pair);\n  copyInto(plan, updated.pair, firstPair);",
      ],
    ],
    by: [TRUNK],
  },
  {
    trap: "Q20",
    undone: "the single representation's first embedding overwritten by each cycle",
    edits: [
      [
        TRUNK_FILE,
        "copyInto(plan, updated.single, state.single);",
        "copyInto(plan, updated.single, state.single);\n  copyInto(plan, updated.single, firstSingle);",
      ],
    ],
    by: [TRUNK],
  },
  {
    trap: "Q23",
    undone: "no previous single representation in the first cycle",
    edits: [
      [
        TRUNK_FILE,
        `addRows(plan, "previous single", state.single, columnsOf(previousSingle.map), s, { norm: previousSingle.norm });`,
        "void previousSingle;",
      ],
    ],
    by: ["ligo-full-small-quaternion"],
  },
  {
    trap: "Q23",
    undone: "no previous pair in the first cycle",
    edits: [
      [
        TRUNK_FILE,
        `addRows(plan, "previous pair", rows(state.pair), columnsOf(previousPair.map), rows(z), {
      norm: previousPair.norm,
    });`,
        "void previousPair;",
      ],
    ],
    by: ["ligo-full-small-quaternion"],
  },
  {
    trap: "Q24",
    undone: "the pair's factor for the transition of the MSA",
    edits: [[`${MODEL}/msa.ts`, "config.c_msa, TRANSITION_FACTOR)", "config.c_msa, config.transition_n)"]],
    by: ["ligo-msa_module-odd"],
  },
];
