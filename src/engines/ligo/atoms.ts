/** ligo's atoms on their way to the device. */

import type { TensorMap } from "../../formats/tensor.ts";
import type { Plan, Tensor } from "../../gpu/plan/plan.ts";
import type { AtomInputs } from "../../model/atom_encoder.ts";
import { ATOM_FEATURES } from "../../model/ligo/atom_encoder.ts";
import { flatAtomInputs, flatAtomValues, inWindows } from "../components/flat_atoms.ts";
import { dataOf } from "../core/inputs.ts";
import { sideBySide } from "../core/padding.ts";

const FEATURES = ATOM_FEATURES.reduce((sum, [, width]) => sum + width, 0);

/** The atoms of inputs made for so many tokens: four each, in whole windows. */
export const atomsOf = (tokens: number): number => inWindows(4 * tokens);

/** Declares what an encoder reads of `atoms` atoms, a multiple of 32. */
export const atomInputs = (plan: Plan, tokens: number, atoms: number): AtomInputs =>
  flatAtomInputs(plan, tokens, atoms, FEATURES);

/** The values of {@link atomInputs}. A key without an atom is masked; as in the reference it has space 0 and token 0. */
export function atomValues(inputs: AtomInputs, features: TensorMap, tokens: number): [Tensor, Float32Array][] {
  const mask = dataOf(features, "atom_mask");
  const known = ATOM_FEATURES.map(([name, channels]) => ({ data: dataOf(features, name), channels }));
  const atoms = {
    features: sideBySide(known, mask.length),
    mask,
    tokenOf: dataOf(features, "atom_to_token"),
    spaces: dataOf(features, "ref_space_uid"),
    positions: dataOf(features, "ref_pos"),
  };
  return flatAtomValues(inputs, atoms, tokens);
}
