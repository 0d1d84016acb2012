/** Chemical components, as the wwPDB's dictionary (CCD) and files like it describe them. */
import { BadInputError } from "../../errors.ts";
import type { CifBlock, CifCategory, CifValue } from "../../formats/cif.ts";
import { visible } from "../../words.ts";
import { isPosition } from "../positions.ts";
import { atomicNumber } from "./elements.ts";

export interface ComponentAtom {
  readonly name: string;
  /** The symbol in capitals, such as CL. */
  readonly element: string;
  /** Formal; 0 where the dictionary has `?`. */
  readonly charge: number;
  /** Whether it leaves when a bond to another component is made. */
  readonly leaving: boolean;
}

export interface ComponentBond {
  /** Of the component's atoms. */
  readonly first: number;
  readonly second: number;
  /** SING, DOUB, TRIP, QUAD and others. */
  readonly order: string;
  readonly aromatic: boolean;
}

export interface Component {
  readonly code: string;
  /** What it was made of, if it is in no dictionary. */
  readonly smiles?: string;
  /** Such as `L-peptide linking`. */
  readonly type: string;
  readonly name: string | undefined;
  readonly formula: string | undefined;
  readonly weight: string | undefined;
  readonly synonyms: string | undefined;
  /** The standard residue that this is a variant of. */
  readonly parent: string | undefined;
  /** The one-letter code, null where the dictionary has none; undefined of components that come with the package (`Components.letter`). */
  readonly letter?: string | null;
  /** ISO date of its last change. */
  readonly modified: string | undefined;
  /** In the dictionary's order, hydrogens too. */
  readonly atoms: readonly ComponentAtom[];
  readonly bonds: readonly ComponentBond[];
  /** Ideal coordinates [atoms, 3] in ångström; NaN where there are none. */
  readonly ideal: Float64Array;
  /** Those of a model, [atoms, 3], where there are some and ideal ones are missing. */
  readonly model: Float64Array | undefined;
}

/** Whether an atom is hydrogen or deuterium, which no network sees. */
export const isHydrogen = ({ element }: Pick<ComponentAtom, "element">): boolean => element === "H" || element === "D";

/** Sugars, by their type (AlphaFold 3's `chemical_component_sets`: both of its lists). */
export const isGlycan = ({ type }: Component): boolean => /\bsaccharide\b/i.test(type);

const TABLE = "chem_comp";
const ATOMS = "chem_comp_atom";
const BONDS = "chem_comp_bond";
const COORDINATES = ["x", "y", "z"];

/** Columns that AlphaFold 3 asks of components that a user gives (`folding_input.py`). */
const NEEDED: readonly (readonly [category: string, items: readonly string[]])[] = [
  [TABLE, ["id", "name", "type", "formula", "mon_nstd_parent_comp_id", "pdbx_synonyms", "formula_weight"]],
  [
    ATOMS,
    ["comp_id", "atom_id", "type_symbol", "charge", ...COORDINATES.map((axis) => `pdbx_model_Cartn_${axis}_ideal`)],
  ],
  [BONDS, ["atom_id_1", "atom_id_2", "value_order", "pdbx_aromatic_flag"]],
];

/**
 * Components that a user gives with an input.
 * @throws {BadInputError} naming what a block lacks
 */
export function userComponents(blocks: readonly CifBlock[], file: string): Component[] {
  return blocks.flatMap((block) => {
    for (const [category, items] of NEEDED) {
      const found = block.categories.get(category);
      const missing = items.filter((item) => found?.column(item) === undefined);
      if (missing.length > 0)
        throw new BadInputError(
          visible(
            `${file}: the component ${block.name} lacks ${missing.map((item) => `_${category}.${item}`).join(", ")}`,
          ),
        );
    }
    return componentsOf(block, file);
  });
}

/** The rows of each component in a table. */
function rowsOf(category: CifCategory | undefined, only: string | undefined): Map<string, number[]> {
  const rows = new Map<string, number[]>();
  const ids = category?.column("comp_id");
  for (let row = 0; row < (category?.rows ?? 0); row++) {
    const code = ids ? ids[row] : only;
    if (code === null || code === undefined) continue;
    const found = rows.get(code);
    if (found) found.push(row);
    else rows.set(code, [row]);
  }
  return rows;
}

/**
 * The components of a data block: one in dictionaries as the wwPDB writes them, all where a file has one block for all.
 * @param wanted which of them, if not all
 * @throws {BadInputError} naming the component and what is wrong with it
 */
