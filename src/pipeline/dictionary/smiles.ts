/** SMILES: heavy atoms and bonds in the order in which they are written (Weininger 1988; the OpenSMILES specification, opensmiles.org). */
import { BadInputError } from "../../errors.ts";
import { visible } from "../../words.ts";
import type { Component, ComponentAtom, ComponentBond } from "./component.ts";
import { atomicNumber } from "./elements.ts";

/** Atoms that need no brackets; those that may be aromatic in lower case. */
const ORGANIC = /^(Cl|Br|[BCNOPSFI]|[bcnops])/;
const BRACKET =
  /^\[(\d*)(se|as|te|si|[A-Z][a-z]?|[bcnops])(@{0,2}(?:TH[12]|AL[12]|SP[1-3]|TB\d{1,2}|OH\d{1,2})?)?(H\d*)?(\+{1,4}|-{1,4}|\+\d{1,2}|-\d{1,2})?(?::\d+)?\]/;
const BONDS: ReadonlyMap<string, string> = new Map([
  ["-", "SING"],
  ["=", "DOUB"],
  ["#", "TRIP"],
  ["$", "QUAD"],
  [":", "AROM"],
  ["/", "SING"],
  ["\\", "SING"],
]);
const MOST_ATOMS = 10_000;
const LONGEST_NAME = 4;

interface Atom {
  readonly element: string;
  readonly charge: number;
  readonly aromatic: boolean;
}

interface Bond {
  readonly first: number;
  readonly second: number;
  readonly order: string | undefined;
}

/** Reads one SMILES. */
class SmilesReader {
  readonly atoms: Atom[] = [];
  readonly bonds: Bond[] = [];
  private readonly text: string;
  private readonly place: string;
  private at = 0;
  private readonly branches: number[] = [];
  private readonly rings = new Map<string, { readonly atom: number; readonly order: string | undefined }>();

  constructor(text: string, place: string) {
    this.text = text;
    this.place = place;
  }

  bad(what: string): BadInputError {
    return new BadInputError(visible(`${this.place}: the SMILES ${JSON.stringify(this.text.slice(0, 60))} ${what}`));
  }

  read(): void {
    let [last, order] = [undefined, undefined] as [number | undefined, string | undefined];
    while (this.at < this.text.length) {
      const letter = this.text[this.at];
      const found = this.atom();
      if (found) {
        if (this.atoms.push(found) > MOST_ATOMS) throw this.bad(`has more than ${MOST_ATOMS} atoms`);
        if (last !== undefined) this.bonds.push({ first: last, second: this.atoms.length - 1, order });
        else if (order !== undefined) throw this.unexpected(this.at - 1);
        [last, order] = [this.atoms.length - 1, undefined];
      } else if (BONDS.has(letter)) {
        if (order !== undefined || last === undefined) throw this.unexpected();
        order = BONDS.get(letter);
        this.at++;
      } else if (/[\d%]/.test(letter)) {
        if (last === undefined) throw this.unexpected();
        this.ring(last, order);
        order = undefined;
      } else if (letter === "(") {
        if (last === undefined || order !== undefined || this.text[this.at + 1] === ")") throw this.unexpected();
        this.branches.push(last);
        this.at++;
      } else if (letter === ")") {
        const from = this.branches.pop();
        if (from === undefined || order !== undefined) throw this.unexpected();
        last = from;
        this.at++;
      } else if (letter === ".") {
        if (last === undefined || order !== undefined || this.branches.length > 0) throw this.unexpected();
        last = undefined;
        this.at++;
      } else throw this.unexpected();
    }
    if (order !== undefined || last === undefined) throw this.bad("ends where an atom should be");
    if (this.branches.length > 0) throw this.bad('has a "(" without ")"');
    if (this.rings.size > 0) throw this.bad(`opens the ring ${[...this.rings.keys()][0]}, but does not close it`);
  }

  private unexpected(at = this.at): BadInputError {
    return this.bad(`cannot have ${JSON.stringify(this.text[at])} at position ${at + 1}`);
  }

  private atom(): Atom | undefined {
    const rest = this.text.slice(this.at, this.at + 40);
    const plain = ORGANIC.exec(rest)?.[1];
    if (plain !== undefined) {
      this.at += plain.length;
      return { element: plain.toUpperCase(), charge: 0, aromatic: plain === plain.toLowerCase() };
    }
    if (rest[0] !== "[") return undefined;
    const match = BRACKET.exec(rest);
    if (!match) throw this.unexpected();
    const [whole, , symbol, , , charge] = match;
    if (!atomicNumber(symbol)) throw this.bad(`has the unknown element ${symbol}`);
    this.at += whole.length;
    return { element: symbol.toUpperCase(), charge: chargeOf(charge), aromatic: symbol === symbol.toLowerCase() };
  }

  private ring(atom: number, order: string | undefined): void {
    const match = /^(?:%(\d\d)|%\((\d{1,5})\)|(\d))/.exec(this.text.slice(this.at, this.at + 9));
    if (!match) throw this.unexpected();
    const ring = String(Number(match[1] ?? match[2] ?? match[3]));
    const open = this.rings.get(ring);
    if (!open) this.rings.set(ring, { atom, order });
    else {
      const joined = this.bonds.some(
        ({ first, second }) => (first === open.atom && second === atom) || (first === atom && second === open.atom),
      );
      if (open.atom === atom || joined) throw this.bad(`closes the ring ${ring} over a bond that is there`);
      if (open.order !== undefined && order !== undefined && open.order !== order)
        throw this.bad(`closes the ring ${ring} with another bond than it opens it with`);
      this.bonds.push({ first: atom, second: open.atom, order: open.order ?? order });
      this.rings.delete(ring);
    }
    this.at += match[0].length;
  }
}

function chargeOf(text: string | undefined): number {
  if (!text) return 0;
  const sign = text[0] === "+" ? 1 : -1;
  return sign * (/\d/.test(text) ? Number(text.slice(1)) : text.length);
}

/**
 * The heavy atoms of a SMILES as a component: named by element and number within it, in order. Hydrogens are left out and coordinates are none.
 * @throws {BadInputError} with the position of what is wrong
 */
export function smilesComponent(smiles: string, code: string, place: string): Component {
  const reader = new SmilesReader(smiles.trim(), place);
  reader.read();
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
