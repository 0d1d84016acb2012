/** Whether positions have the stereo that a SMILES asks for: the hand of tetrahedral atoms, and the sides of double bonds. */
import type { SmilesBond, SmilesGraph } from "../dictionary/smiles_reader.ts";

type Vector = readonly [number, number, number];

/** Where the atoms of a SMILES are, in its order; hydrogens that brackets count are asked for by their atom. Undefined is nowhere. */
export interface PlacedAtoms {
  at(atom: number): Vector | undefined;
  /** A hydrogen of the atom. */
  hydrogenOf(atom: number): Vector | undefined;
}

const minus = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const unit = (a: Vector): Vector => {
  const length = Math.hypot(...a) || 1;
  return [a[0] / length, a[1] / length, a[2] / length];
};

/** Volumes of unit vectors: 0.77 in a tetrahedron, 0 in a plane, where nothing can be told. */
const LEAST_VOLUME = 0.1;

/**
 * Atoms and bonds whose stereo the SMILES gives, and positions do not have: `atom 2 (C)`, `the bond of atoms 2 and 3`. Atoms are counted from 1.
 * Other stereo than of tetrahedra and double bonds is not looked at.
 */
export function stereoErrors(graph: SmilesGraph, placed: PlacedAtoms): string[] {
  return [...tetrahedra(graph, placed), ...doubleBonds(graph, placed)];
}

const ANTICLOCKWISE = /^@(TH1)?$/;
const CLOCKWISE = /^@(@|TH2)$/;

function tetrahedra({ atoms }: SmilesGraph, placed: PlacedAtoms): string[] {
  return atoms.flatMap(({ chirality, neighbours, element }, atom) => {
    const hand = ANTICLOCKWISE.test(chirality) ? 1 : CLOCKWISE.test(chirality) ? -1 : 0;
    if (hand === 0 || neighbours.length < 3 || neighbours.length > 4) return [];
    const centre = placed.at(atom);
    const places = neighbours.map((other) => (other === undefined ? placed.hydrogenOf(atom) : placed.at(other)));
    const around = places.flatMap((place) => (place && centre ? [unit(minus(place, centre))] : []));
    if (around.length !== neighbours.length) return [nameOf(atom, element)];
    // A lone pair is opposite to the others, and comes last.
    if (around.length === 3) around.push(unit(minus([0, 0, 0], sum(around))));
    const [, second, third, fourth] = around;
    // Seen from the first, the others go round anticlockwise where this is negative.
    const volume = dot(second, cross(third, fourth));
    return -volume * hand < LEAST_VOLUME ? [nameOf(atom, element)] : [];
  });
}

const sum = (vectors: readonly Vector[]): Vector =>
  vectors.reduce((a, b): Vector => [a[0] + b[0], a[1] + b[1], a[2] + b[2]], [0, 0, 0]);

const nameOf = (atom: number, element: string): string => `atom ${atom + 1} (${element})`;

/** Whether another atom is above or below an end of a double bond, as the bond between them is written. */
function side(bonds: readonly SmilesBond[], end: number, beside: number): { other: number; up: boolean } | undefined {
  for (const { first, second, direction } of bonds) {
    if (!direction || (first !== end && second !== end)) continue;
    const other = first === end ? second : first;
    if (other !== beside) return { other, up: (direction === "up") === (first === end) };
  }
  return undefined;
}

function doubleBonds({ bonds }: SmilesGraph, placed: PlacedAtoms): string[] {
  return bonds.flatMap(({ first, second, order }) => {
    if (order !== "DOUB") return [];
    const [left, right] = [side(bonds, first, second), side(bonds, second, first)];
    if (!left || !right) return [];
    const [a, b, c, d] = [left.other, first, second, right.other].map((atom) => placed.at(atom));
    const name = `the bond of atoms ${first + 1} and ${second + 1}`;
    if (!a || !b || !c || !d) return [name];
    const axis = minus(c, b);
    // Of the parts at right angles to the bond: along each other where both are on one side.
    const along = dot(unit(cross(axis, minus(a, b))), unit(cross(axis, minus(d, c))));
    const wanted = left.up === right.up ? 1 : -1;
    return along * wanted < LEAST_VOLUME ? [name] : [];
  });
}
