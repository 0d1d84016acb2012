/** deepmind's atoms on their way to the device: from slots of tokens to the layout of queries, and back. */

import type { TensorMap } from "../../formats/tensor.ts";
import type { Plan, Tensor } from "../../gpu/plan/plan.ts";
import type { AtomInputs } from "../../model/atom_encoder.ts";
import { ATOM_FEATURES } from "../../model/deepmind/atom_encoder.ts";
import { SLOTS } from "../../model/deepmind/sizes.ts";
import { padded } from "../../model/projection.ts";
import { KEYS, QUERIES } from "../../pipeline/atom_layout.ts";
import { equalIds } from "../core/ids.ts";
import { dataOf } from "../core/inputs.ts";

const FEATURES = ATOM_FEATURES.reduce((sum, [, width]) => sum + width, 0);
const ELEMENTS = 128;
const LETTERS = 64;

/** A gather map of the features: where each entry comes from, and whether it counts. */
interface GatherMap {
  readonly indices: ArrayLike<number>;
  readonly mask: ArrayLike<number>;
}

const map = (features: TensorMap, name: string): GatherMap => ({
  indices: dataOf(features, `${name}:gather_idxs`),
  mask: dataOf(features, `${name}:gather_mask`),
});

/** Declares what an encoder reads. */
export function atomInputs(plan: Plan, tokens: number, windows: number): AtomInputs {
  const atoms = windows * QUERIES;
  return {
    features: plan.input("atom features", [atoms, padded(FEATURES)]),
    atoms: plan.input("atoms", [atoms, 8]),
    pairKeys: plan.input("pair keys", [windows, KEYS, 4]),
    keys: plan.input("keys", [windows, KEYS, 2]),
    queryMask: plan.input("query mask", [atoms]),
    tokenOf: plan.input("tokens of atoms", [atoms]),
    tokenAtoms: {
      first: plan.input("first atoms", [tokens + 1]),
      entries: plan.input("token atoms", [tokens * SLOTS, 2]),
    },
  };
}

/** The values of {@link atomInputs}. */
export function atomValues(inputs: AtomInputs, features: TensorMap, tokens: number): [Tensor, Float32Array][] {
  const toQueries = map(features, "token_atoms_to_queries");
  const queryMask = gathered(toQueries, dataOf(features, "pred_dense_atom_mask"));
  const tokensToQueries = map(features, "tokens_to_queries");
  const tokenOf = Float32Array.from(tokensToQueries.indices, (token, at) => (tokensToQueries.mask[at] ? token : -1));
  const entries = tokenEntries(features, tokens);
  const spaces = equalIds(dataOf(features, "ref_space_uid"));
  return [
    [inputs.features, referenceFeatures(features, toQueries)],
    [inputs.atoms, referenceAtoms(features, toQueries, spaces, tokenOf)],
    [inputs.pairKeys, pairKeys(features, spaces, tokens)],
    [inputs.keys, windowKeys(features, queryMask)],
    [inputs.queryMask, queryMask],
    [inputs.tokenOf, tokenOf],
    [inputs.tokenAtoms.first, entries.first],
    [inputs.tokenAtoms.entries, entries.entries],
  ];
}

/** One value per entry of a map. */
const gathered = ({ indices, mask }: GatherMap, values: ArrayLike<number>): Float32Array =>
  Float32Array.from({ length: indices.length }, (_, at) => values[indices[at]] * mask[at]);

/** The atoms' reference features side by side; a masked atom has none. */
function referenceFeatures(features: TensorMap, { indices, mask }: GatherMap): Float32Array {
  const [positions, masks] = [dataOf(features, "ref_pos"), dataOf(features, "ref_mask")];
  const [elements, charges, letters] = ["ref_element", "ref_charge", "ref_atom_name_chars"].map((name) =>
    dataOf(features, name),
  );
  const pitch = padded(FEATURES);
  const rows = new Float32Array(indices.length * pitch);
  for (let at = 0; at < indices.length; at++) {
    const slot = indices[at];
    if (!mask[at] || !masks[slot]) continue;
    const row = rows.subarray(at * pitch, (at + 1) * pitch);
    for (let axis = 0; axis < 3; axis++) row[axis] = positions[3 * slot + axis];
    row[3] = 1;
    row[4 + elements[slot]] = 1;
    row[4 + ELEMENTS] = Math.asinh(charges[slot]);
    for (let place = 0; place < 4; place++) row[5 + ELEMENTS + LETTERS * place + letters[4 * slot + place]] = 1;
  }
  return rows;
}

