/** Atoms in a flat list on their way to the device, cut into windows that slide over it. */
import type { Plan, Tensor } from "../../gpu/plan/plan.ts";
import type { AtomInputs } from "../../model/atom_encoder.ts";
import { padded } from "../../model/projection.ts";
import { KEYS, QUERIES } from "../../pipeline/atom_layout.ts";
import { equalIds } from "../core/ids.ts";

/** So many atoms in whole windows. */
export const inWindows = (atoms: number): number => QUERIES * Math.ceil(atoms / QUERIES);

/**
 * Declares what an encoder reads of `atoms` atoms, a multiple of 32.
 * @param features how many there are of an atom
 */
export function flatAtomInputs(plan: Plan, tokens: number, atoms: number, features: number): AtomInputs {
  const windows = atoms / QUERIES;
  return {
    features: plan.input("atom features", [atoms, padded(features)]),
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

/** What is known of a list of atoms. The list may end within the last window: behind its end there are none. */
export interface FlatAtoms {
  /** [windows · 32, padded features] */
  readonly features: Float32Array;
  /** [atoms], of each of the list. */
  readonly mask: ArrayLike<number>;
  readonly tokenOf: ArrayLike<number>;
  readonly spaces: ArrayLike<number>;
  /** [atoms, 3], Ångström. */
  readonly positions: ArrayLike<number>;
}

/** The values of {@link flatAtomInputs}. A key without an atom is masked, and has space 0 and token 0. */
export function flatAtomValues(inputs: AtomInputs, atoms: FlatAtoms, tokens: number): [Tensor, Float32Array][] {
  const { positions } = atoms;
  const count = inWindows(atoms.mask.length);
  const [mask, tokenOf] = [new Float32Array(count), new Float32Array(count).fill(-1)];
  mask.set(Array.from(atoms.mask));
  tokenOf.set(Array.from(atoms.tokenOf));
  const spaces = equalIds(atoms.spaces);
  const keys = windowKeys(atoms.mask.length);
  const { first, entries } = tokenEntries(tokenOf, tokens);
  const rows = new Float32Array(8 * count);
  // Reference position, reference space and token of each atom, for the pair features.
  for (let at = 0; at < count; at++) {
    if (at < spaces.length)
      rows.set([positions[3 * at], positions[3 * at + 1], positions[3 * at + 2], spaces[at]], 8 * at);
    rows[8 * at + 4] = tokenOf[at];
  }
  return [
    [inputs.features, atoms.features],
    [inputs.atoms, rows],
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
  return Array.from({ length: (inWindows(atoms) / QUERIES) * KEYS }, (_, at) => {
    const atom = Math.floor(at / KEYS) * QUERIES - before + (at % KEYS);
    return atom >= 0 && atom < atoms ? atom : -1;
  });
}

/** Which atoms point to each token, weighted for the mean over all of them: masked ones count too. */
function tokenEntries(tokenOf: Float32Array, tokens: number): { first: Float32Array; entries: Float32Array } {
  const owned: number[][] = Array.from({ length: tokens }, () => []);
  tokenOf.forEach((token, atom) => {
    if (token >= 0) owned[token].push(atom);
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
