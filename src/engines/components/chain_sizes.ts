/** What the TM-scores of a confidence head must know of the tokens. */

/**
 * Of every token: its mask, its chain, how many real tokens the chain has, and how many there are altogether.
 * @param mask [n]
 * @param ids of the chains, [n]
 * @returns [n, 4]
 */
export function chainSizes(mask: ArrayLike<number>, ids: ArrayLike<number>): Float32Array {
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
