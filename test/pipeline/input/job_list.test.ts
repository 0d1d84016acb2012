/** Lists of jobs with more in them than AlphaFold Server's: MSAs, names of chains, ligands by SMILES or from files, bonds. */
import { describe, expect, it } from "vitest";
import { BadInputError } from "../../../src/errors.ts";
import type { Files } from "../../../src/formats/files.ts";
import { readJobs } from "../../../src/pipeline/input/read.ts";

/** Files that inputs name, by their paths. */
const filesOf = (texts: Readonly<Record<string, string>>): Files => ({
  read: async (path) => {
    const text = texts[path];
    if (text === undefined) throw new BadInputError(`cannot read ${path}: there is no such file`);
    return new TextEncoder().encode(text);
  },
  async *stream() {},
  exists: async (path) => path in texts,
  list: async () => undefined,
});

const ETHANOL = `ethanol
  made by hand

  4  3  0  0  0  0            999 V2000
    1.0000    0.0000    0.5000 C   0  0  0  0  0  0
    2.0000    1.0000    0.0000 C   0  0  0  0  0  0
    3.0000    0.0000    0.2500 O   0  0  0  0  0  0
    3.5000    0.5000    0.0000 H   0  0  0  0  0  0
  1  2  1  0
  2  3  1  0
  3  4  1  0
M  CHG  1   3  -1
M  END
`;
const files = filesOf({
  "in/a.a3m": ">q\nMKT\n",
  "in/b.a3m": ">q\nMKT\n>r\nM-T\n",
  "in/old/pairing.a3m": ">p\nMKT\n",
  "in/old/non_pairing.a3m": ">u\nMKT\n",
  "in/ligand.sdf": ETHANOL,
  "in/flat.sdf": ETHANOL.replaceAll(/0\.(?:50|25)00 ([COH])/g, "0.0000 $1"),
  "in/v3.mol": ETHANOL.replace("V2000", "V3000"),
  "in/short.mol": ETHANOL.split("\n").slice(0, 6).join("\n"),
  "in/strange.mol": ETHANOL.replace(" O   0", " Qq  0"),
  "in/bond.mol": ETHANOL.replace("  2  3  1", "  2  9  1"),
});
const list = (sequences: unknown[], changes: object = {}) => [{ name: "x", covalent_bonds: [], sequences, ...changes }];
const read = (jobs: unknown, openLists = false) =>
  readJobs(JSON.stringify(jobs), { file: "in/jobs.json", files, openLists });
const protein = (more: object = {}) => ({ proteinChain: { sequence: "MKT", count: 1, ...more } });
const ligand = (text: string, more: object = {}) => ({ ligand: { ligand: text, count: 1, ...more } });

