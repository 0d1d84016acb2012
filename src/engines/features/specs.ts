/** The features of both engines by name, shape, type and range: what loaders check and components take (docs/features.md). */
import { SLOTS, TOKEN_TYPES } from "../../model/deepmind/sizes.ts";
import { MSA_FEATURES } from "../../model/ligo/msa.ts";
import { RESIDUE_TYPES } from "../../model/ligo/trunk.ts";
import type { EngineName, TensorSpec } from "../core/component.ts";
import { KEYS, QUERIES } from "./layout.ts";

type Shape = TensorSpec["shape"];

const real = (name: string, shape: Shape, range?: readonly [number, number]): TensorSpec =>
  range ? { name, shape, range } : { name, shape };
const integer = (name: string, shape: Shape, least: number, largest: number): TensorSpec => ({
  name,
  shape,
  kind: "integer",
  range: [least, largest],
});
const mask = (name: string, shape: Shape): TensorSpec => ({ name, shape, kind: "mask" });

const LARGEST = 2 ** 31 - 1;
/** An index or identity; padding has 0. */
const id = (name: string, shape: Shape): TensorSpec => integer(name, shape, 0, LARGEST);

/** A gather map: flat positions in a source of `rank` axes, which of them count, and the source's shape. */
const gather = (name: string, shape: Shape, rank: number): TensorSpec[] => [
  id(`${name}:gather_idxs`, shape),
  mask(`${name}:gather_mask`, shape),
  id(`${name}:input_shape`, [rank]),
];

/** deepmind, per token. Ids start at 1. */
export const deepmindTokenFeatures: readonly TensorSpec[] = [
  id("token_index", ["tokens"]),
  integer("residue_index", ["tokens"], -LARGEST, LARGEST),
  id("asym_id", ["tokens"]),
  id("entity_id", ["tokens"]),
  id("sym_id", ["tokens"]),
  mask("seq_mask", ["tokens"]),
];

/** deepmind, per atom slot: the reference conformers. */
export const deepmindAtomFeatures: readonly TensorSpec[] = [
  mask("pred_dense_atom_mask", ["tokens", SLOTS]),
  mask("ref_mask", ["tokens", SLOTS]),
  integer("ref_element", ["tokens", SLOTS], 0, 127),
  real("ref_charge", ["tokens", SLOTS]),
  id("ref_space_uid", ["tokens", SLOTS]),
  real("ref_pos", ["tokens", SLOTS, 3]),
  integer("ref_atom_name_chars", ["tokens", SLOTS, 4], 0, 63),
];

/** deepmind's five maps between tokens, slots, queries and keys ({@link atomLayout}). */
export const deepmindMaps: readonly TensorSpec[] = [
  ...gather("token_atoms_to_queries", ["windows", QUERIES], 2),
  ...gather("queries_to_keys", ["windows", KEYS], 2),
  ...gather("queries_to_token_atoms", ["tokens", SLOTS], 2),
  ...gather("tokens_to_queries", ["windows", QUERIES], 1),
  ...gather("tokens_to_keys", ["windows", KEYS], 1),
];

/** What only deepmind's trunk reads. */
const deepmindTrunkOnlyFeatures: readonly TensorSpec[] = [
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
export const deepmindTrunkFeatures: readonly TensorSpec[] = [
  ...deepmindTokenFeatures,
  ...deepmindAtomFeatures,
  ...deepmindMaps,
  ...deepmindTrunkOnlyFeatures,
];

/** The map that finds a token's pseudo-beta atom, for the confidence head. */
export const deepmindPseudoBeta: readonly TensorSpec[] = gather("token_atoms_to_pseudo_beta", ["tokens"], 2);

/** deepmind's features altogether. */
export const deepmindFullFeatures: readonly TensorSpec[] = [...deepmindTrunkFeatures, ...deepmindPseudoBeta];

/** deepmind's recorded noise. */
export const deepmindNoise: readonly TensorSpec[] = [
  real("init_noise", ["samples", "tokens", SLOTS, 3]),
  real("step_rotation", ["steps", "samples", 3, 3]),
  real("step_translation", ["steps", "samples", 3]),
  real("step_noise", ["steps", "samples", "tokens", SLOTS, 3]),
];

/** ligo's thirteen features, which the diffusion module takes too. Ids start at 0. */
export const ligoFeatures: readonly TensorSpec[] = [
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
export const ligoTrunkFeatures: readonly TensorSpec[] = [
  ...ligoFeatures,
  id("sym_id", ["tokens"]),
  integer("aatype", ["tokens"], 0, RESIDUE_TYPES - 1),
  real("msa_feat", ["cycles", "rows", "tokens", MSA_FEATURES]),
  mask("msa_mask", ["cycles", "rows", "tokens"]),
];

/** ligo's recorded noise; there is one draw less than the schedule has steps. */
export const ligoNoise: readonly TensorSpec[] = [
  real("init_noise", ["samples", "atoms", 3]),
  real("step_rotation_quat", ["draws", "samples", 4]),
  real("step_translation", ["draws", "samples", 3]),
  real("step_noise", ["draws", "samples", "atoms", 3]),
];

/** What an engine must be given, and what may come with it. */
export const engineFeatures: Readonly<
  Record<EngineName, { readonly features: readonly TensorSpec[]; readonly noise: readonly TensorSpec[] }>
> = {
  deepmind: { features: deepmindFullFeatures, noise: deepmindNoise },
  ligo: { features: ligoTrunkFeatures, noise: ligoNoise },
};
