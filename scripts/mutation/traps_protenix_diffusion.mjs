// Protenix' traps undone in atoms, diffusion and confidence head: what each edit makes wrong, and which tests must see it. docs/traps.md says what each is.
import { exchanged, without } from "./values.mjs";

const MODEL = "src/model/protenix";
const ENGINE = "src/engines/protenix";
const WINDOWS = "src/engines/components/flat_atoms.ts";
const SAMPLER_FILE = `${ENGINE}/sampler.ts`;
const EMBEDDER = "protenix-input_embedder-odd";
const DENOISER = "protenix-diffusion_module-odd";
const MANY_ATOMS = "protenix-diffusion_module-many-atoms";
const CONFIDENCE = "protenix-confidence_head-odd";
const FULL = "protenix-full-base";
const ATOMS = "test/engines/protenix/atoms.test.ts";
const SAMPLER = "test/engines/protenix/sampler.test.ts";

/** @type {readonly import("./traps.mjs").Trap[]} */
export const protenixDiffusion = [
  {
    trap: "P15",
    undone: "keys normalised from the atoms themselves",
    edits: [[`${MODEL}/atom_encoder.ts`, "ofNormalised: true", "ofNormalised: false"]],
    by: [EMBEDDER, DENOISER],
  },
  {
    trap: "P16",
    undone: "keys beyond the atoms not masked",
    edits: [[WINDOWS, "[key, key < 0 ? 0 : mask[key]]", "[key, key < 0 ? 1 : mask[key]]"]],
    by: [EMBEDDER, DENOISER],
  },
  {
    trap: "P16",
    undone: "windows pushed in between the ends of the list",
    edits: [
      [
        WINDOWS,
        "const atom = Math.floor(at / KEYS) * QUERIES - before + (at % KEYS);",
        "const atom = Math.max(0, Math.min(Math.floor(at / KEYS) * QUERIES - before, atoms - KEYS)) + (at % KEYS);",
      ],
    ],
    by: [MANY_ATOMS],
  },
  {
    trap: "P17",
    undone: "an element at its atomic number",
    edits: [[`${ENGINE}/atoms.ts`, "row[5 + elements[atom]] = 1;", "row[6 + elements[atom]] = 1;"]],
    by: [ATOMS, EMBEDDER],
  },
  {
    trap: "P17",
    undone: "charges as they are",
    edits: [[`${ENGINE}/atoms.ts`, "Math.asinh(charges[atom])", "charges[atom]"]],
    by: [ATOMS, EMBEDDER],
  },
  {
    trap: "P18",
    undone: "rows and columns in each other's place",
    weights: exchanged("confidence_head.linear_no_bias_s1.", "confidence_head.linear_no_bias_s2."),
    by: [CONFIDENCE],
  },
  {
    trap: "P19",
    undone: "a single representation without limits",
    facts: [[`${MODEL}/confidence.ts`, "confidenceTraits.limit", 1e30]],
    by: [CONFIDENCE],
  },
  {
    trap: "P20",
    undone: "bins of distances alone",
    weights: without(/confidence_head\.linear_no_bias_d_wo_onehot\.weight$/),
    by: [CONFIDENCE],
  },
  {
    trap: "P21",
    undone: "noise by the level itself",
    edits: [[SAMPLER_FILE, "next > gamma_min", "levels[k] > gamma_min"]],
    by: [SAMPLER, FULL],
  },
  {
    trap: "P22",
    undone: "steps directed from before the noise",
    edits: [[SAMPLER_FILE, "directionBeforeNoise: false", "directionBeforeNoise: true"]],
    by: [SAMPLER, FULL],
  },
  {
    trap: "P23",
    undone: "a last level as the schedule has it",
    edits: [[SAMPLER_FILE, "return [...levels, 0];", "return [...levels, sigma_data * to ** rho];"]],
    by: [SAMPLER, FULL],
  },
];