export function componentsOf(
  block: CifBlock,
  file: string,
  wanted: (code: string) => boolean = () => true,
): Component[] {
  const table = block.categories.get(TABLE);
  const codes = table?.column("id");
  if (!table || !codes) return [];
  const only = codes.length === 1 ? (codes[0] ?? undefined) : undefined;
  const [atoms, bonds] = [block.categories.get(ATOMS), block.categories.get(BONDS)];
  const [atomRows, bondRows] = [rowsOf(atoms, only), rowsOf(bonds, only)];
  return codes.flatMap((code, row) => {
    if (code === null || code === undefined || !wanted(code)) return [];
    const text = (item: string): string | undefined => table.column(item)?.[row] ?? undefined;
    return [
      {
        code,
        type: text("type") ?? "",
        name: text("name"),
        formula: text("formula"),
        weight: text("formula_weight"),
        synonyms: text("pdbx_synonyms"),
        parent: text("mon_nstd_parent_comp_id"),
        modified: text("pdbx_modified_date"),
        ...(table.column("one_letter_code") && { letter: text("one_letter_code") ?? null }),
        ...contentOf(code, file, [atoms, atomRows.get(code) ?? []], [bonds, bondRows.get(code) ?? []]),
      },
    ];
  });
}

type Rows = readonly [category: CifCategory | undefined, rows: readonly number[]];

function contentOf(
  code: string,
  file: string,
  [atomTable, atomRows]: Rows,
  [bondTable, bondRows]: Rows,
): Pick<Component, "atoms" | "bonds" | "ideal" | "model"> {
  const bad = (what: string): BadInputError => new BadInputError(visible(`${file}: the component ${code} ${what}`));
  if (atomRows.length === 0) throw bad("has no atoms");
  const [names, symbols, charges, leaving] = ["atom_id", "type_symbol", "charge", "pdbx_leaving_atom_flag"].map(
    (item) => atomTable?.column(item),
  );
  const places = new Map<string, number>();
  const atoms = atomRows.map((row, at): ComponentAtom => {
    const [name, symbol] = [names?.[row], symbols?.[row]];
    if (!name || !symbol) throw bad(`has an atom without ${name ? "element" : "name"}`);
    if (name.length > LONGEST_NAME)
      throw bad(`has the atom ${name}, expected names of ${LONGEST_NAME} characters at most`);
    if (places.has(name)) throw bad(`has the atom ${name} twice`);
    places.set(name, at);
    if (atomicNumber(symbol) === undefined) throw bad(`has an atom of the unknown element ${symbol}`);
    return {
      name,
      element: symbol.toUpperCase(),
      charge: wholeOf(charges?.[row], () => bad(`has the charge ${charges?.[row]}`)),
      leaving: leaving?.[row] === "Y",
    };
  });
  const [first, second, orders, aromatic] = ["atom_id_1", "atom_id_2", "value_order", "pdbx_aromatic_flag"].map(
    (item) => bondTable?.column(item),
  );
  const place = (name: CifValue): number => {
    const found = places.get(name ?? "");
    if (found === undefined) throw bad(`has a bond of the atom ${name}, which it lacks`);
    return found;
  };
  const bonds = bondRows.map((row) => ({
    first: place(first?.[row]),
    second: place(second?.[row]),
    order: orders?.[row]?.toUpperCase() ?? "SING",
    aromatic: aromatic?.[row] === "Y",
  }));
  const coordinates = (column: (axis: string) => string): Float64Array => {
    const values = new Float64Array(atomRows.length * 3);
    COORDINATES.forEach((axis, component) => {
      const given = atomTable?.column(column(axis));
      atomRows.forEach((row, at) => {
        const wrong = () => bad(`has the coordinate ${given?.[row]}`);
        const value = numberOf(given?.[row], wrong);
        if (!Number.isNaN(value) && !isPosition([value])) throw wrong();
        values[at * 3 + component] = value;
      });
    });
    return values;
  };
  const ideal = coordinates((axis) => `pdbx_model_Cartn_${axis}_ideal`);
  return {
    atoms,
    bonds,
    ideal,
    model: ideal.some(Number.isNaN) ? coordinates((axis) => `model_Cartn_${axis}`) : undefined,
  };
}

/** The features have four characters for an atom's name. */
const LONGEST_NAME = 4;

function numberOf(value: CifValue, bad: () => BadInputError): number {
  if (value === null || value === undefined) return Number.NaN;
  const number = Number(value);
  if (value.trim() === "" || !Number.isFinite(number)) throw bad();
  return number;
}

function wholeOf(value: CifValue, bad: () => BadInputError): number {
  const number = numberOf(value, bad);
  if (Number.isNaN(number)) return 0;
  if (!Number.isInteger(number)) throw bad();
  return number;
}