describe("a list of jobs with more in it", () => {
  it("has chains in its order, named by letters of which the last changes fastest", async () => {
    const [job] = await read(list([protein({ count: 27 }), ligand("CCD_GOL"), { ion: { ion: "MG", count: 2 } }]));
    const ids = job.entities.map((entity) => entity.ids);
    expect([ids[0].slice(24), ids[1], ids[2]]).toEqual([["Y", "Z", "AA"], ["AB"], ["AC", "AD"]]);
    expect(job.entities.slice(1)).toMatchObject([{ codes: ["GOL"] }, { codes: ["MG"] }]);
  });

  it("takes names that are given, and gives others those that are free", async () => {
    const [job] = await read([
      { name: "x", sequences: [protein(), protein({ count: 2, id: ["A", "H"] }), ligand("CCD_GOL")] },
    ]);
    expect(job.entities.map(({ ids }) => ids)).toEqual([["B"], ["A", "H"], ["C"]]);
  });

  it("has the seed 101 where it names none", async () => {
    expect((await read(list([protein()])))[0].seeds).toEqual([101]);
    expect((await read(list([protein()], { modelSeeds: [] })))[0].seeds).toEqual([101]);
    expect((await read(list([protein()], { modelSeeds: [7, "8"] })))[0].seeds).toEqual([7, 8]);
  });

  it("has MSAs in it, in files beside it, or in a folder as before", async () => {
    const [job] = await read(
      list([
        protein({ unpairedMsaPath: "a.a3m", pairedMsaPath: "b.a3m" }),
        protein({ unpairedMsa: ">q\nMKT\n" }),
        protein({ msa: { precomputed_msa_dir: "old", pairing_db: "uniref100" } }),
        { rnaSequence: { sequence: "ACG", count: 1, unpairedMsaPath: "a.a3m" } },
        protein(),
      ]),
    );
    const msas = job.entities.map((entity) =>
      entity.kind === "ligand" ? [] : [entity.unpairedMsa?.length ?? null, entity.pairedMsa?.length ?? null],
    );
    expect(msas).toEqual([
      [7, 14],
      [7, null],
      [7, 7],
      [7, 0],
      [null, null],
    ]);
  });

  it("has ligands by code, several codes, SMILES and file", async () => {
    const [job] = await read(
      list([ligand("CCD_NAG_BMA_BGC"), ligand("CC(=O)O"), ligand("FILE_ligand.sdf"), ligand("CCO")]),
    );
    expect(job.entities).toMatchObject([
      { codes: ["NAG", "BMA", "BGC"] },
      { smiles: "CC(=O)O" },
      { codes: ["FILE3"] },
      { smiles: "CCO" },
    ]);
    expect(job.userCcd).toMatch(/^data_FILE3\n/);
    expect(job.userCcd).toMatch(/FILE3 C1 +C 0 +1\.0000 +0\.0000 +0\.5000/);
    expect(job.userCcd).toMatch(/FILE3 O1 +O -1/);
    expect(job.userCcd).not.toContain("H1");
  });

  it("joins copies one by one, or those that it names, and counts the atoms of a SMILES or a file", async () => {
    const covalent_bonds = [
      { entity1: 1, position1: 2, atom1: "NZ", entity2: 2, position2: 1, atom2: "C1" },
      { entity1: "1", copy1: 2, position1: "3", atom1: "OG1", entity2: 3, position2: 1, atom2: 2 },
      {
        left_entity: 1,
        left_copy: 1,
        left_position: 1,
        left_atom: "N",
        right_entity: 4,
        right_position: 1,
        right_atom: "7",
      },
      { entity1: 1, copy1: 1, position1: 1, atom1: "SD", entity2: 5, position2: 1, atom2: 1 },
    ];
    const sequences = [
      protein({ count: 2 }),
      ligand("CCD_GOL", { count: 2 }),
      ligand("CCO"),
      ligand("C[CH2:7]O"),
      ligand("FILE_ligand.sdf"),
    ];
    const [job] = await read([{ name: "x", sequences, covalent_bonds }]);
    const text = job.bonds?.map((bond) =>
      bond.map(({ chain, residue, atom }) => `${chain}${residue}${atom}`).join(" "),
    );
    expect(text).toEqual(["A2NZ C1C1", "B2NZ D1C1", "B3OG1 E1O1", "A1N F1C2", "A1SD G1C2"]);
  });

  it("is told from AlphaFold Server's by what only it has, or by who asks", async () => {
    const server = [{ name: "x", modelSeeds: [1], sequences: [{ ligand: { ligand: "CO", count: 27 } }] }];
    const [asServer] = await read(server);
    expect(asServer.entities[0]).toMatchObject({ codes: ["CO"] });
    expect(asServer.entities[0].ids.slice(26)).toEqual(["AA"]);
    const [asOpen] = await read(server, true);
    expect(asOpen.entities[0]).toMatchObject({ smiles: "CO" });
    const declared = [{ ...server[0], dialect: "alphafoldserver", version: 1 }];
    expect((await read(declared, true))[0].entities[0]).toMatchObject({ codes: ["CO"] });
  });

  const bond = (changes: object) => ({
    covalent_bonds: [{ entity1: 1, position1: 1, atom1: "N", entity2: 2, position2: 1, atom2: "C1", ...changes }],
  });
  const two = [protein(), ligand("CCD_GOL")];

  it.each<[string, unknown, string]>([
    ["an unknown field", list([protein()], { seeds: [1] }), '[0] has the unknown field "seeds"; known are name, '],
    ["constraints", list([protein()], { constraint: { contact: [] } }), "[0].constraint cannot be used"],
    [
      "a bond of an atom with itself",
      list([protein()], {
        covalent_bonds: [{ entity1: 1, position1: 2, atom1: "CA", entity2: 1, position2: 2, atom2: "CA" }],
      }),
      "[0].covalent_bonds[0] joins an atom with itself",
    ],
    [
      "two modifications of one residue",
      list([
        protein({
          modifications: [
            { ptmType: "CCD_SEP", ptmPosition: 2 },
            { ptmType: "CCD_TPO", ptmPosition: 2 },
          ],
        }),
      ]),
      "modifications[1].ptmPosition is 2, which is modified already",
    ],
    ["no sequences", [{ name: "x", covalent_bonds: [] }], "[0].sequences is missing"],
    ["no chains", list([]), "[0].sequences is empty: there are no chains"],
    ["an unknown kind", list([{ lipid: {} }]), "[0].sequences[0] should have exactly one of proteinChain"],
    ["two kinds", list([{ ...protein(), ...ligand("CCD_GOL") }]), "should have exactly one of proteinChain"],
    ["nothing where a chain should be", list([{ proteinChain: null }]), "proteinChain should be an object, not null"],
    ["no copies", list([protein({ count: 0 })]), "proteinChain.count should be a whole number from 1 to 10000, not 0"],
    ["too few names", list([protein({ count: 2, id: ["A"] })]), "proteinChain.id has 1 names, but count is 2"],
    ["a name twice", list([protein({ id: ["A"] }), protein({ id: ["A"] })]), "has the chain A, a name that is taken"],
    ["a name in small letters", list([protein({ id: ["a"] })]), "should be of capital letters alone"],
    ["an empty sequence", list([protein({ sequence: "" })]), "proteinChain.sequence is empty"],
    ["a sequence in small letters", list([protein({ sequence: "mkt" })]), "should be in capital letters"],
    [
      "a modification beyond the end",
      list([protein({ modifications: [{ ptmType: "CCD_SEP", ptmPosition: 4 }] })]),
      "ptmPosition should be a whole number from 1 to 3, not 4",
    ],
    ["glycans", list([protein({ glycans: ["NAG"] })]), "glycans cannot be used: give glycans as ligands"],
    [
      "hits of templates",
      list([protein({ templatesPath: "hits.hhr" })]),
      "templatesPath cannot be used: it names hits",
    ],
    [
      "an MSA twice",
      list([protein({ unpairedMsa: ">q\nMKT\n", unpairedMsaPath: "a.a3m" })]),
      "are both given: only one of them can be",
    ],
    [
      "an MSA that is not there",
      list([protein({ unpairedMsaPath: "c.a3m" })]),
      "unpairedMsaPath cannot be used: cannot read in/c.a3m",
    ],
    [
      "a folder without MSAs",
      list([protein({ msa: { precomputed_msa_dir: "new" } })]),
      "precomputed_msa_dir has neither non_pairing.a3m nor pairing.a3m",
    ],
    ["an MSA of DNA", list([{ dnaSequence: { sequence: "ACG", unpairedMsa: "" } }]), 'unknown field "unpairedMsa"'],
    ["an empty ligand", list([ligand("")]), "ligand.ligand should be a code such as"],
    ["an empty code", list([ligand("CCD_")]), "ligand.ligand should be a code such as"],
    ["a SMILES that is none", list([ligand("C(C")]), 'ligand.ligand: the SMILES "C(C" has a "(" without ")"'],
    ["two ions in one", list([{ ion: { ion: "MG_MG" } }]), "ion.ion should be one component, not 2"],
    ["a file of another kind", list([ligand("FILE_ligand.pdb")]), "write the ligand as .sdf or .mol"],
    ["a file that is not there", list([ligand("FILE_other.sdf")]), "cannot be used: cannot read in/other.sdf"],
    ["a file of V3000", list([ligand("FILE_v3.mol")]), "v3.mol: is a V3000 molfile: write it as V2000"],
    ["a file that ends early", list([ligand("FILE_short.mol")]), "short.mol: ends at line 6, before its 4 atoms"],
    ["a file with an unknown element", list([ligand("FILE_strange.mol")]), 'line 7 has the unknown element "QQ"'],
    ["a file with a bond of nothing", list([ligand("FILE_bond.mol")]), "bond.mol: line 10 is no bond of two"],
    ["a flat file", list([ligand("FILE_flat.sdf")]), "flat.sdf: is flat"],
    ["bonds that are no list", list(two, { covalent_bonds: {} }), "covalent_bonds should be a list of bonds"],
    ["a bond of an unknown field", list(two, bond({ order: 1 })), 'covalent_bonds[0] has the unknown field "order"'],
    ["a bond of no entity", list(two, bond({ entity1: 3 })), "entity1 should be a whole number from 1 to 2, not 3"],
    ["a bond without entity", list(two, bond({ entity1: undefined })), "entity1 is missing"],
    [
      "a bond beyond the end",
      list(two, bond({ position1: 9 })),
      "position1 should be a whole number from 1 to 3, not 9",
    ],
    ["a bond of no copy", list(two, bond({ copy2: 2 })), "copy2 should be a whole number from 1 to 1, not 2"],
    ["a bond without atom", list(two, bond({ atom1: "" })), "atom1 should be an atom such as"],
    ["a numbered atom of a chain", list(two, bond({ atom1: 3 })), "atom1 should be an atom's name: only ligands given"],
    [
      "an atom that a SMILES lacks",
      list([protein(), ligand("CCO")], bond({ atom2: 3 })),
      "atom2 should be the number of one of its atoms, 0, 1, 2, not 3",
    ],
    [
      "a bond that a copy of another makes, the other way round",
      list([protein({ count: 2 }), ligand("CCD_GOL", { count: 2 })], {
        covalent_bonds: [
          ...bond({}).covalent_bonds,
          { entity1: 2, copy1: 2, position1: 1, atom1: "C1", entity2: 1, copy2: 2, position2: 1, atom2: "N" },
        ],
      }),
      "[0].covalent_bonds[1] makes a bond that is there already",
    ],
    [
      "other copies than there are",
      list([protein({ count: 2 }), ligand("CCD_GOL", { count: 3 })], bond({})),
      "covalent_bonds[0] joins 2 copies with 3",
    ],
  ])("%s is refused", async (_, input, message) => {
    await expect(read(input)).rejects.toThrow(BadInputError);
    await expect(read(input)).rejects.toThrow(message);
  });

  it("without files refuses those that it names", async () => {
    const text = JSON.stringify(list([ligand("FILE_ligand.sdf")]));
    await expect(readJobs(text, { file: "x.json" })).rejects.toThrow("which cannot be read from here");
  });
});
