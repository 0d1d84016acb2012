// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of files
// deepmind's traps undone in the diffusion: what each edit makes wrong, and which tests must see it. docs/traps.md says what each is.
import { aloneAttention, parallelAtoms, parallelTokens } from "./traps_shared.mjs";
import { halvesExchanged, readAs, without } from "./values.mjs";

const MODEL = "src/model/deepmind";
const ATOMS = `${MODEL}/atom_encoder.ts`;
const DENOISER = "deepmind-diffusion_head-few-atoms";
const MANY = "deepmind-diffusion_head-many-atoms";
const TRANSFORMER = "deepmind-diffusion_transformer-odd";

/** The live weights of the atom pair read without their `_1`. @param {string} name @returns {import("./traps.mjs").Trap} */
const duplicate = (name) => ({
  trap: "T8",
  undone: `${name} without _1`,
  weights: readAs(new RegExp(`(?<=${name})_1(?=:)`), ""),
  by: [DENOISER],
});

/** @type {readonly import("./traps.mjs").Trap[]} */
export const deepmindDiffusion = [
  {
    trap: "T4",
    undone: "the second half through SiLU, in conditioned transitions",
    weights: halvesExchanged(/ffw_transition1:weights$/),
    by: [TRANSFORMER],
  },
  {
    trap: "T4",
    undone: "the second half through SiLU, in the conditioning's transitions",
    weights: halvesExchanged(/(pair|single)_transition_\d\/?ffw_transition1:weights$/),
    by: [DENOISER],
  },
  {
    trap: "T6",
    undone: "no bias for a conditioned attention's queries",
    weights: without(/q_projection:bias$/),
    by: [TRANSFORMER],
  },
  {
    trap: "T6",
    undone: "no bias for the scale of adaptive norms",
    weights: without(/single_cond_scale:bias$/),
    by: [TRANSFORMER],
  },
  {
    trap: "T6",
    undone: "no bias for the gate of an update",
    weights: without(/adaptive_zero_cond:bias$/),
    by: [TRANSFORMER],
  },
  ...["single_to_pair_cond_row", "single_to_pair_cond_col", "embed_pair_offsets", "embed_pair_distances"].map(
    duplicate,
  ),
  {
    trap: "T9",
    undone: "the reference space of the key itself",
    edits: [
      [
        "src/engines/deepmind/atoms.ts",
        "spaces[Math.min(index, tokens * SLOTS - 1)]",
        `spaces[map(features, "token_atoms_to_queries").indices[index]]`,
      ],
    ],
    by: [MANY],
  },
  {
    trap: "T9",
    undone: "reference space 0 beyond the last slot",
    edits: [["src/engines/deepmind/atoms.ts", "spaces[Math.min(index, tokens * SLOTS - 1)]", "(spaces[index] ?? 0)"]],
    by: [DENOISER],
  },
  { trap: "T10", undone: "padding keys kept out", facts: [[ATOMS, "atomTraits.both", false]], by: [DENOISER] },
  { trap: "T11", undone: "attention and transition side by side, of tokens", edits: parallelTokens, by: [TRANSFORMER] },
  { trap: "T11", undone: "attention and transition side by side, of atoms", edits: parallelAtoms, by: [DENOISER] },
  { trap: "T11", undone: "an attention that is not added to its tokens", edits: aloneAttention, by: [TRANSFORMER] },
  {
    trap: "T13",
    undone: "the chain's feature gated by the same chain",
    facts: [[`${MODEL}/diffusion_head.ts`, "relativeTraits.entityChains", false]],
    by: [MANY],
  },
  {
    trap: "T15",
    undone: "heads slow and blocks fast in the pair logits",
    edits: [[`${MODEL}/token_transformer.ts`, "first: (index % inner) * heads", "first: index % inner, step: inner"]],
    by: [TRANSFORMER],
  },
  {
    trap: "T15",
    undone: "the two leading axes in each other's place",
    edits: [
      [
        `${MODEL}/token_transformer.ts`,
        "index,\n      count: [outer, inner]",
        "index: (index % inner) * outer + Math.floor(index / inner),\n      count: [outer, inner]",
      ],
    ],
    by: [TRANSFORMER],
  },
  {
    trap: "T17",
    undone: "the current noise level decides",
    edits: [["src/engines/deepmind/sampler.ts", "next > gamma_min", "levels[k] > gamma_min"]],
    by: ["test/engines/deepmind/sampler.test.ts"],
  },
  {
    trap: "T17",
    undone: "the current noise level decides, in the whole network",
    edits: [["src/engines/deepmind/sampler.ts", "next > gamma_min", "levels[k] > gamma_min"]],
    by: ["deepmind-full-few-atoms"],
  },
];
