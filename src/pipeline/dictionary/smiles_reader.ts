/** SMILES as graphs: atoms and bonds in the order in which they are written, with what they say of stereo (Weininger 1988; opensmiles.org). */
import { BadInputError } from "../../errors.ts";
import { visible } from "../../words.ts";
import { atomicNumber } from "./elements.ts";

/** Atoms that need no brackets; those that may be aromatic in lower case. */
const ORGANIC = /^(Cl|Br|[BCNOPSFI]|[bcnops])/;
const BRACKET =
  /^\[(\d*)(se|as|te|si|[A-Z][a-z]?|[bcnops])(@{0,2}(?:TH[12]|AL[12]|SP[1-3]|TB\d{1,2}|OH\d{1,2})?)?(H\d*)?(\+{1,4}|-{1,4}|\+\d{1,2}|-\d{1,2})?(?::(\d{1,6}))?\]/;
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

export interface SmilesAtom {
  /** The symbol in capitals. */
  readonly element: string;
  readonly charge: number;
  readonly aromatic: boolean;
  readonly isotope: boolean;
  /** Its number behind a colon, by which others name it; 0 if it has none. */
  readonly map: number;
  /** As written: `@`, `@@`, `@TH1` and so on, or nothing. */
  readonly chirality: string;
  /** Neighbours in the order that chirality is about; undefined is a hydrogen that the brackets count. */
  readonly neighbours: readonly (number | undefined)[];
}

/** Above or below: a bond written `/` from its first to its second atom goes up. */
export type Direction = "up" | "down";

export interface SmilesBond {
  readonly first: number;
  readonly second: number;
  readonly order: string | undefined;
  /** From the first to the second atom. */
  readonly direction: Direction | undefined;
}

export interface SmilesGraph {
  readonly atoms: readonly SmilesAtom[];
  readonly bonds: readonly SmilesBond[];
  /** An error about it, in one sentence. */
  bad(what: string): BadInputError;
}

/** What stands between two atoms. */
interface Link {
  readonly order: string;
  readonly direction: Direction | undefined;
}

interface Opened {
  readonly atom: number;
  readonly link: Link | undefined;
  /** Where the neighbour will stand among those of the atom. */
  readonly slot: number;
}

const DIRECTIONS: Readonly<Record<string, Direction>> = { "/": "up", "\\": "down" };
const turned = (direction: Direction | undefined): Direction | undefined =>
  direction && (direction === "up" ? "down" : "up");

interface OpenAtom extends SmilesAtom {
  readonly neighbours: (number | undefined)[];
}

/**
 * Reads a SMILES.
 * @param place for messages, such as `chain A`
 * @throws {BadInputError} with the position of what is wrong
 */
export function readSmiles(smiles: string, place: string): SmilesGraph {
  const reader = new SmilesReader(smiles.trim(), place);
  reader.read();
  return reader;
}

/** Reads one SMILES. */
class SmilesReader implements SmilesGraph {
  readonly atoms: OpenAtom[] = [];
  readonly bonds: SmilesBond[] = [];
  private readonly text: string;
  private readonly place: string;
  private at = 0;
  private readonly branches: number[] = [];
  private readonly rings = new Map<string, Opened>();

  constructor(text: string, place: string) {
    this.text = text;
    this.place = place;
  }

  bad(what: string): BadInputError {
    return new BadInputError(visible(`${this.place}: the SMILES ${JSON.stringify(this.text.slice(0, 60))} ${what}`));
  }

