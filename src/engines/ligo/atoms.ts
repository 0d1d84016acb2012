/** ligo's atoms on their way to the device: a flat list, cut into windows that slide over it. */

import type { TensorMap } from "../../formats/tensor.ts";
import type { Plan, Tensor } from "../../gpu/plan/plan.ts";
import type { AtomInputs } from "../../model/atom_encoder.ts";
import { ATOM_FEATURES } from "../../model/ligo/atom_encoder.ts";
import { padded } from "../../model/projection.ts";
import { KEYS, QUERIES } from "../../pipeline/atom_layout.ts";
import { equalIds } from "../core/ids.ts";
import { dataOf } from "../core/inputs.ts";
import { sideBySide } from "../core/padding.ts";

const FEATURES = ATOM_FEATURES.reduce((sum, [, width]) => sum + width, 0);

/** The atoms of inputs made for so many tokens: four each, in whole windows. */
export const atomsOf = (tokens: number): number => QUERIES * Math.ceil((4 * tokens) / QUERIES);

/** Declares what an encoder reads of `atoms` atoms, a multiple of 32. */
export function atomInputs(plan: Plan, tokens: number, atoms: number): AtomInputs {
  const windows = atoms / QUERIES;
  return {
    features: plan.input("atom features", [atoms, padded(FEATURES)]),
    atoms: plan.input("atoms", [atoms, 8]),
    pairKeys: plan.input("pair keys", [windows, KEYS, 4]),
    keys: plan.input("keys", [windows, KEYS, 2]),
    queryMask: plan.input("query mask", [atoms]),
    tokenOf: plan.input("tokens of atoms", [atoms]),
    tokenAtoms: {
      first: plan.input("first atoms", [tokens + 1]),
      entries: plan.input("token atoms", [atoms, 2]),
    },
  };
}

/** The values of {@link atomInputs}. A key without an atom is masked; as in the reference it has space 0 and token 0. */
export function atomValues(inputs: AtomInputs, features: TensorMap, tokens: number): [Tensor, Float32Array][] {
  const mask = Float32Array.from(dataOf(features, "atom_mask"));
  const tokenOf = Float32Array.from(dataOf(features, "atom_to_token"));
  const spaces = equalIds(dataOf(features, "ref_space_uid"));
  const keys = windowKeys(mask.length);
  const known = ATOM_FEATURES.map(([name, channels]) => ({ data: dataOf(features, name), channels }));
  const { first, entries } = tokenEntries(tokenOf, tokens);
  return [
    [inputs.features, sideBySide(known, mask.length)],
    [inputs.atoms, referenceAtoms(dataOf(features, "ref_pos"), spaces, tokenOf)],
    [
      inputs.pairKeys,
      Float32Array.from(keys.flatMap((key) => [key, ...(key < 0 ? [0, 0] : [spaces[key], tokenOf[key]]), 0])),
    ],
    [inputs.keys, Float32Array.from(keys.flatMap((key) => [key, key < 0 ? 0 : mask[key]]))],
    [inputs.queryMask, mask],
    [inputs.tokenOf, tokenOf],
    [inputs.tokenAtoms.first, first],
    [inputs.tokenAtoms.entries, entries],
  ];
}

/** The atom behind each key of each window, -1 where the window reaches over an end of the list. */
export function windowKeys(atoms: number): number[] {
  const before = (KEYS - QUERIES) / 2;
  return Array.from({ length: (atoms / QUERIES) * KEYS }, (_, at) => {
    const atom = Math.floor(at / KEYS) * QUERIES - before + (at % KEYS);
    return atom >= 0 && atom < atoms ? atom : -1;
  });
}

/** Reference position, reference space and token of each atom, for the pair features. */
function referenceAtoms(positions: ArrayLike<number>, spaces: Float32Array, tokenOf: Float32Array): Float32Array {
  const rows = new Float32Array(8 * spaces.length);
  spaces.forEach((space, at) => {
    rows.set([positions[3 * at], positions[3 * at + 1], positions[3 * at + 2], space, tokenOf[at]], 8 * at);
  });
  return rows;
}

/** Which atoms point to each token, weighted for the mean over all of them: masked ones count too. */
function tokenEntries(tokenOf: Float32Array, tokens: number): { first: Float32Array; entries: Float32Array } {
  const owned: number[][] = Array.from({ length: tokens }, () => []);
  tokenOf.forEach((token, atom) => {
    owned[token].push(atom);
  });
  const first = new Float32Array(tokens + 1);
  const entries = new Float32Array(2 * tokenOf.length);
  let count = 0;
  owned.forEach((atoms, token) => {
    for (const atom of atoms) entries.set([atom, 1 / atoms.length], 2 * count++);
    first[token + 1] = count;
  });
  return { first, entries };
}
