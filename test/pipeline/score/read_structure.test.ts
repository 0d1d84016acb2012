/** Structures as they are read of PDB and mmCIF: what counts of alternatives, insertions, models and what is no polymer. */
import { describe, expect, it } from "vitest";
import { BadInputError } from "../../../src/errors.ts";
import { readStructure } from "../../../src/pipeline/score/read_structure.ts";
import type { Structure } from "../../../src/pipeline/score/structure.ts";

const PDB = `HEADER    MADE
MODEL        1
ATOM      1  N   ALA A   1       1.000   0.000   0.000  1.00 10.00           N
ATOM      2  CA AALA A   1       2.000   0.000   0.000  0.40 10.00           C
ATOM      3  CA BALA A   1       3.000   0.000   0.000  0.60 10.00           C
ATOM      4  HA  ALA A   1       9.000   0.000   0.000  1.00 10.00           H
ATOM      5 1HB  ALA A   1       9.000   0.000   0.000  1.00 10.00
ATOM      6  CA ASER A   2       4.000   0.000   0.000  0.30 10.00           C
ATOM      7  CA BTHR A   2       5.000   0.000   0.000  0.70 10.00           C
ATOM      8  CA  GLY A   2A      6.000   0.000   0.000  1.00 10.00           C
HETATM    9  N   MSE A   3       7.000   0.000   0.000  1.00 10.00           N
HETATM   10  CA  MSE A   3       8.000   0.000   0.000  1.00 10.00           C
TER      11      MSE A   3
HETATM   12 CA    CA A 101       9.000   0.000   0.000  1.00 10.00          CA
HETATM   13  C1' ATP A 102       9.000   0.000   0.000  1.00 10.00           C
HETATM   14  O   HOH A 201       9.000   0.000   0.000  1.00 10.00           O
ATOM     15  P     G B  -1       1.000   1.000   1.000
ATOM     16  C3*   G B  -1      -1.500   2.000-111.125
HETATM   17  CA  MSE B   5       7.000   0.000   0.000  1.00 10.00           C
ENDMDL
MODEL        2
ATOM      1  CA  ALA C   1       1.000   0.000   0.000  1.00 10.00           C
ENDMDL
`;

const shown = ({ chains }: Structure) =>
  chains.map(({ id, kind, residues }) => [
    `${id} ${kind}`,
    ...residues.map(
      ({ name, authorNumber, sequenceNumber, atoms }) =>
        `${name} ${authorNumber} ${sequenceNumber} ${[...atoms].map(([atom, place]) => `${atom}=${place}`).join(" ")}`,
    ),
  ]);

describe("PDB", () => {
  it("has the first model's polymers, at the places that are occupied most", () => {
    const expected = [
      [
        "A protein",
        "ALA 1 undefined N=1,0,0 CA=3,0,0",
        "THR 2 undefined CA=5,0,0",
        "GLY 2A undefined CA=6,0,0",
        "MSE 3 undefined N=7,0,0 CA=8,0,0",
      ],
      ["B nucleic", "G -1 undefined P=1,1,1 C3'=-1.5,2,-111.125"],
    ];
    for (const text of [PDB, PDB.replaceAll("\n", "\r\n")]) expect(shown(readStructure(text, "x"))).toEqual(expected);
  });

  it("without TER has modified residues by their backbone, and no ligands", () => {
    const text = PDB.replace(/^TER.*\n/m, "").replace(
      /(HETATM +10.*\n)/,
      "$1HETATM   11  C   MSE A   3       8.500   0.000   0.000\n",
    );
    expect(shown(readStructure(text, "x"))[0].at(-1)).toBe("MSE 3 undefined N=7,0,0 CA=8,0,0 C=8.5,0,0");
  });

  it.each([
    ["a place that is no number", PDB.replace("   1.000   0", "     NaN   0"), "x, line 3: the atom N has no position"],
    ["a place beyond all", PDB.replace("   1.000   0", "   1e300   0"), "x, line 3: the atom N has no position"],
    [
      "a line that ends early",
      "ATOM      1  N   ALA A   1       1.000   0.000",
      "x, line 1: the atom N has no position",
    ],
    [
      "no number",
      "ATOM      1  N   ALA A           1.000   0.000   0.000",
      "x, line 1: the atom has no number of its residue",
    ],
    [
      "ligands alone",
      PDB.replace(/^ATOM.*\n|^TER.*\n|^.*MSE.*\n/gm, ""),
      "x has no chain of amino acids or nucleotides",
    ],
  ])("with %s is refused", (_, text, message) => {
    expect(() => readStructure(text, "x")).toThrow(BadInputError);
    expect(() => readStructure(text, "x")).toThrow(message);
  });
});

