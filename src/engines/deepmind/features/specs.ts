/** deepmind's features by name, shape, type and range: what loaders check and components take (docs/features.md). */
import { SLOTS, TOKEN_TYPES } from "../../../model/deepmind/sizes.ts";
import { KEYS, QUERIES } from "../../../pipeline/atom_layout.ts";
import type { TensorSpec } from "../../core/component.ts";
import { gather, id, integer, LARGEST, mask, real } from "../../core/specs.ts";

/** deepmind, per token. Ids start at 1. */
export const tokenFeatures: readonly TensorSpec[] = [
  id("token_index", ["tokens"]),
  integer("residue_index", ["tokens"], -LARGEST, LARGEST),
  id("asym_id", ["tokens"]),
  id("entity_id", ["tokens"]),
  id("sym_id", ["tokens"]),
  mask("seq_mask", ["tokens"]),
];

/** deepmind, per atom slot: the reference conformers. */
export const atomFeatures: readonly TensorSpec[] = [
  mask("pred_dense_atom_mask", ["tokens", SLOTS]),
  mask("ref_mask", ["tokens", SLOTS]),
  integer("ref_element", ["tokens", SLOTS], 0, 127),
  real("ref_charge", ["tokens", SLOTS]),
  id("ref_space_uid", ["tokens", SLOTS]),
  real("ref_pos", ["tokens", SLOTS, 3]),
  integer("ref_atom_name_chars", ["tokens", SLOTS, 4], 0, 63),
];

/** deepmind's five maps between tokens, slots, queries and keys ({@link atomLayout}). */
export const maps: readonly TensorSpec[] = [
  ...gather("token_atoms_to_queries", ["windows", QUERIES], 2),
  ...gather("queries_to_keys", ["windows", KEYS], 2),
  ...gather("queries_to_token_atoms", ["tokens", SLOTS], 2),
  ...gather("tokens_to_queries", ["windows", QUERIES], 1),
  ...gather("tokens_to_keys", ["windows", KEYS], 1),
];

/** What only deepmind's trunk reads. */
const trunkOnlyFeatures: readonly TensorSpec[] = [
  integer("aatype", ["tokens"], 0, TOKEN_TYPES - 1),
  integer("msa", ["rows", "tokens"], 0, TOKEN_TYPES - 1),
  mask("msa_mask", ["rows", "tokens"]),
  integer("deletion_matrix", ["rows", "tokens"], 0, 127),
  real("profile", ["tokens", TOKEN_TYPES], [0, 1]),
  real("deletion_mean", ["tokens"], [0, Number.POSITIVE_INFINITY]),
  integer("template_aatype", ["templates", "tokens"], 0, TOKEN_TYPES - 1),
  real("template_atom_positions", ["templates", "tokens", SLOTS, 3]),
  mask("template_atom_mask", ["templates", "tokens", SLOTS]),
  ...gather("tokens_to_polymer_ligand_bonds", ["polymer_bonds", 2], 1),
  ...gather("tokens_to_ligand_ligand_bonds", ["ligand_bonds", 2], 1),
  id("msa_order", ["passes", "num_msa"]),
];

/** The inputs of deepmind's component `trunk`. */
export const trunkFeatures: readonly TensorSpec[] = [...tokenFeatures, ...atomFeatures, ...maps, ...trunkOnlyFeatures];

/** The map that finds a token's pseudo-beta atom, for the confidence head. */
export const pseudoBeta: readonly TensorSpec[] = gather("token_atoms_to_pseudo_beta", ["tokens"], 2);

/** deepmind's features altogether. */
export const fullFeatures: readonly TensorSpec[] = [...trunkFeatures, ...pseudoBeta];
