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

/**
 * What the TM terms must know of every token: its mask, its chain, how many real tokens the chain has, and how many there
 * are altogether.
 * @param inputs seq_mask [n] and asym_id [n]
 * @returns [n, 4]
 */
export function chainSizes(inputs: TensorMap): Float32Array {
  const [mask, ids] = [dataOf(inputs, "seq_mask"), dataOf(inputs, "asym_id")];
  const sizes = new Map<number, number>();
  for (let token = 0; token < ids.length; token++) sizes.set(ids[token], (sizes.get(ids[token]) ?? 0) + mask[token]);
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  // Places instead of ids: an id may be too large for a float.
  const places = new Map([...sizes.keys()].map((id, place) => [id, place]));
  const values = new Float32Array(4 * mask.length);
  for (let token = 0; token < ids.length; token++)
    values.set([mask[token], places.get(ids[token]) ?? 0, sizes.get(ids[token]) ?? 0, total], 4 * token);
  return values;
}
