// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of files
// ligo's quirks undone in the diffusion: what each edit makes wrong, and which tests must see it. docs/traps.md says what each is.
import { aloneAttention, parallelAtoms, parallelTokens, unbiased } from "./traps_shared.mjs";
import { exchanged, ones } from "./values.mjs";

const MODEL = "src/model/ligo";
const DIFFUSION = `${MODEL}/diffusion_module.ts`;
const ATOMS = `${MODEL}/atom_encoder.ts`;
const SAMPLER_FILE = "src/engines/ligo/sampler.ts";
const DENOISER = "ligo-diffusion_module-odd";
const WINDOWS = "ligo-diffusion_module-windows";
const SAMPLER = "test/engines/ligo/sampler.test.ts";

/** @type {readonly import("./traps.mjs").Trap[]} */
export const ligoDiffusion = [
  { trap: "Q3", undone: "rows minus columns", facts: [[DIFFUSION, "relativeTraits.reversed", false]], by: [DENOISER] },
  {
    trap: "Q3",
    undone: "chains gated by the same entity",
    facts: [[DIFFUSION, "relativeTraits.entityChains", true]],
    by: [DENOISER],
  },
  {
    trap: "Q7",
    undone: "the pair kept",
    edits: [[ATOMS, "residual: false", "residual: true"]],
    by: [DENOISER],
  },
  {
    trap: "Q8",
    undone: "the conditioned pair for the atoms",
    facts: [[DIFFUSION, "diffusionTraits.atomsSeeConditioning", true]],
    by: [DENOISER],
  },
  {
    trap: "Q9",
    undone: "2π itself",
    facts: [[`${MODEL}/fourier.ts`, "fourierTraits.turn", 2 * Math.PI]],
    by: ["test/engines/ligo/diffusion.test.ts"],
  },
  {
    trap: "Q9",
    undone: "2π itself, in a denoiser",
    facts: [[`${MODEL}/fourier.ts`, "fourierTraits.turn", 2 * Math.PI]],
    by: [DENOISER],
  },
  {
    trap: "Q9",
    undone: "frequencies that are no weights",
    weights: ones(/fourier_embedding\.weight$/),
    by: [DENOISER],
  },
  unbiased("Q10", "no bias in front of the gate", /\.output_linear\.bias$/, DENOISER),
  { trap: "Q11", undone: "attention and transition side by side, of tokens", edits: parallelTokens, by: [DENOISER] },
  { trap: "Q11", undone: "attention and transition side by side, of atoms", edits: parallelAtoms, by: [DENOISER] },
  { trap: "Q11", undone: "an attention that is not added to its tokens", edits: aloneAttention, by: [DENOISER] },
  {
    trap: "Q13",
    undone: "masked atoms without positions and output",
    facts: [[ATOMS, "atomTraits.masked", true]],
    by: [DENOISER],
  },
  {
    trap: "Q13",
    undone: "the diffusion's attention not masked by its queries",
    edits: [
      [
        "src/model/diffusion.ts",
        "prepared.biases, masks, weights.blocks",
        `prepared.biases, { ...masks, queries: plan.constant("no mask", [0], () => new Float32Array(0)) }, weights.blocks`,
      ],
    ],
    by: [WINDOWS],
  },
  unbiased("Q14", "no bias for the scale of adaptive norms", /\.to_gamma\.0\.bias$/, DENOISER),
  unbiased("Q14", "no bias for the gate of an update", /\.output_(gating|proj)_linear\.bias$/, DENOISER),
  {
    trap: "Q16",
    undone: "charge and mask in each other's place",
    edits: [[ATOMS, `["ref_charge", 1],\n  ["ref_mask", 1],`, `["ref_mask", 1],\n  ["ref_charge", 1],`]],
    by: ["test/engines/ligo/atoms.test.ts"],
  },
  {
    trap: "Q17",
    undone: "an encoder as deep as atom_encoder_blocks",
    edits: [
      [
        "src/engines/ligo/diffusion_configs.ts",
        `atom_decoder_blocks: reader.integer("atom_decoder_blocks", 3, 4096),`,
        `atom_decoder_blocks: reader.integer("atom_decoder_blocks", 3, 4096), ...{ deep: reader.integer("atom_encoder_blocks", 3, 4096) },`,
      ],
      [
        DIFFUSION,
        "{ ...config, no_blocks, no_heads: config.atom_encoder_heads }",
        "{ ...config, no_blocks: (config as never as { deep: number }).deep, no_heads: config.atom_encoder_heads }",
      ],
    ],
    by: [DENOISER],
  },
  {
    trap: "Q18",
    undone: "the direction of the noisy positions",
    edits: [[SAMPLER_FILE, "directionBeforeNoise: true", "directionBeforeNoise: false"]],
    by: ["test/engines/sampler.test.ts"],
  },
  {
    trap: "Q18",
    undone: "the centre of the atoms that are not masked",
    edits: [
      [
        SAMPLER_FILE,
        "new Float32Array(mask.length).fill(1 / count)",
        "Float32Array.from(mask, (value) => value / count)",
      ],
    ],
    by: [SAMPLER],
  },
  {
    trap: "Q18",
    undone: "as many calls as levels",
    edits: [
      [
        SAMPLER_FILE,
        "Array.from({ length: steps }, (_, k) => sd_data * (first + (k / (steps - 1))",
        "Array.from({ length: steps + 1 }, (_, k) => sd_data * (first + (k / steps)",
      ],
    ],
    by: [SAMPLER],
  },
  {
    trap: "Q18",
    undone: "the direction of the noisy positions, in the whole network",
    edits: [[SAMPLER_FILE, "directionBeforeNoise: true", "directionBeforeNoise: false"]],
    by: ["ligo-full-small-quaternion"],
  },
  {
    trap: "Q22",
    undone: "the atom pair's maps of rows and columns in each other's place",
    weights: exchanged(".linear_single_to_pair_row.", ".linear_single_to_pair_col."),
    by: [DENOISER],
  },
];
