/** Ligands from MDL's molfiles and the first record of SD files, V2000 (CTfile formats, BIOVIA 2020), as components in CIF. */
import { BadInputError } from "../../errors.ts";
import type { CifValue } from "../../formats/cif.ts";
import { cifText } from "../../formats/cif_writer.ts";
import { visible } from "../../words.ts";
import { atomicNumber } from "../dictionary/elements.ts";
import { isPosition } from "../positions.ts";

const ORDERS = ["SING", "DOUB", "TRIP"];
const AROMATIC = 4;
const LONGEST_NAME = 4;
/** Charges by their number in an atom's line. */
const CHARGES = [0, 3, 2, 1, 0, -1, -2, -3];
const [HEADER, X_WIDTH, ELEMENT_AT] = [3, 10, 31];

interface MolAtom {
  readonly name: string;
  readonly element: string;
  charge: number;
  readonly position: readonly number[];
}

/** A ligand with a place for each of its heavy atoms. */
export interface Molecule {
  /** A component's CIF, of the given code. */
  readonly cif: string;
  /** Names of its atoms, in order. */
  readonly names: readonly string[];
}

/**
 * Reads a molecule; hydrogens are left out.
 * @param code of the component that is made of it
 * @param file its name, for messages
 * @throws {BadInputError} with the line that is wrong
 */
export function readMolfile(text: string, code: string, file: string): Molecule {
  const lines = text.split(/\r\n?|\n/);
  const bad = (what: string) => new BadInputError(visible(`${file}: ${what}`));
  const counts = lines[HEADER] ?? "";
  if (/V3000/.test(counts)) throw bad("is a V3000 molfile: write it as V2000");
  const [atomCount, bondCount] = [0, 3].map((at) => Number(counts.slice(at, at + 3).trim() || Number.NaN));
  if (!/V2000/.test(counts) || !Number.isInteger(atomCount) || !Number.isInteger(bondCount) || atomCount < 1)
    throw bad("line 4 should count atoms and bonds and end in V2000, as molfiles and SD files do");
  const line = (at: number): string => {
    const found = lines[at];
    if (found === undefined)
      throw bad(`ends at line ${lines.length}, before its ${atomCount} atoms and ${bondCount} bonds`);
    return found;
  };
  const numbers = new Map<string, number>();
  const atoms = Array.from({ length: atomCount }, (_, index): MolAtom => {
    const at = HEADER + 1 + index;
    const found = line(at);
    const position = [0, 1, 2].map((axis) => Number(found.slice(axis * X_WIDTH, (axis + 1) * X_WIDTH).trim() || "x"));
    const element = found
      .slice(ELEMENT_AT, ELEMENT_AT + 3)
      .trim()
      .toUpperCase();
    if (!isPosition(position)) throw bad(`line ${at + 1} has no coordinates of an atom`);
    if (!atomicNumber(element)) throw bad(`line ${at + 1} has the unknown element ${JSON.stringify(element)}`);
    const number = (numbers.get(element) ?? 0) + 1;
    numbers.set(element, number);
    const name = `${element}${number}`;
    if (name.length > LONGEST_NAME && element !== "H") throw bad(`has more atoms of ${element} than can be named`);
    return { name, element, charge: CHARGES[Number(found.slice(36, 39))] ?? 0, position };
  });
  const bonds = Array.from({ length: bondCount }, (_, index) => {
    const at = HEADER + 1 + atomCount + index;
    const [first, second, order] = [0, 3, 6].map((from) => Number(line(at).slice(from, from + 3)));
    if (!atoms[first - 1] || !atoms[second - 1] || !(ORDERS[order - 1] || order === AROMATIC))
      throw bad(`line ${at + 1} is no bond of two of its ${atomCount} atoms`);
    return { first: atoms[first - 1], second: atoms[second - 1], order };
  });
  readCharges(lines.slice(HEADER + 1 + atomCount + bondCount), atoms);
  const heavy = atoms.filter(({ element }) => element !== "H" && element !== "D");
  if (heavy.length < 2)
    throw bad(`has ${heavy.length === 0 ? "no" : "one"} heavy atom: give such a ligand by its code`);
  if (heavy.every(({ position }) => position[2] === 0))
    throw bad("is flat: a ligand's file should have coordinates in three dimensions");
  const kept = new Set(heavy);
  const cif = componentText(
    code,
    heavy,
    bonds.filter(({ first, second }) => kept.has(first) && kept.has(second)),
  );
  return { cif, names: heavy.map(({ name }) => name) };
}

/** Charges that stand behind the bonds are instead of those in the lines of atoms. */
function readCharges(properties: readonly string[], atoms: readonly MolAtom[]): void {
  const end = properties.findIndex((line) => line.startsWith("M  END"));
  const lines = properties.slice(0, end < 0 ? undefined : end).filter((line) => line.startsWith("M  CHG"));
  if (lines.length > 0) for (const atom of atoms) atom.charge = 0;
  for (const line of lines) {
    const values = line.slice(9).trim().split(/\s+/).map(Number);
    for (let at = 0; at + 1 < values.length; at += 2) {
      const atom = atoms[values[at] - 1];
      if (atom && Number.isInteger(values[at + 1])) atom.charge = values[at + 1];
    }
  }
}

function componentText(
  code: string,
  atoms: readonly MolAtom[],
  bonds: readonly { readonly first: MolAtom; readonly second: MolAtom; readonly order: number }[],
): string {
  const column = <Row>(name: string, rows: readonly Row[], value: (row: Row) => CifValue) =>
    [name, rows.map(value)] as const;
  const about = ["name", "formula", "mon_nstd_parent_comp_id", "pdbx_synonyms", "formula_weight"];
  const coordinate = (axis: number) =>
    column(`pdbx_model_Cartn_${"xyz"[axis]}_ideal`, atoms, ({ position }) => position[axis].toFixed(4));
  const tables = [
    {
      name: "chem_comp",
      columns: [
        ["id", [code]] as const,
        ["type", ["NON-POLYMER"]] as const,
        ...about.map((name) => [name, [null]] as const),
      ],
    },
    {
      name: "chem_comp_atom",
      columns: [
        column("comp_id", atoms, () => code),
        column("atom_id", atoms, ({ name }) => name),
        column("type_symbol", atoms, ({ element }) => element),
        column("charge", atoms, ({ charge }) => String(charge)),
        ...[0, 1, 2].map(coordinate),
      ],
    },
    {
      name: "chem_comp_bond",
      columns: [
        column("comp_id", bonds, () => code),
        column("atom_id_1", bonds, ({ first }) => first.name),
        column("atom_id_2", bonds, ({ second }) => second.name),
        column("value_order", bonds, ({ order }) => ORDERS[order - 1] ?? "SING"),
        column("pdbx_aromatic_flag", bonds, ({ order }) => (order === AROMATIC ? "Y" : "N")),
      ],
    },
  ];
  return [...cifText(code, tables)].join("");
}
