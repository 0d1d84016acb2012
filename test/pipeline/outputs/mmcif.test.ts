/** mmCIF of what no recorded job has: bonds, sugars, letters that mean nothing, other weights. */
import { describe, expect, it } from "vitest";
import { parseCif } from "../../../src/formats/cif.ts";
import { type Publication, warningOf } from "../../../src/pipeline/outputs/metadata.ts";
import { mmcifText } from "../../../src/pipeline/outputs/mmcif.ts";
import { jobOf, ligand, protein, structureOf } from "../../support/predicted.ts";

const source = { model: "seed-1_sample-0" };
const textOf = async (...job: Parameters<typeof jobOf>): Promise<string> =>
  [...mmcifText(await structureOf(await jobOf(...job)), source)].join("");
const rows = (text: string, category: string, ...items: string[]): unknown[][] => {
  const found = parseCif(text, "file")[0].categories.get(category);
  return Array.from({ length: found?.rows ?? 0 }, (_, row) => items.map((item) => found?.column(item)?.[row]));
};

describe("an mmCIF file", () => {
  it("names entities by what they are: several components of one ligand are branched", async () => {
    const text = await textOf([
      protein("A", "GS"),
      { rna: { id: "B", sequence: "AC" } },
      { dna: { id: "C", sequence: "GT" } },
      ligand("D", "NAG", "NAG"),
      ligand(["E", "F"], "MG"),
    ]);
    expect(rows(text, "entity", "id", "type")).toEqual([
      ["1", "polymer"],
      ["2", "polymer"],
      ["3", "polymer"],
      ["4", "branched"],
      ["5", "non-polymer"],
      ["6", "non-polymer"],
    ]);
    expect(rows(text, "entity_poly", "type")).toEqual([
      ["polypeptide(L)"],
      ["polyribonucleotide"],
      ["polydeoxyribonucleotide"],
    ]);
    expect(rows(text, "pdbx_branch_scheme", "asym_id", "num", "mon_id", "pdb_seq_num")).toEqual([
      ["D", "1", "NAG", "1"],
      ["D", "2", "NAG", "2"],
    ]);
    expect(rows(text, "pdbx_nonpoly_scheme", "asym_id", "entity_id")).toEqual([
      ["E", "5"],
      ["F", "6"],
    ]);
    // Components of one name in one ligand have no numbers to be told apart by.
    expect(rows(text, "ma_qa_metric_local", "label_asym_id").filter(([chain]) => chain === "D")).toHaveLength(1);
  });

  it("has the bonds of the job with their atoms", async () => {
    const bond = [
      ["A", 1, "ND2"],
      ["B", 1, "C1"],
    ];
    const text = await textOf([protein("A", "NG"), ligand("B", "NAG")], { bondedAtomPairs: [bond] });
    const ends = (which: number) =>
      ["label_asym_id", "label_seq_id", "label_comp_id", "label_atom_id", "auth_seq_id", "symmetry"].map(
        (item) => `ptnr${which}_${item}`,
      );
    expect(rows(text, "struct_conn", "id", "conn_type_id", ...ends(1), ...ends(2))).toEqual([
      ["covale1", "covale", "A", "1", "ASN", "ND2", "1", "1_555", "B", undefined, "NAG", "C1", "1", "1_555"],
    ]);
    expect(rows(text, "struct_conn_type", "id")).toEqual([["covale"]]);
    expect(rows(await textOf([protein("A", "NG")]), "struct_conn")).toEqual([]);
  });

  it("cites AlphaFold 3's paper, behind the implementation's own where there is one", async () => {
    const structure = await structureOf(await jobOf([protein("A", "GS")]));
    const cited = (publication?: Publication): unknown[][] =>
      rows([...mmcifText(structure, { ...source, publication })].join(""), "citation", "id", "journal_full", "year");
    const own = { title: "A network, reproduced", journal: "Archive", year: 2031, doi: "10.1/2" };
    expect(cited()).toEqual([["primary", "Nature", "2024"]]);
    expect(cited(own)).toEqual([
      ["primary", "Archive", "2031"],
      ["1", "Nature", "2024"],
    ]);
  });

  it("calls atoms of standard residues ATOM, all others HETATM", async () => {
    const text = await textOf([protein("A", "GXG"), { rna: { id: "B", sequence: "AT" } }]);
    const kinds = new Set(rows(text, "atom_site", "label_comp_id", "group_PDB").map((row) => row.join(" ")));
    expect(kinds).toEqual(new Set(["GLY ATOM", "UNK HETATM", "A ATOM", "N HETATM"]));
  });

  it("writes elements of a SMILES as people do, and has the SMILES", async () => {
    const text = await textOf([{ ligand: { id: "L", smiles: "ClCC[O-]" } }]);
    expect(rows(text, "atom_site", "type_symbol", "label_atom_id")).toEqual([
      ["Cl", "CL1"],
      ["C", "C1"],
      ["C", "C2"],
      ["O", "O1"],
    ]);
    expect(rows(text, "chem_comp", "id", "type", "pdbx_smiles", "name")).toEqual([
      ["LIG_L", "non-polymer", "ClCC[O-]", null],
    ]);
    expect(rows(text, "entity_poly_seq")).toEqual([]);
  });

  it("of random weights says so in its first line, its title and its model", async () => {
    const structure = await structureOf(await jobOf([ligand("A", "MG")]));
    const warning = warningOf({ randomWeights: 3 });
    const text = [...mmcifText(structure, { ...source, randomWeights: 3 })].join("");
    expect(text.split("\n")[0]).toBe(`# ${warning}`);
    expect(rows(text, "struct", "entry_id", "title")).toEqual([["a_job", warning]]);
    expect(rows(text, "ma_model_list", "model_name")).toEqual([[`seed-1_sample-0: ${warning}`]]);
    expect(await textOf([ligand("A", "MG")])).not.toMatch(/RANDOM|Google|pdbx_data_usage|^#.* /m);
  });

  it("is refused where an atom is nowhere, by its name", async () => {
    const structure = await structureOf(await jobOf([protein("A", "GS")]));
    const positions = Float32Array.from(structure.positions);
    positions[3 * 5 + 1] = Number.NaN;
    expect(() => [...mmcifText({ ...structure, positions }, source)]).toThrow(
      "a_job: chain A, residue 2 (SER), atom CA is at NaN: the network's outputs are no structure",
    );
  });

  it("has no number where there is no confidence", async () => {
    const structure = await structureOf(await jobOf([ligand("A", "MG")]));
    const text = [...mmcifText({ ...structure, plddt: [Number.NaN] }, source)].join("");
    expect(rows(text, "atom_site", "B_iso_or_equiv")).toEqual([[null]]);
    expect(rows(text, "ma_qa_metric_global", "metric_value")).toEqual([[null]]);
  });
});
