// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of files
// ligo's quirks undone in the trunk: what each edit makes wrong, and which tests must see it. docs/traps.md says what each is.
import { dividedBias, unbiased } from "./traps_shared.mjs";
import { scaled, without } from "./values.mjs";

const MODEL = "src/model/ligo";
const PAIRFORMER = `${MODEL}/pairformer.ts`;
const TRUNK_FILE = `${MODEL}/trunk.ts`;
const PAIR = "ligo-pairformer-odd";
const MSA = "ligo-msa_module-no-common-row";
const TRUNK = "ligo-trunk-odd";

/** @type {readonly import("./traps.mjs").Trap[]} */
export const ligoTrunk = [
  unbiased("Q1", "a and b without biases", /tri_mul_(out|in)\.linear_[ab]_p\.bias$/, PAIR),
  unbiased("Q1", "their gates without biases", /tri_mul_(out|in)\.linear_[ab]_g\.bias$/, PAIR),
  unbiased("Q1", "the triangles' output without bias", /tri_mul_(out|in)\.linear_z\.bias$/, PAIR),
  unbiased("Q1", "its gate without bias", /tri_mul_(out|in)\.linear_g\.bias$/, PAIR),
  unbiased("Q1", "the outer product's left side without bias", /outer_product_mean\.linear_1\.bias$/, MSA),
  unbiased("Q1", "its right side without bias", /outer_product_mean\.linear_2\.bias$/, MSA),
  unbiased("Q1", "its output without bias", /outer_product_mean\.linear_out\.bias$/, MSA),
  { trap: "Q2", undone: "the bias added behind the division", edits: dividedBias, by: [MSA] },
  {
    trap: "Q2",
    undone: "an epsilon of 1e-5",
    facts: [["src/model/msa.ts", "commonSequenceTraits.epsilon", 1e-5]],
    by: [MSA],
  },
  {
    trap: "Q4",
    undone: "the outer product first",
    facts: [[`${MODEL}/msa.ts`, "fixedTraits.first", "outer product"]],
    by: ["ligo-msa_module-odd"],
  },
  {
    trap: "Q5",
    undone: "c_hidden channels per head",
    facts: [[`${MODEL}/msa.ts`, "fixedTraits.averagingChannels", 3]],
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
    edits: [[TRUNK_FILE, "return normalisedRows(plan, x, weights.norm);", "return x;"]],
    by: [TRUNK],
  },
  {
    trap: "Q19",
    undone: "the bias counted once",
    weights: scaled(/^distogram_head\.linear\.bias$/, 0.5),
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
    weights: without(/^recycling_s_proj\.1\.weight$/),
    by: ["ligo-full-small-quaternion"],
  },
  {
    trap: "Q23",
    undone: "no previous pair in the first cycle",
    weights: without(/^recycling_z_proj\.1\.weight$/),
    by: ["ligo-full-small-quaternion"],
  },
  {
    trap: "Q24",
    undone: "the pair's factor for the transition of the MSA",
    facts: [[`${MODEL}/msa.ts`, "fixedTraits.transitionFactor", 3]],
    by: ["ligo-msa_module-odd"],
  },
];
