/**
 * Damaged inputs of every kind are read, or refused in one sentence. Many more of them, other ones with every number:
 * AF3_GPU_DAMAGED=100 npx vitest run --project unit test/engines/deepmind/featurise/damaged.test.ts
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { complaint, damaged, readers } from "../../../support/damaged_inputs.ts";

const { jobs } = JSON.parse(readFileSync(path.resolve(import.meta.dirname, "../../../fixtures/jobs.json"), "utf8"));
const COMPONENT = `data_QQQ
_chem_comp.id QQQ
_chem_comp.name 'a ligand'
_chem_comp.type non-polymer
_chem_comp.formula 'C O'
_chem_comp.mon_nstd_parent_comp_id ?
_chem_comp.pdbx_synonyms ?
_chem_comp.formula_weight 28.010
loop_ _chem_comp_atom.comp_id _chem_comp_atom.atom_id _chem_comp_atom.type_symbol _chem_comp_atom.charge
_chem_comp_atom.pdbx_model_Cartn_x_ideal _chem_comp_atom.pdbx_model_Cartn_y_ideal _chem_comp_atom.pdbx_model_Cartn_z_ideal
QQQ "C1'" C -1 0.5 0 0
QQQ O1 O ? ? ? ?
loop_ _chem_comp_bond.atom_id_1 _chem_comp_bond.atom_id_2 _chem_comp_bond.value_order _chem_comp_bond.pdbx_aromatic_flag
"C1'" O1 doub Y
`;
const TEMPLATE = `data_1abc
_pdbx_audit_revision_history.revision_date 2020-01-01
loop_ _entity.id _entity.type 1 polymer
loop_ _entity_poly_seq.entity_id _entity_poly_seq.num _entity_poly_seq.mon_id 1 1 GLY 1 2 MSE
loop_ _atom_site.label_asym_id _atom_site.label_entity_id _atom_site.label_seq_id _atom_site.label_comp_id _atom_site.label_atom_id
_atom_site.label_alt_id _atom_site.occupancy _atom_site.Cartn_x _atom_site.Cartn_y _atom_site.Cartn_z _atom_site.pdbx_PDB_model_num
A 1 1 GLY N . 1 1 0 0 1
A 1 2 MSE SE A 0.5 2 0 0 1
`;
const job = (changes: object) =>
  JSON.stringify({ dialect: "alphafold3", version: 4, name: "x", modelSeeds: [1], sequences: [], ...changes });
const ligand = { ligand: { id: "B", ccdCodes: ["QQQ"] } };

const SEEDS: readonly (readonly [reader: string, text: string, runs: number])[] = [
  ...jobs.map(({ input }: { input: unknown }) => ["job", JSON.stringify(input), 40] as const),
  [
    "job",
    job({
      sequences: [
        { protein: { id: "A", sequence: "NGS" } },
        ligand,
        { ligand: { id: "C", smiles: "C[N+](C)(C)CC=1CC1Cl" } },
      ],
      bondedAtomPairs: [
        [
          ["A", 1, "ND2"],
          ["B", 1, "C1'"],
        ],
      ],
      userCCD: COMPONENT,
    }),
    150,
  ],
  [
    "job",
    JSON.stringify([
      {
        name: "x",
        modelSeeds: ["1"],
        sequences: [{ proteinChain: { sequence: "GS", count: 2 } }, { ion: { ion: "MG", count: 1 } }],
      },
    ]),
    100,
  ],
  ["job", ">A|protein\nGSHMKT\n>x\nACGT:ACGU\n>B|smiles\nCC(=O)O\n", 100],
  ["job", "#5,5\t1,2\n>101\t102\nMKTAYGSHMK\n>u1\tu2\nMKTA-GSaHM-\n>101\nMKTAY-----\n>102\n-----GSHMK\n", 150],
  [
    "job",
    job({
      sequences: [
        {
          protein: {
            id: "A",
            sequence: "GSHMK",
            templates: [{ mmcif: TEMPLATE, queryIndices: [0, 1], templateIndices: [1, 0] }],
          },
        },
      ],
    }),
    300,
  ],
  ["cif", COMPONENT, 300],
  ["components", COMPONENT, 300],
];

/** How often the usual number. */
const times = Number(process.env.AF3_GPU_DAMAGED ?? 1);

it("are read, or refused in one sentence", { timeout: 60_000 * times }, async () => {
  const complaints: string[] = [];
  for (const [index, [reader, text, runs]] of SEEDS.entries())
    for (let number = 0; number < runs * times; number++) {
      const given = damaged(text, 15 + index, number);
      const found = await complaint(readers[reader], given);
      if (found) complaints.push(`${reader} ${JSON.stringify(given.slice(0, 300))}: ${found}`);
    }
  expect(complaints.slice(0, 3)).toEqual([]);
});