  read(): void {
    let [last, link] = [undefined, undefined] as [number | undefined, Link | undefined];
    while (this.at < this.text.length) {
      const letter = this.text[this.at];
      const found = this.atom();
      if (found) {
        if (this.atoms.push(found) > MOST_ATOMS) throw this.bad(`has more than ${MOST_ATOMS} atoms`);
        const own = this.atoms.length - 1;
        if (last !== undefined) {
          this.bonds.push({ first: last, second: own, order: link?.order, direction: link?.direction });
          this.atoms[last].neighbours.push(own);
          found.neighbours.unshift(last);
        } else if (link) throw this.unexpected(this.at - 1);
        [last, link] = [own, undefined];
      } else if (BONDS.has(letter)) {
        if (link || last === undefined) throw this.unexpected();
        link = { order: BONDS.get(letter) ?? "", direction: DIRECTIONS[letter] };
        this.at++;
      } else if (/[\d%]/.test(letter)) {
        if (last === undefined) throw this.unexpected();
        this.ring(last, link);
        link = undefined;
      } else if (letter === "(") {
        if (last === undefined || link || this.text[this.at + 1] === ")") throw this.unexpected();
        this.branches.push(last);
        this.at++;
      } else if (letter === ")") {
        const from = this.branches.pop();
        if (from === undefined || link) throw this.unexpected();
        last = from;
        this.at++;
      } else if (letter === ".") {
        if (last === undefined || link || this.branches.length > 0) throw this.unexpected();
        last = undefined;
        this.at++;
      } else throw this.unexpected();
    }
    if (link || last === undefined) throw this.bad("ends where an atom should be");
    if (this.branches.length > 0) throw this.bad('has a "(" without ")"');
    if (this.rings.size > 0) throw this.bad(`opens the ring ${[...this.rings.keys()][0]}, but does not close it`);
  }

  private unexpected(at = this.at): BadInputError {
    return this.bad(`cannot have ${JSON.stringify(this.text[at])} at position ${at + 1}`);
  }

  private atom(): OpenAtom | undefined {
    const rest = this.text.slice(this.at, this.at + 40);
    const plain = ORGANIC.exec(rest)?.[1];
    const simple = { charge: 0, isotope: false, map: 0, chirality: "", neighbours: [] };
    if (plain !== undefined) {
      this.at += plain.length;
      return { ...simple, element: plain.toUpperCase(), aromatic: plain === plain.toLowerCase() };
    }
    if (rest[0] !== "[") return undefined;
    const match = BRACKET.exec(rest);
    if (!match) throw this.unexpected();
    const [whole, isotope, symbol, chirality = "", hydrogens, charge, map] = match;
    if (!atomicNumber(symbol)) throw this.bad(`has the unknown element ${symbol}`);
    this.at += whole.length;
    return {
      element: symbol.toUpperCase(),
      charge: chargeOf(charge),
      aromatic: symbol === symbol.toLowerCase(),
      isotope: isotope !== "",
      map: Number(map ?? 0),
      chirality,
      neighbours: new Array<undefined>(hydrogens ? Number(hydrogens.slice(1) || 1) : 0).fill(undefined),
    };
  }

  private ring(atom: number, link: Link | undefined): void {
    const match = /^(?:%(\d\d)|%\((\d{1,5})\)|(\d))/.exec(this.text.slice(this.at, this.at + 9));
    if (!match) throw this.unexpected();
    const ring = String(Number(match[1] ?? match[2] ?? match[3]));
    const open = this.rings.get(ring);
    const { neighbours } = this.atoms[atom];
    if (!open) this.rings.set(ring, { atom, link, slot: neighbours.push(undefined) - 1 });
    else {
      const joined = this.bonds.some(
        ({ first, second }) => (first === open.atom && second === atom) || (first === atom && second === open.atom),
      );
      if (open.atom === atom || joined) throw this.bad(`closes the ring ${ring} over a bond that is there`);
      if (open.link && link && open.link.order !== link.order)
        throw this.bad(`closes the ring ${ring} with another bond than it opens it with`);
      const { order, direction } = open.link
        ? { ...open.link, direction: turned(open.link.direction) ?? link?.direction }
        : { order: link?.order, direction: link?.direction };
      this.bonds.push({ first: atom, second: open.atom, order, direction });
      this.atoms[open.atom].neighbours[open.slot] = atom;
      neighbours.push(open.atom);
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
