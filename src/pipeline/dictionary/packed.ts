/** The components that come with the package, as a compact table (scripts/dictionary.mjs writes it). */
import { BadInputError } from "../../errors.ts";
import type { Component, ComponentAtom, ComponentBond } from "./component.ts";

/** A component in the table. Coordinates are whole thousandths of an ångström, as the dictionary has them; null where there are none. */
export interface PackedComponent {
  readonly code: string;
  readonly about: readonly (string | null)[];
  /** Names and elements, each separated by blanks. */
  readonly atoms: readonly [names: string, elements: string];
  /** Of each atom, `Y` if it leaves. */
  readonly leaving: string;
  /** Atom and charge, where there is one. */
  readonly charges: readonly number[];
  /** First atom, second atom and order of each bond. */
  readonly bonds: readonly number[];
  readonly ideal: readonly (number | null)[];
  readonly model?: readonly (number | null)[];
}

const ORDERS = ["SING", "DOUB", "TRIP", "QUAD"];
/** Added to an order's place where the bond is aromatic. */
const AROMATIC = ORDERS.length;
const THOUSANDTHS = 1000;

const packed = (values: Float64Array): (number | null)[] =>
  Array.from(values, (value) => (Number.isNaN(value) ? null : Math.round(value * THOUSANDTHS)));
const unpacked = (values: readonly (number | null)[]): Float64Array =>
  Float64Array.from(values, (value) => (value === null ? Number.NaN : value / THOUSANDTHS));

/** The table of components. @throws {BadInputError} if a bond has an order that the table has no number for */
export function packComponents(components: readonly Component[]): PackedComponent[] {
  return components.map((component) => {
    const { code, type, name, formula, weight, synonyms, parent, modified, atoms, bonds, ideal, model } = component;
    return {
      code,
      about: [type, name, formula, weight, synonyms, parent, modified].map((text) => text ?? null),
      atoms: [atoms.map(({ name }) => name).join(" "), atoms.map(({ element }) => element).join(" ")],
      leaving: atoms.map(({ leaving }) => (leaving ? "Y" : "N")).join(""),
      charges: atoms.flatMap(({ charge }, atom) => (charge === 0 ? [] : [atom, charge])),
      bonds: bonds.flatMap(({ first, second, order, aromatic }) => [
        first,
        second,
        orderNumber(code, order) + (aromatic ? AROMATIC : 0),
      ]),
      ideal: packed(ideal),
      ...(model ? { model: packed(model) } : {}),
    };
  });
}

function orderNumber(code: string, order: string): number {
  const number = ORDERS.indexOf(order);
  if (number < 0) throw new BadInputError(`the component ${code} has a bond of the order ${order}`);
  return number;
}

/** A component of the table. */
export function unpackComponent({
  code,
  about,
  atoms,
  leaving,
  charges,
  bonds,
  ideal,
  model,
}: PackedComponent): Component {
  const [type, name, formula, weight, synonyms, parent, modified] = about.map((text) => text ?? undefined);
  const [names, elements] = atoms.map((list) => list.split(" "));
  const charge = new Map<number, number>();
  for (let at = 0; at < charges.length; at += 2) charge.set(charges[at], charges[at + 1]);
  return {
    code,
    type: type ?? "",
    name,
    formula,
    weight,
    synonyms,
    parent,
    modified,
    atoms: names.map(
      (name, atom): ComponentAtom => ({
        name,
        element: elements[atom],
        charge: charge.get(atom) ?? 0,
        leaving: leaving[atom] === "Y",
      }),
    ),
    bonds: Array.from({ length: bonds.length / 3 }, (_, bond): ComponentBond => {
      const [first, second, order] = bonds.slice(bond * 3, bond * 3 + 3);
      return { first, second, order: ORDERS[order % AROMATIC], aromatic: order >= AROMATIC };
    }),
    ideal: unpacked(ideal),
    model: model && unpacked(model),
  };
}
