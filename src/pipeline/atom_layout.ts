/** The layout of atoms: which slots of the tokens the atoms' attention windows read and write (reference: AtomCrossAtt). */
import { type HostTensor, int32 } from "../formats/tensor.ts";

/** Atoms of a window that ask, and atoms that they see. */
export const QUERIES = 32;
export const KEYS = 128;

/** Windows over so many slots of tokens: all of them, compacted or not. */
export const windowsOf = (slots: number): number => Math.ceil(slots / QUERIES);

/** A gather map under construction: flat positions in a source layout, and which of them count. */
class GatherMap {
  readonly idxs: Int32Array;
  readonly mask: Int32Array;
  private readonly shape: readonly number[];

  constructor(...shape: readonly number[]) {
    this.shape = shape;
    const length = shape.reduce((product, size) => product * size, 1);
    this.idxs = new Int32Array(length);
    this.mask = new Int32Array(length);
  }

  /** A position that does not exist in the source stays 0 with mask 0. */
  set(at: number, position: number | undefined, counts = 1): void {
    if (position === undefined) return;
    this.idxs[at] = position;
    this.mask[at] = counts;
  }

  tensors(name: string, inputShape: readonly number[]): [string, HostTensor][] {
    return [
      [`${name}:gather_idxs`, int32(this.shape, this.idxs)],
      [`${name}:gather_mask`, int32(this.shape, this.mask)],
      [`${name}:input_shape`, int32([inputShape.length], Int32Array.from(inputShape))],
    ];
  }
}

/** A map of its own, such as bonds. @param entries positions in the source; undefined where there is none */
export function gatherMap(
  name: string,
  shape: readonly number[],
  entries: readonly (number | undefined)[],
  inputShape: readonly number[],
): [string, HostTensor][] {
  const map = new GatherMap(...shape);
  entries.forEach((position, at) => {
    map.set(at, position);
  });
  return map.tensors(name, inputShape);
}

/** For each of a window's keys its place in the compacted list of `atoms`; at or behind `atoms` it is padding. */
function keyPlaces(window: number, atoms: number, padded: number): (number | undefined)[] {
  let first = window * QUERIES + QUERIES / 2 - KEYS / 2;
  if (first < 0) first = 0;
  else if (first + KEYS > atoms) first = atoms - KEYS;
  return Array.from({ length: KEYS }, (_, key) => {
    const place = first + key;
    // With fewer than 128 atoms the window begins before the list, and Python's negative indices wrap to its padded end.
    const wrapped = place < 0 ? place + padded : place;
    // Under six tokens the list is shorter than a window. The reference refuses that; here such keys exist nowhere.
    return wrapped >= 0 && wrapped < padded ? wrapped : undefined;
  });
}

/**
 * The five maps between tokens, slots, queries and keys, W = ⌈slots / 32⌉ windows, as the reference makes them.
 * @param atomMask [tokens, slots of each] slots that hold an atom
 * @param tokenMask [tokens] tokens that are no padding
 * @returns token_atoms_to_queries [W, 32], queries_to_keys [W, 128], queries_to_token_atoms [tokens, slots of each], tokens_to_queries [W, 32] and
 * tokens_to_keys [W, 128], each as `:gather_idxs`, `:gather_mask` and `:input_shape`, all int32
 */
export function atomLayout(atomMask: ArrayLike<number>, tokenMask: ArrayLike<number>): Map<string, HostTensor> {
  const [tokens, slots] = [tokenMask.length, atomMask.length];
  const [perToken, windows] = [slots / tokens, windowsOf(slots)];
  const padded = windows * QUERIES;
  const atoms = Array.from({ length: slots }, (_, slot) => slot).filter((slot) => atomMask[slot]);
  // Padding matches padding by identity: the source's last padding entry stands for all of it, and its mask is true.
  const isPadding = (token: number): boolean => !tokenMask[token];
  const lastPadding = Array.from({ length: tokens }, (_, token) => token).findLast(isPadding);
  const paddingSlot = lastPadding === undefined ? undefined : lastPadding * perToken + perToken - 1;
  const paddingQuery = atoms.length < padded ? padded - 1 : undefined;

  const [toQueries, tokensToQueries] = [new GatherMap(windows, QUERIES), new GatherMap(windows, QUERIES)];
  const [toKeys, tokensToKeys] = [new GatherMap(windows, KEYS), new GatherMap(windows, KEYS)];
  const toSlots = new GatherMap(tokens, perToken);
  const setToken = (map: GatherMap, at: number, slot: number | undefined): void => {
    if (slot !== undefined) map.set(at, Math.floor(slot / perToken), atomMask[slot] ? 1 : 0);
  };
  const slotOf = (place: number): number | undefined => (place < atoms.length ? atoms[place] : paddingSlot);
  for (let query = 0; query < padded; query++) {
    toQueries.set(query, slotOf(query));
    setToken(tokensToQueries, query, slotOf(query));
  }
  for (let window = 0; window < windows; window++)
    keyPlaces(window, atoms.length, padded).forEach((place, key) => {
      if (place === undefined) return;
      const at = window * KEYS + key;
      toKeys.set(at, place < atoms.length ? place : paddingQuery);
      setToken(tokensToKeys, at, slotOf(place));
    });
  for (let slot = 0; slot < slots; slot++) if (isPadding(Math.floor(slot / perToken))) toSlots.set(slot, paddingQuery);
  atoms.forEach((slot, query) => {
    toSlots.set(slot, query);
  });
  return new Map([
    ...toQueries.tensors("token_atoms_to_queries", [tokens, perToken]),
    ...toKeys.tensors("queries_to_keys", [windows, QUERIES]),
    ...toSlots.tensors("queries_to_token_atoms", [windows, QUERIES]),
    ...tokensToQueries.tensors("tokens_to_queries", [tokens]),
    ...tokensToKeys.tensors("tokens_to_keys", [tokens]),
  ]);
}
