/** The tokens of a structure prepared for the confidence head. */

import type { TensorMap } from "../../formats/tensor.ts";
import { dataOf } from "../core/inputs.ts";

/**
 * The pseudo-beta position of every token beside its mask.
 * @param inputs seq_mask [n] and the map `token_atoms_to_pseudo_beta`, whose indices count token × slot
 * @param structure [n, 24, 3], Ångström
 * @returns [n, 4]
 */
export function structurePositions(inputs: TensorMap, structure: Float32Array): Float32Array {
  const [mask, atoms, present] = [
    "seq_mask",
    ...["idxs", "mask"].map((part) => `token_atoms_to_pseudo_beta:gather_${part}`),
  ].map((name) => dataOf(inputs, name));
  const values = new Float32Array(4 * mask.length);
  for (let token = 0; token < mask.length; token++) {
    for (let axis = 0; axis < 3; axis++) values[4 * token + axis] = present[token] * structure[3 * atoms[token] + axis];
    values[4 * token + 3] = mask[token];
  }
  return values;
}
