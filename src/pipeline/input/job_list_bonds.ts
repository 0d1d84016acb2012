/** Bonds between chains of jobs in lists: of atoms that entities name, for each of their copies. */
import type { Place } from "./fields.ts";
import { type Bond, type BondedAtom, bondKey, isLoop, lengthOf } from "./job.ts";
import type { ListEntity } from "./job_list_entities.ts";

const SIDES = [
  ["entity1", "copy1", "position1", "atom1"],
  ["entity2", "copy2", "position2", "atom2"],
] as const;
const OLD_SIDES = [
  ["left_entity", "left_copy", "left_position", "left_atom"],
  ["right_entity", "right_copy", "right_position", "right_atom"],
] as const;

/** A whole number, which may be written as text. */
function wholeOf(place: Place, least: number, most: number): number {
  const { value } = place;
  const number = typeof value === "string" && /^\d{1,9}$/.test(value) ? Number(value) : value;
  if (typeof number !== "number" || !Number.isInteger(number) || number < least || number > most)
    throw place.not(`a whole number from ${least} to ${most}`);
  return number;
}

/**
 * The bonds of a job. Entities are counted from 1, and so are their copies; a bond that names no copies is there once for each pair of them.
 * @throws {BadInputError} with the place of what is wrong
 */
export function readListBonds(place: Place, entities: readonly ListEntity[]): Bond[] {
  // A bond that is there twice would let twice as many atoms leave.
  const seen = new Set<string>();
  return place.list("a list of bonds").flatMap((item) => {
    item.object(...SIDES[0], ...SIDES[1], ...OLD_SIDES[0], ...OLD_SIDES[1]);
    const [first, second] = SIDES.map((side, at) => ends(item, side, OLD_SIDES[at], entities));
    if (first.length !== second.length)
      throw item.bad(
        `joins ${first.length} copies with ${second.length}: there should be as many of both, or copy1 and copy2 should name them`,
      );
    const bonds = first.map((end, at): Bond => [end, second[at]]);
    if (bonds.some(isLoop)) throw item.bad("joins an atom with itself");
    for (const key of bonds.map(bondKey)) {
      if (seen.has(key)) throw item.bad("makes a bond that is there already");
      seen.add(key);
    }
    return bonds;
  });
}

type Side = (typeof SIDES)[number] | (typeof OLD_SIDES)[number];

/** The atoms of one side, one for each copy that it means. */
function ends(item: Place, side: Side, old: Side, entities: readonly ListEntity[]): BondedAtom[] {
  const [entity, copy, position, atom] = side.map((name, at) => {
    const found = item.field(name);
    return found.absent && !item.field(old[at]).absent ? item.field(old[at]) : found;
  });
  const found = entities[wholeOf(entity, 1, entities.length) - 1];
  const { ids } = found.entity;
  const copies = copy.absent ? ids : [ids[wholeOf(copy, 1, ids.length) - 1]];
  const residue = wholeOf(position, 1, lengthOf(found.entity));
  const name = atomOf(atom, found);
  return copies.map((chain) => ({ chain, residue, atom: name }));
}

/** An atom by its name; of ligands that a SMILES or a file describes by its number too. */
function atomOf(place: Place, { numbered }: ListEntity): string {
  const { value } = place;
  const isNumber = typeof value === "number" || (typeof value === "string" && /^\d+$/.test(value));
  if (!isNumber) {
    const name = place.text('an atom such as "CA"');
    if (name === "") throw place.not('an atom such as "CA"');
    return name;
  }
  if (!numbered) throw place.bad(`should be an atom's name: only ligands given by SMILES or file have numbered atoms`);
  const name = numbered.get(Number(value));
  if (name === undefined)
    throw place.bad(`should be the number of one of its atoms, ${[...numbered.keys()].join(", ")}, not ${value}`);
  return name;
}
