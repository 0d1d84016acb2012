/** Components: those that come with the package, and those that users give. */
import { statSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { BadInputError } from "../../../src/errors.ts";
import { parseCif } from "../../../src/formats/cif.ts";
import { type Component, componentsOf, isGlycan, isHydrogen } from "../../../src/pipeline/dictionary/component.ts";
import { openDictionary, readUserCcd } from "../../../src/pipeline/dictionary/dictionary.ts";
import { packComponents, unpackComponent } from "../../../src/pipeline/dictionary/packed.ts";
import { residueAtoms, residueCharge } from "../../../src/pipeline/residues.ts";

const AMINO_ACIDS = "ALA ARG ASN ASP CYS GLN GLU GLY HIS ILE LEU LYS MET PHE PRO SER THR TRP TYR VAL".split(" ");
const shipped = await openDictionary();

const distance = ({ ideal }: Component, first: number, second: number): number =>
  Math.hypot(...[0, 1, 2].map((axis) => ideal[first * 3 + axis] - ideal[second * 3 + axis]));

describe("the table that comes with the package", () => {
  it("is small", () => {
    expect(statSync(path.resolve(import.meta.dirname, "../../../dictionary/components.json.gz")).size).toBeLessThan(
      100_000,
    );
  });

  it("has the amino acids' heavy atoms in the order of slots, and their charges", () => {
    AMINO_ACIDS.forEach((code, residue) => {
      const heavy = shipped.get(code, "").atoms.filter((atom) => !isHydrogen(atom));
      expect(heavy.map(({ name }) => name).filter((name) => name !== "OXT")).toEqual(residueAtoms[residue]);
      for (const { name, charge } of heavy) expect(charge, `${code} ${name}`).toBe(residueCharge(residue, name));
    });
  });

  it("has bonds as long as bonds are", () => {
    for (const code of [...AMINO_ACIDS, ..."A C G U DA DC DG DT MSE SEP ATP NAG GOL PLP".split(" ")]) {
      const component = shipped.get(code, "");
      for (const { first, second } of component.bonds) {
        expect(distance(component, first, second), `${code}`).toBeGreaterThan(0.8);
        expect(distance(component, first, second), `${code}`).toBeLessThan(2.3);
      }
    }
  });

  it("knows ions, sugars, parents and letters", () => {
    expect(shipped.get("MG", "").atoms).toEqual([{ name: "MG", element: "MG", charge: 2, leaving: false }]);
    expect(["NAG", "GLC", "ATP"].map((code) => isGlycan(shipped.get(code, "")))).toEqual([true, true, false]);
    expect(shipped.get("SEP", "")).toMatchObject({ type: "L-PEPTIDE LINKING", parent: "SER", weight: "185.072" });
    expect(["SEP", "MSE", "5MC", "DA", "ATP"].map((code) => shipped.letter(code))).toEqual([
      "S",
      "M",
      "C",
      "A",
      undefined,
    ]);
  });

  it("says what helps where a component is missing", () => {
    expect(shipped.find("ZZZZ")).toBeUndefined();
    expect(() => shipped.get("ZZZZ", "chain A, residue 2")).toThrow(BadInputError);
    expect(() => shipped.get("ZZZZ", "chain A, residue 2")).toThrow(
      'chain A, residue 2: the component "ZZZZ" is not among the 197 that come with the package: give it as CIF in userCCD',
    );
    expect(() => shipped.get("atp", "x")).toThrow("Did you mean ATP?");
  });
});

const USER = `data_QQQ
_chem_comp.id QQQ
_chem_comp.name 'a "ligand"'
_chem_comp.type non-polymer
_chem_comp.formula 'C O'
_chem_comp.mon_nstd_parent_comp_id ?
_chem_comp.pdbx_synonyms ?
_chem_comp.formula_weight 28.010
loop_
_chem_comp_atom.comp_id
_chem_comp_atom.atom_id
_chem_comp_atom.type_symbol
_chem_comp_atom.charge
_chem_comp_atom.pdbx_leaving_atom_flag
_chem_comp_atom.model_Cartn_x
_chem_comp_atom.model_Cartn_y
_chem_comp_atom.model_Cartn_z
_chem_comp_atom.pdbx_model_Cartn_x_ideal
_chem_comp_atom.pdbx_model_Cartn_y_ideal
_chem_comp_atom.pdbx_model_Cartn_z_ideal
QQQ "C1'" C -1 Y 1 2 3 0.5 0 0
QQQ O1 o ? N 4 5 6 ? ? ?
loop_
_chem_comp_bond.atom_id_1
_chem_comp_bond.atom_id_2
_chem_comp_bond.value_order
_chem_comp_bond.pdbx_aromatic_flag
"C1'" O1 doub Y
`;

describe("a component of a user", () => {
  it("has all that the dictionary's have", () => {
    expect(readUserCcd(USER, "job.json")).toEqual([
      {
        code: "QQQ",
        type: "non-polymer",
        name: 'a "ligand"',
        formula: "C O",
        weight: "28.010",
        synonyms: undefined,
        parent: undefined,
        modified: undefined,
        atoms: [
          { name: "C1'", element: "C", charge: -1, leaving: true },
          { name: "O1", element: "O", charge: 0, leaving: false },
        ],
        bonds: [{ first: 0, second: 1, order: "DOUB", aromatic: true }],
        ideal: Float64Array.of(0.5, 0, 0, Number.NaN, Number.NaN, Number.NaN),
        model: Float64Array.of(1, 2, 3, 4, 5, 6),
      },
    ]);
  });

  it("stands before one of the same code, and is what it was after packing", async () => {
    const [given] = readUserCcd(USER.replaceAll("QQQ", "ATP"), "job.json");
    const dictionary = await openDictionary([given]);
    expect(dictionary.get("ATP", "")).toBe(given);
    expect(dictionary.get("ADP", "").atoms.length).toBeGreaterThan(2);
    expect(packComponents([given]).map(unpackComponent)).toEqual([given]);
  });

  it("is found among others of one block", () => {
    const text = `data_all
loop_ _chem_comp.id _chem_comp.type A1 x B2 y C3 z
loop_ _chem_comp_atom.comp_id _chem_comp_atom.atom_id _chem_comp_atom.type_symbol
B2 N N A1 C C B2 O O C3 F F`;
    const found = componentsOf(parseCif(text, "file")[0], "file", (code) => code !== "C3");
    expect(found.map(({ code, atoms }) => `${code} ${atoms.map(({ name }) => name)}`)).toEqual(["A1 C", "B2 N,O"]);
  });

  it.each<[string, string, string]>([
    [
      "columns that are missing",
      "data_QQQ\n_chem_comp.id QQQ\n",
      "userCCD: the component QQQ lacks _chem_comp.name, _chem_comp.type",
    ],
    ["no block", "# nothing", "userCCD, line 1: there is no data block"],
    ["an atom twice", USER.replace("QQQ O1 o", 'QQQ "C1\'" o'), "the component QQQ has the atom C1' twice"],
    ["an unknown element", USER.replace("O1 o", "O1 Qq"), "has an atom of the unknown element Qq"],
    [
      "a name of five characters",
      USER.replaceAll("O1", "O1234"),
      "has the atom O1234, expected names of 4 characters at most",
    ],
    ["a bond to nothing", USER.replace("O1 doub", "O9 doub"), "has a bond of the atom O9, which it lacks"],
    ["half a charge", USER.replace("-1 Y", "0.5 Y"), "has the charge 0.5"],
    ["a coordinate beyond all", USER.replace("4 5 6 ? ? ?", "4 5 6 0.1e95 ? ?"), "has the coordinate 0.1e95"],
    ["a coordinate that is none", USER.replace("4 5 6 ? ? ?", "4 5 6 one ? ?"), "has the coordinate one"],
  ])("%s is refused", (_, text, message) => {
    expect(() => readUserCcd(text, "job.json")).toThrow(BadInputError);
    expect(() => readUserCcd(text, "job.json")).toThrow(message);
  });
});
