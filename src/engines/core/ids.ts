/** Ids on their way to the device, whose float32 holds no whole number above 2²⁴ exactly. */
import { residueLimit } from "../../kernels/relative_encoding.ts";

/**
 * Small whole numbers that lie to each other as ids do, as far as an encoding can tell: two have the same difference as
 * their ids where it is at most `limit` (residues count to 32), and one beyond it, of the same sign, where theirs is.
 * @param ids any int32
 * @returns numbers from 0 to `(limit + 1) · ids.length`, one for each id
 */
export function nearbyIds(ids: ArrayLike<number>, limit = residueLimit): Float32Array {
  const small = new Map<number, number>();
  let [before, next] = [0, 0];
  for (const id of Float64Array.from(ids).sort()) {
    if (small.has(id)) continue;
    if (small.size > 0) next += Math.min(id - before, limit + 1);
    small.set(id, next);
    before = id;
  }
  return Float32Array.from(ids, (id) => small.get(id) ?? 0);
}

/** Small whole numbers that are equal where ids are. 0 stays 0, which padding has too. */
export function equalIds(ids: ArrayLike<number>): Float32Array {
  const small = new Map([[0, 0]]);
  return Float32Array.from(ids, (id) => {
    const number = small.get(id) ?? small.size;
    small.set(id, number);
    return number;
  });
}
