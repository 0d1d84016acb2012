/** A conformer of a SMILES, by openchemlib: positions of its heavy atoms as they are written, with the hydrogens behind. */
import { givenParts, givenText, givenWhole } from "../../formats/given.ts";
import { isHydrogen } from "../dictionary/component.ts";
import { readSmiles, type SmilesAtom, type SmilesGraph } from "../dictionary/smiles_reader.ts";
import { isPosition } from "../positions.ts";
import { type PlacedAtoms, stereoErrors } from "./stereo.ts";

/** A molecule of openchemlib, as far as it is used. */
export interface ChemistryMolecule {
  getAllAtoms(): number;
  getAllBonds(): number;
  getAtomLabel(atom: number): string;
  getBondAtom(end: number, bond: number): number;
  getAtomX(atom: number): number;
  getAtomY(atom: number): number;
  getAtomZ(atom: number): number;
}

/** The package openchemlib 9, as far as it is used: types do not name it, for not everybody has it. */
export interface ChemistryLibrary {
  readonly Molecule: { fromSmiles(smiles: string): ChemistryMolecule };
  readonly ConformerGenerator: new (
    seed: number,
  ) => {
    // Its own class, which no structure stands for.
    // biome-ignore lint/suspicious/noExplicitAny: what fromSmiles has given
    getOneConformerAsMolecule(molecule: any): ChemistryMolecule | null;
  };
}

/** No conformer could be made. The message says why, to stand behind "no conformer of its SMILES: ". */
export class ConformerError extends Error {
  override readonly name = "ConformerError";
}

const MOST_SEED = 2 ** 31 - 1;
/** So many seeds are tried for one with the stereo of the SMILES. */
const ATTEMPTS = 5;
/** Bonds of atoms are longer than the first and shorter than the second, in ångström: hydrogen's 0.74, and some more than that of two iodines. */
const BOND_LENGTHS = [0.6, 3.5] as const;

/**
 * A conformer of a SMILES: a flat array of x, y, z in ångström, of the heavy atoms in the order in which they are written and then of all
 * hydrogens. The same seed gives the same conformer.
 * @param library openchemlib, its resources registered (`Resources.register`, or `Resources.registerFromNodejs`)
 * @param seed 0 to 2³¹ − 1
 * @throws {ConformerError} where it finds none, or none with the stereo that the SMILES asks for
 * @throws {BadInputError} with the position of what is wrong in the SMILES
 */
export function makeConformer(library: ChemistryLibrary, smiles: string, seed: number): Float64Array {
  givenParts("the library", "the package openchemlib", library, {
    Molecule: "function",
    ConformerGenerator: "function",
  });
  givenText("the SMILES", "a SMILES", smiles);
  givenWhole("the seed", seed, 0, MOST_SEED);
  const graph = readSmiles(smiles, "ligand");
  let wrong: string[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const molecule = embedded(library, smiles.trim(), (seed + attempt) % (MOST_SEED + 1));
    const places = placesOf(graph, molecule);
    const { coordinates, placed } = positionsOf(graph, molecule, places);
    wrong = stereoErrors(graph, placed);
    if (wrong.length === 0) return coordinates;
  }
  throw new ConformerError(`those that are found have not its stereo at ${wrong.slice(0, 3).join(", ")}`);
}

function embedded({ Molecule, ConformerGenerator }: ChemistryLibrary, smiles: string, seed: number): ChemistryMolecule {
  let made: ChemistryMolecule | null;
  try {
    made = new ConformerGenerator(seed).getOneConformerAsMolecule(Molecule.fromSmiles(smiles));
  } catch (error) {
    throw new ConformerError(`openchemlib refuses it (${String(error instanceof Error ? error.message : error)})`);
  }
  if (!made) throw new ConformerError("openchemlib finds none");
  return made;
}

