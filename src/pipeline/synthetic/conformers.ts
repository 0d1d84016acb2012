/** Synthetic reference conformers and folds: clouds of atoms at chemical distances, out of exact arithmetic and √ only. */
import { gaussian } from "../../formats/gaussian.ts";
import { RandomStream } from "../../formats/random.ts";

export type Point = readonly [x: number, y: number, z: number];

export const minus = (a: Point, b: Point): Point => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const plus = (a: Point, b: Point): Point => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const times = (a: Point, factor: number): Point => [a[0] * factor, a[1] * factor, a[2] * factor];

/** A vector of length one; zero gives an axis. */
function unit(v: Point): Point {
  const length = Math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
  return length > 0 ? times(v, 1 / length) : [1, 0, 0];
}

/** Ångström between bonded atoms. */
const BOND = 1.5;
/** Ångström between neighbouring residues. */
const RESIDUE = 3.8;
/** How strongly a chain is drawn to the origin, per Ångström: about as dense as a globule. */
const PULL = 1 / 128;

/** Unit normals as points. */
export function randomPoints(seed: number, name: string, count: number): Point[] {
  const values = gaussian(new RandomStream(seed, name), 3 * count);
  return Array.from({ length: count }, (_, i) => [values[3 * i], values[3 * i + 1], values[3 * i + 2]]);
}

/** A conformer: each atom a bond away from an earlier one, turned away from that one's own parent, all centred. */
export function conformer(seed: number, name: string, parents: readonly number[]): Point[] {
  const directions = randomPoints(seed, name, parents.length);
  const atoms: Point[] = [];
  parents.forEach((parent, atom) => {
    if (atom === 0) {
      atoms.push([0, 0, 0]);
      return;
    }
    const away = parent > 0 ? unit(minus(atoms[parent], atoms[parents[parent]])) : ([0, 0, 0] as const);
    atoms.push(plus(atoms[parent], times(unit(plus(unit(directions[atom]), away)), BOND)));
  });
  const centre = times(atoms.reduce(plus, [0, 0, 0]), 1 / atoms.length);
  return atoms.map((atom) => minus(atom, centre));
}

/**
 * Places for pseudo-beta atoms along a chain that stays compact, on a grid of 1.25 Å. On it squared distances are exact in float32, and
 * none lies within 2e-5 of an edge of the template's bins (3.25 Å + 1.25 Å k), where two right programs could choose different bins.
 */
export function fold(seed: number, name: string, count: number): Point[] {
  const grid = (value: number): number => Math.round(value / 1.25) * 1.25;
  let place: Point = [0, 0, 0];
  return randomPoints(seed, name, count).map((direction) => {
    place = plus(place, times(unit(minus(unit(direction), times(place, PULL))), RESIDUE));
    return [grid(place[0]), grid(place[1]), grid(place[2])];
  });
}