const CIF = `# made
data_made
loop_
_atom_site.group_PDB _atom_site.type_symbol _atom_site.label_atom_id _atom_site.label_alt_id _atom_site.label_comp_id
_atom_site.label_asym_id _atom_site.label_seq_id _atom_site.auth_seq_id _atom_site.pdbx_PDB_ins_code _atom_site.auth_asym_id
_atom_site.occupancy _atom_site.Cartn_x _atom_site.Cartn_y _atom_site.Cartn_z _atom_site.pdbx_PDB_model_num
ATOM C CA A ALA A 3 52 ? L 0.5 1 0 0 1
ATOM C CA B ALA A 3 52 ? L 0.5 2 0 0 1
HETATM C CA . MSE A 4 52 A L 1 3 0 0 1
ATOM H HA . ALA A 3 52 ? L 1 9 0 0 1
HETATM C C1 . GOL B . 60 ? L 1 9 0 0 1
HETATM O O . HOH C . 61 ? L 1 9 0 0 1
ATOM C "C1'" . DA D 1 1 ? M 1 4 0 0 1
ATOM C CA . ALA A 3 52 ? L 1 9 0 0 2
`;

describe("mmCIF", () => {
  it("has the first model's polymers by the author's chains, with both numbers", () => {
    expect(shown(readStructure(CIF, "x"))).toEqual([
      ["L protein", "ALA 52 3 CA=1,0,0", "MSE 52A 4 CA=3,0,0"],
      ["M nucleic", "DA 1 1 C1'=4,0,0"],
    ]);
  });

  it("with the least columns has what it has", () => {
    const text = `data_x loop_ _atom_site.group_PDB _atom_site.auth_atom_id _atom_site.auth_comp_id _atom_site.auth_seq_id
_atom_site.Cartn_x _atom_site.Cartn_y _atom_site.Cartn_z ATOM CA ALA 1 0 0 0 HETATM CA CA 2 0 0 0`;
    expect(shown(readStructure(text, "x"))).toEqual([["_ protein", "ALA 1 undefined CA=0,0,0"]]);
  });

  it.each([
    ["no atoms", "data_x _a.b 1", "x has no atoms (_atom_site)"],
    [
      "a place that is unknown",
      CIF.replace("1 3 0 0 1", "1 ? 0 0 1"),
      "x has no position of the atom in row 3 of _atom_site, CA of MSE 52",
    ],
    ["ligands alone", CIF.replace(/^ATOM.*\n|.*MSE.*\n/gm, ""), "x has no chain of amino acids or nucleotides"],
    [
      "a residue without name",
      CIF.replace("MSE A", "? A"),
      "x is incomplete: the atom in row 3 of _atom_site has no residue",
    ],
    ["damage", `${CIF}ATOM`, "x, line 15: the loop of _atom_site.group_PDB has 15 columns, but its last row 1"],
  ])("with %s is refused", (_, text, message) => {
    expect(() => readStructure(text, "x")).toThrow(BadInputError);
    expect(() => readStructure(text, "x")).toThrow(message);
  });
});

it.each([
  ["nothing", " \n", "x is empty: expected a structure, as mmCIF or PDB"],
  [
    "a sequence",
    ">A\nGSHMKT\n",
    "x is no structure: expected mmCIF, which begins with data_, or PDB with ATOM records",
  ],
])("%s is no structure", (_, text, message) => {
  expect(() => readStructure(text, "x")).toThrow(BadInputError);
  expect(() => readStructure(text, "x")).toThrow(message);
});
