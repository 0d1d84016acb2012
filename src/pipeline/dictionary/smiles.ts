/** The component that a SMILES describes: heavy atoms and bonds in the order in which they are written. */
import type { Component, ComponentAtom, ComponentBond } from "./component.ts";
import { readSmiles } from "./smiles_reader.ts";

const LONGEST_NAME = 4;

/** The code of a chain's SMILES: no dictionary has one of its form. */
export const smilesCode = (chain: string): string => `LIG_${chain}`;

/**
 * The atoms of a SMILES by the numbers that bonds name them by: those behind colons where there are some, else their places from 0.
 * @throws {BadInputError} with the position of what is wrong
 */
export function smilesAtomNames(smiles: string, place: string): ReadonlyMap<number, string> {
  const { atoms } = smilesComponent(smiles, "LIG", place);
  const heavy = readSmiles(smiles, place).atoms.filter(({ element }) => element !== "H");
  const mapped = heavy.some(({ map }) => map !== 0);
  return new Map(
    heavy.flatMap(({ map }, at) => (mapped && map === 0 ? [] : [[mapped ? map : at, atoms[at].name] as const])),
  );
}

/**
 * The heavy atoms of a SMILES as a component: named by element and number within it, in order. Hydrogens are left out and coordinates are none.
 * @throws {BadInputError} with the position of what is wrong
 */
export function smilesComponent(smiles: string, code: string, place: string): Component {
  const reader = readSmiles(smiles, place);
  const heavy = reader.atoms.map(({ element }) => element !== "H");
  if (!heavy.includes(true)) throw reader.bad("has no heavy atom");
  const counts = new Map<string, number>();
  const places = new Map<number, number>();
  const atoms: ComponentAtom[] = [];
  reader.atoms.forEach(({ element, charge }, index) => {
    if (!heavy[index]) return;
    const count = (counts.get(element) ?? 0) + 1;
    counts.set(element, count);
    const name = `${element}${count}`;
    if (name.length > LONGEST_NAME) throw reader.bad(`has more atoms of ${element} than can be named`);
    places.set(index, atoms.length);
    atoms.push({ name, element, charge, leaving: false });
  });
  const bonds = reader.bonds.flatMap(({ first, second, order }): ComponentBond[] => {
    const [from, to] = [places.get(first), places.get(second)];
    if (from === undefined || to === undefined) return [];
    const aromatic =
      reader.atoms[first].aromatic && reader.atoms[second].aromatic && (order === undefined || order === "AROM");
    return [{ first: from, second: to, order: order ?? (aromatic ? "AROM" : "SING"), aromatic }];
  });
  return {
    code,
    smiles,
    type: "NON-POLYMER",
    name: undefined,
    formula: undefined,
    weight: undefined,
    synonyms: undefined,
    parent: undefined,
    modified: undefined,
    atoms,
    bonds,
    ideal: new Float64Array(atoms.length * 3).fill(Number.NaN),
    model: undefined,
  };
}
