/** ligo's features by name, shape, type and range: what loaders check and components take (docs/features.md). */
import { MSA_FEATURES } from "../../../model/ligo/msa.ts";
import { RESIDUE_TYPES } from "../../../model/ligo/trunk.ts";
import type { TensorSpec } from "../../core/component.ts";
import { id, integer, LARGEST, mask, real } from "../../core/specs.ts";

/** ligo's thirteen features, which the diffusion module takes too. Ids start at 0. */
export const diffusionFeatures: readonly TensorSpec[] = [
  integer("residue_index", ["tokens"], -LARGEST, LARGEST),
  integer("token_index", ["tokens"], -LARGEST, LARGEST),
  id("asym_id", ["tokens"]),
  id("entity_id", ["tokens"]),
  mask("token_mask", ["tokens"]),
  mask("atom_mask", ["atoms"]),
  real("ref_pos", ["atoms", 3]),
  real("ref_charge", ["atoms"]),
  real("ref_mask", ["atoms"]),
  real("ref_element", ["atoms", 4]),
  real("ref_atom_name_chars", ["atoms", 4]),
  id("ref_space_uid", ["atoms"]),
  id("atom_to_token", ["atoms"]),
];

/** The inputs of ligo's component `trunk`: all its features. `sym_id` is never read. */
export const trunkFeatures: readonly TensorSpec[] = [
  ...diffusionFeatures,
  id("sym_id", ["tokens"]),
  integer("aatype", ["tokens"], 0, RESIDUE_TYPES - 1),
  real("msa_feat", ["cycles", "rows", "tokens", MSA_FEATURES]),
  mask("msa_mask", ["cycles", "rows", "tokens"]),
];