/** Hydrogens that openchemlib takes away and puts back behind all other atoms. */
const moves = ({ element, isotope, charge, neighbours }: SmilesAtom): boolean =>
  element === "H" && !isotope && charge === 0 && neighbours.length === 1;

/**
 * Where openchemlib has the atoms of a SMILES, hydrogens that it moves left out: as they are written, but that each of these hydrogens has
 * changed places with the last atom that is none. Checked by elements and bonds, so that another version of it cannot mix up atoms.
 */
function placesOf({ atoms, bonds }: SmilesGraph, molecule: ChemistryMolecule): Map<number, number> {
  const order = atoms.map((_, atom) => atom);
  let last = order.length - 1;
  const skip = (): void => {
    while (last >= 0 && moves(atoms[order[last]])) last--;
  };
  skip();
  for (let at = 0; at < last; at++)
    if (moves(atoms[order[at]])) {
      [order[at], order[last]] = [order[last], order[at]];
      skip();
    }
  const places = new Map(order.slice(0, last + 1).map((atom, place) => [atom, place]));
  const pair = (a = -1, b = -1): string => `${Math.min(a, b)} ${Math.max(a, b)}`;
  const found = bondsOf(molecule)
    .filter(([a, b]) => a < places.size && b < places.size)
    .map(([a, b]) => pair(a, b));
  const wanted = bonds
    .filter(({ first, second }) => places.has(first) && places.has(second))
    .map(({ first, second }) => pair(places.get(first), places.get(second)));
  const same =
    molecule.getAllAtoms() >= places.size &&
    [...places].every(([atom, place]) => molecule.getAtomLabel(place).toUpperCase() === atoms[atom].element) &&
    [...found].sort().join() === [...wanted].sort().join();
  if (!same) throw new ConformerError("openchemlib reads other atoms or bonds in it");
  return places;
}

const bondsOf = (molecule: ChemistryMolecule): (readonly [number, number])[] =>
  Array.from({ length: molecule.getAllBonds() }, (_, bond) => [
    molecule.getBondAtom(0, bond),
    molecule.getBondAtom(1, bond),
  ]);

type Point = readonly [number, number, number];

function positionsOf(
  { atoms }: SmilesGraph,
  molecule: ChemistryMolecule,
  places: ReadonlyMap<number, number>,
): { coordinates: Float64Array; placed: PlacedAtoms } {
  const point = (at: number): Point => [molecule.getAtomX(at), molecule.getAtomY(at), molecule.getAtomZ(at)];
  const heavy = atoms.flatMap((atom, index) => (isHydrogen(atom) ? [] : [places.get(index) ?? 0]));
  const kept = new Set(heavy);
  const all = Array.from({ length: molecule.getAllAtoms() }, (_, at) => at);
  const coordinates = Float64Array.from([...heavy, ...all.filter((at) => !kept.has(at))].flatMap(point));
  if (!isPosition(coordinates)) throw new ConformerError("openchemlib leaves atoms without a place");
  const hydrogens = new Map<number, number>();
  for (const [a, b] of bondsOf(molecule)) {
    const [from, to] = [point(a), point(b)];
    const length = Math.hypot(from[0] - to[0], from[1] - to[1], from[2] - to[2]);
    if (length < BOND_LENGTHS[0] || length > BOND_LENGTHS[1])
      throw new ConformerError(`openchemlib makes a bond of ${length.toFixed(1)} Å`);
    if (b >= places.size) hydrogens.set(a, b);
    if (a >= places.size) hydrogens.set(b, a);
  }
  const hydrogenOf = (atom: number): Point | undefined => {
    const hydrogen = hydrogens.get(places.get(atom) ?? -1);
    return hydrogen === undefined ? undefined : point(hydrogen);
  };
  return {
    coordinates,
    placed: {
      hydrogenOf,
      at: (atom) => {
        const place = places.get(atom);
        return place === undefined ? hydrogenOf(atoms[atom].neighbours[0] ?? -1) : point(place);
      },
    },
  };
}