/** Reference position, reference space and token of each atom, for the pair features. */
function referenceAtoms(
  features: TensorMap,
  { indices, mask }: GatherMap,
  spaces: Float32Array,
  tokenOf: Float32Array,
): Float32Array {
  const positions = dataOf(features, "ref_pos");
  const rows = new Float32Array(8 * indices.length);
  for (let at = 0; at < indices.length; at++) {
    if (mask[at]) {
      for (let axis = 0; axis < 3; axis++) rows[8 * at + axis] = positions[3 * indices[at] + axis];
      rows[8 * at + 3] = spaces[indices[at]];
    }
    rows[8 * at + 4] = tokenOf[at];
  }
  return rows;
}

/** Row, reference space and token of each window's keys. */
function pairKeys(features: TensorMap, spaces: Float32Array, tokens: number): Float32Array {
  const keys = map(features, "queries_to_keys");
  const tokenKeys = map(features, "tokens_to_keys");
  const rows = new Float32Array(4 * keys.indices.length);
  for (let at = 0; at < keys.indices.length; at++) {
    const index = keys.indices[at];
    rows[4 * at] = keys.mask[at] ? index : -1;
    // Trap T9: positions among the queries look up the grid of token slots; one past its end is drawn to it.
    rows[4 * at + 1] = keys.mask[at] ? spaces[Math.min(index, tokens * SLOTS - 1)] : 0;
    rows[4 * at + 2] = tokenKeys.mask[at] ? tokenKeys.indices[at] : -1;
  }
  return rows;
}

/** Row and mask of each window's keys. */
function windowKeys(features: TensorMap, queryMask: Float32Array): Float32Array {
  const keys = map(features, "queries_to_keys");
  const rows = new Float32Array(2 * keys.indices.length);
  for (let at = 0; at < keys.indices.length; at++) {
    rows[2 * at] = keys.mask[at] ? keys.indices[at] : -1;
    rows[2 * at + 1] = keys.mask[at] * queryMask[keys.indices[at]];
  }
  return rows;
}

/** Which queries are each token's atoms, weighted for the mean over those that exist. */
function tokenEntries(features: TensorMap, tokens: number): { first: Float32Array; entries: Float32Array } {
  const back = map(features, "queries_to_token_atoms");
  const mask = dataOf(features, "pred_dense_atom_mask");
  const first = new Float32Array(tokens + 1);
  const entries = new Float32Array(2 * tokens * SLOTS);
  let count = 0;
  for (let token = 0; token < tokens; token++) {
    first[token] = count;
    const slots = Array.from({ length: SLOTS }, (_, slot) => token * SLOTS + slot).filter((slot) => mask[slot]);
    for (const slot of slots) if (back.mask[slot]) entries.set([back.indices[slot], 1 / slots.length], 2 * count++);
  }
  first[tokens] = count;
  return { first, entries };
}

/** The slot behind each query, and the query behind each slot; -1 where there is none, or its atom does not exist. */
export function atomOrder(features: TensorMap): { readonly pointOf: Int32Array; readonly atomOf: Int32Array } {
  const [queries, slots] = [map(features, "token_atoms_to_queries"), map(features, "queries_to_token_atoms")];
  const mask = dataOf(features, "pred_dense_atom_mask");
  return {
    pointOf: Int32Array.from(queries.indices, (slot, at) => (queries.mask[at] && mask[slot] ? slot : -1)),
    atomOf: Int32Array.from(slots.indices, (query, at) => (slots.mask[at] ? query : -1)),
  };
}
