/** Protenix' atoms on their way to the device: a flat list that ends where it ends; what fills the last window is no atom. */
import type { TensorMap } from "../../formats/tensor.ts";
import type { Plan, Tensor } from "../../gpu/plan/plan.ts";
import type { AtomInputs } from "../../model/atom_encoder.ts";
import { padded } from "../../model/projection.ts";
import { ATOM_FEATURES, ELEMENTS, LETTERS } from "../../model/protenix/atom_encoder.ts";
import { flatAtomInputs, flatAtomValues, inWindows } from "../components/flat_atoms.ts";
import { dataOf } from "../core/inputs.ts";

const FEATURES = ATOM_FEATURES.reduce((sum, [, width]) => sum + width, 0);

/** Declares what an encoder reads of `atoms` atoms. */
export const atomInputs = (plan: Plan, tokens: number, atoms: number): AtomInputs =>
  flatAtomInputs(plan, tokens, inWindows(atoms), FEATURES);

/** The values of {@link atomInputs}. */
export function atomValues(inputs: AtomInputs, features: TensorMap, tokens: number): [Tensor, Float32Array][] {
  const tokenOf = dataOf(features, "atom_to_token_idx");
  const atoms = {
    features: referenceFeatures(features, tokenOf.length),
    // Trap P16: every atom is a key, whether its reference is masked or not, and what a window holds beyond the list is none.
    mask: new Float32Array(tokenOf.length).fill(1),
    tokenOf,
    spaces: dataOf(features, "ref_space_uid"),
    positions: dataOf(features, "ref_pos"),
  };
  return flatAtomValues(inputs, atoms, tokens);
}

/** The atoms' reference features side by side, [windows · 32, padded]; an atom whose reference is masked has none. */
export function referenceFeatures(features: TensorMap, atoms: number): Float32Array {
  const [positions, charges, masks, elements, letters] = ATOM_FEATURES.map(([name]) => dataOf(features, name));
  const pitch = padded(FEATURES);
  const rows = new Float32Array(inWindows(atoms) * pitch);
  for (let atom = 0; atom < atoms; atom++) {
    if (!masks[atom]) continue;
    const row = rows.subarray(atom * pitch, (atom + 1) * pitch);
    for (let axis = 0; axis < 3; axis++) row[axis] = positions[3 * atom + axis];
    // Trap P17: charges pass through an inverse hyperbolic sine; an element's index is its atomic number less one.
    row[3] = Math.asinh(charges[atom]);
    row[4] = 1;
    row[5 + elements[atom]] = 1;
    for (let place = 0; place < 4; place++) row[5 + ELEMENTS + LETTERS * place + letters[4 * atom + place]] = 1;
  }
  return rows;
}
