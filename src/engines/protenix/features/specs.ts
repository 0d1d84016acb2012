/** Protenix' features by name, shape, type and range: what loaders check and components take (docs/features.md). */
import { ELEMENTS, LETTERS } from "../../../model/protenix/atom_encoder.ts";
import { RESIDUE_TYPES, SLOTS } from "../../../model/protenix/sizes.ts";
import type { TensorSpec } from "../../core/component.ts";
import { id, integer, LARGEST, mask, real } from "../../core/specs.ts";

/** Per token: what positions in chains are told from. Ids start at 0, residues at 1. */
export const idFeatures: readonly TensorSpec[] = [
  integer("token_index", ["tokens"], -LARGEST, LARGEST),
  integer("residue_index", ["tokens"], -LARGEST, LARGEST),
  id("asym_id", ["tokens"]),
  id("entity_id", ["tokens"]),
  id("sym_id", ["tokens"]),
];

/** Per atom, without padding: the reference conformers. Elements and characters are places in one-hot vectors. */
export const atomFeatures: readonly TensorSpec[] = [
  id("atom_to_token_idx", ["atoms"]),
  real("ref_pos", ["atoms", 3]),
  integer("ref_charge", ["atoms"], -128, 127),
  mask("ref_mask", ["atoms"]),
  integer("ref_element", ["atoms"], 0, ELEMENTS - 1),
  integer("ref_atom_name_chars", ["atoms", 4], 0, LETTERS - 1),
  id("ref_space_uid", ["atoms"]),
];

/** Per token: what the single inputs hold beside the atoms. */
export const residueFeatures: readonly TensorSpec[] = [
  mask("restype", ["tokens", RESIDUE_TYPES]),
  real("profile", ["tokens", RESIDUE_TYPES], [0, 1]),
  real("deletion_mean", ["tokens"], [0, Number.POSITIVE_INFINITY]),
];

/** The MSA, and which of its rows each cycle takes in which order: behind the last of them −1. Without an order, all. */
export const msaFeatures: readonly TensorSpec[] = [
  integer("msa", ["rows", "tokens"], 0, RESIDUE_TYPES - 1),
  real("has_deletion", ["rows", "tokens"], [0, 1]),
  real("deletion_value", ["rows", "tokens"], [0, 1]),
  { ...integer("msa_order", ["cycles", "chosen"], -1, LARGEST), optional: true },
];

/** Templates as they are found; without any, the network's four slots are empty. */
export const templateFeatures: readonly TensorSpec[] = [
  integer("template_aatype", ["templates", "tokens"], 0, RESIDUE_TYPES - 1),
  real("template_atom_positions", ["templates", "tokens", SLOTS, 3]),
  mask("template_atom_mask", ["templates", "tokens", SLOTS]),
];

/** The inputs of Protenix' component `trunk`. */
export const trunkFeatures: readonly TensorSpec[] = [
  ...idFeatures,
  ...atomFeatures,
  ...residueFeatures,
  mask("token_bonds", ["tokens", "tokens"]),
  ...msaFeatures,
  ...templateFeatures.map((spec) => ({ ...spec, optional: true })),
];

/** What the confidence head reads of atoms: places in the tables of their residues, and which of them stand for a token. */
export const confidenceFeatures: readonly TensorSpec[] = [
  integer("atom_to_tokatom_idx", ["atoms"], 0, SLOTS - 1),
  mask("distogram_rep_atom_mask", ["atoms"]),
];

/** Protenix' features altogether; the last two are for scores. */
export const fullFeatures: readonly TensorSpec[] = [
  ...trunkFeatures,
  ...confidenceFeatures,
  mask("has_frame", ["tokens"]),
  mask("is_ligand", ["atoms"]),
];
