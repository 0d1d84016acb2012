/** The TM-score (Zhang & Skolnick 2004) of residues whose correspondence is given, with the search for the best superposition of its program. */
import type { ChainKind, Position } from "./structure.ts";
import { rotationOf } from "./superpose.ts";

/** Lengths below which nucleic acids have a scale of their own, and that scale (Gong et al. 2019, RNA-align). */
const SHORT_NUCLEIC: readonly (readonly [length: number, scale: number])[] = [
  [12, 0.3],
  [16, 0.4],
  [20, 0.5],
  [24, 0.6],
  [30, 0.7],
];

/** The distance in ångström at which a pair counts half, for a reference of so many residues. */
export function tmScale(length: number, kind: ChainKind): number {
  if (kind === "protein") return length <= 15 ? 0.5 : Math.max(0.5, 1.24 * Math.cbrt(length - 15) - 1.8);
  return SHORT_NUCLEIC.find(([least]) => length < least)?.[1] ?? 0.6 * Math.sqrt(length - 0.5) - 2.5;
}

/** Parts of these shares of the chain begin the search, down to four residues. */
const SHORTEST_PART = 4;
const LARGEST_DIVISOR = 2 ** 5;
const MOST_ROUNDS = 20;
/** Of longer chains, parts begin at every second, third, … residue: the search takes the square of this. */
const MOST_BEGINNINGS = 600;
const SEARCH_DISTANCES = [4.5, 8] as const;
/** A superposition of fewer pairs says nothing. */
const LEAST_PAIRS = 3;

/**
 * The TM-score, 0 to 1, of pairs of positions: the largest that is found from all parts of the chain, refined by the pairs that lie near each other.
 * @param length residues of the reference, by which it is normalised
 * @returns 0 for no pairs
 */
export function tmScore(
  model: readonly Position[],
  reference: readonly Position[],
  length: number,
  kind: ChainKind,
): number {
  const scale = tmScale(length, kind);
  const search = Math.min(SEARCH_DISTANCES[1], Math.max(SEARCH_DISTANCES[0], scale));
  const count = model.length;
  if (count === 0) return 0;
  const [moving, fixed] = [flat(model), flat(reference)];
  const distances = new Float64Array(count);
  let best = 0;
  const step = Math.ceil(count / MOST_BEGINNINGS);
  for (const part of partsOf(count))
    for (let from = 0; from + part <= count; from += step) {
      let chosen = Array.from({ length: part }, (_, at) => from + at);
      for (let round = 0; round <= MOST_ROUNDS; round++) {
        measure(moving, fixed, chosen, distances);
        let score = 0;
        for (const distance of distances) score += 1 / (1 + distance / (scale * scale));
        best = Math.max(best, score / length);
        const next = near(distances, round === 0 ? search - 1 : search + 1);
        if (next.length === chosen.length && next.every((at, index) => at === chosen[index])) break;
        chosen = next;
      }
    }
  return best;
}

const flat = (points: readonly Position[]): Float64Array => Float64Array.from(points.flat());

/** The whole chain, its half, a quarter and so on. */
function partsOf(count: number): number[] {
  const parts: number[] = [];
  for (let divisor = 1; divisor <= LARGEST_DIVISOR; divisor *= 2) {
    const part = Math.floor(count / divisor);
    if (part <= SHORTEST_PART) break;
    parts.push(part);
  }
  return [...parts, Math.min(count, SHORTEST_PART)];
}

/** How far all pairs are apart, squared, with the chosen ones laid on each other. */
function measure(moving: Float64Array, fixed: Float64Array, chosen: readonly number[], distances: Float64Array): void {
  const [from, to, covariance] = [new Float64Array(3), new Float64Array(3), new Float64Array(9)];
  for (const at of chosen)
    for (let axis = 0; axis < 3; axis++) {
      from[axis] += moving[at * 3 + axis] / chosen.length;
      to[axis] += fixed[at * 3 + axis] / chosen.length;
    }
  for (const at of chosen)
    for (let a = 0; a < 3; a++) {
      const own = moving[at * 3 + a] - from[a];
      for (let b = 0; b < 3; b++) covariance[a * 3 + b] += own * (fixed[at * 3 + b] - to[b]);
    }
  const r = rotationOf(covariance);
  for (let at = 0; at < distances.length; at++) {
    const [x, y, z] = [moving[at * 3] - from[0], moving[at * 3 + 1] - from[1], moving[at * 3 + 2] - from[2]];
    let sum = 0;
    for (let axis = 0; axis < 3; axis++) {
      const apart = r[axis * 3] * x + r[axis * 3 + 1] * y + r[axis * 3 + 2] * z + to[axis] - fixed[at * 3 + axis];
      sum += apart * apart;
    }
    distances[at] = sum;
  }
}

/** Pairs that are nearer than a distance, or the three nearest. */
function near(distances: Float64Array, distance: number): number[] {
  const found: number[] = [];
  for (let at = 0; at < distances.length; at++) if (distances[at] < distance ** 2) found.push(at);
  if (found.length >= LEAST_PAIRS) return found;
  const order = Array.from(distances.keys()).sort((a, b) => distances[a] - distances[b]);
  return order.slice(0, LEAST_PAIRS).sort((a, b) => a - b);
}
