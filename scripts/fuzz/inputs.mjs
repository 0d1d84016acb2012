// What is damaged: small inputs of every kind, and those that AlphaFold 3 itself was recorded with where they are at hand.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

export const COMPONENT = `data_QQQ
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
loop_ _chem_comp_bond.comp_id _chem_comp_bond.atom_id_1 _chem_comp_bond.atom_id_2 _chem_comp_bond.value_order _chem_comp_bond.pdbx_aromatic_flag
QQQ "C1'" O1 doub Y
`;

export const TEMPLATE = `data_1abc
_pdbx_audit_revision_history.revision_date 2020-01-01
loop_ _entity.id _entity.type 1 polymer
loop_ _entity_poly_seq.entity_id _entity_poly_seq.num _entity_poly_seq.mon_id 1 1 GLY 1 2 MSE
loop_ _atom_site.label_asym_id _atom_site.label_entity_id _atom_site.label_seq_id _atom_site.label_comp_id _atom_site.label_atom_id
_atom_site.label_alt_id _atom_site.occupancy _atom_site.Cartn_x _atom_site.Cartn_y _atom_site.Cartn_z _atom_site.pdbx_PDB_model_num
A 1 1 GLY N . 1 1 0 0 1
A 1 2 MSE SE A 0.5 2 0 0 1
`;

export const UNPAIRED = ">q\nGSHMKT\n>UniRef100_A 1\nGSaHM-T\n>UniRef100_B\n-SHMkkKT\n";
export const PAIRED = ">q\nGSHMKT\n>tr|A0A000|A_HUMAN\nGSHMKA\n>sp|P12345|B_MOUSE\nGSHM-T\n";
export const COLABFOLD = "#5,5\t1,2\n>101\t102\nMKTAYGSHMK\n>u1\tu2\nMKTA-GSaHM-\n>101\nMKTAY-----\n>102\n-----GSHMK\n";
const FASTA = ">A|protein\nGSHMKT\n>x\nACGT:ACGU\n>B|smiles\nCC(=O)O\n>C|ccd\nATP\n;remark\n>D|rna|empty\nACGU\n";

/** @param {object} changes */
const job = (changes) =>
  JSON.stringify({ dialect: "alphafold3", version: 4, name: "x", modelSeeds: [1], sequences: [], ...changes });

/** @param {string} unpairedMsa @param {string} pairedMsa @returns {string} */
export const jobOfMsas = (unpairedMsa, pairedMsa) =>
  job({
    sequences: [
      { protein: { id: "A", sequence: "GSHMKT", unpairedMsa, pairedMsa, templates: [] } },
      {
        protein: {
          id: "B",
          sequence: "GSHMKA",
          unpairedMsa: "",
          pairedMsa: PAIRED.replace("HMKT", "HMKA"),
          templates: [],
        },
      },
    ],
  });

/** @param {string} mmcif @returns {string} */
export const jobOfTemplate = (mmcif) =>
  job({
    sequences: [
      {
        protein: { id: "A", sequence: "GSHMK", templates: [{ mmcif, queryIndices: [0, 1], templateIndices: [1, 0] }] },
      },
    ],
  });

const ligand = { ligand: { id: "B", ccdCodes: ["QQQ"] } };
const bond = [
  ["A", 1, "ND2"],
  ["B", 1, "C1'"],
];

/** @param {string} userCCD @returns {string} */
export const jobOfComponent = (userCCD) =>
  job({
    sequences: [
      { protein: { id: "A", sequence: "NGS" } },
      ligand,
      { ligand: { id: "C", smiles: "C[N+](C)(C)CC=1CC1Cl" } },
    ],
    bondedAtomPairs: [bond],
    userCCD,
  });

const SERVER_JOBS = JSON.stringify([
  {
    name: "x",
    modelSeeds: ["1"],
    sequences: [
      { proteinChain: { sequence: "GS", count: 2, modifications: [{ ptmType: "CCD_SEP", ptmPosition: 2 }] } },
      { ion: { ion: "MG", count: 1 } },
      { rnaSequence: { sequence: "ACGU", count: 1 } },
    ],
  },
]);

/** A ligand's file that such lists name. */
export const MOLFILE = `ethanol
  x

  3  2  0  0  0  0            999 V2000
    1.0000    0.0000    0.5000 C   0  0
    2.0000    1.0000    0.0000 C   0  0
    3.0000    0.0000    0.2500 O   0  0
  1  2  1
  2  3  1
M  CHG  1   3  -1
M  END
`;

/** A list of jobs with more in it than AlphaFold Server's. */
export const OPEN_LIST = JSON.stringify([
  {
    name: "x",
    modelSeeds: [101],
    sequences: [
      {
        proteinChain: {
          sequence: "GSHMKT",
          count: 2,
          id: ["A", "H"],
          modifications: [{ ptmType: "CCD_SEP", ptmPosition: 2 }],
          unpairedMsa: UNPAIRED,
          pairedMsa: PAIRED,
        },
      },
      { proteinChain: { sequence: "GSCMKC", unpairedMsaPath: "a.a3m" } },
      { rnaSequence: { sequence: "ACGUA", count: 1, unpairedMsa: ">q\nACGUA\n" } },
      { dnaSequence: { sequence: "ACGT", count: 1 } },
      { ligand: { ligand: "CCD_NAG_BMA", count: 2 } },
      { ligand: { ligand: "C[CH2:7]O", count: 1 } },
      { ligand: { ligand: "FILE_a.sdf", count: 1 } },
      { ion: { ion: "MG", count: 2 } },
    ],
    covalent_bonds: [
      { entity1: 1, position1: 5, atom1: "NZ", entity2: 5, position2: 1, atom2: "C1" },
      { entity1: 2, copy1: 1, position1: 3, atom1: "SG", entity2: 2, copy2: 1, position2: 6, atom2: "SG" },
      { entity1: 7, position1: 1, atom1: 0, entity2: 6, position2: 1, atom2: 7 },
    ],
  },
]);

const EVERYTHING = job({
  sequences: [
    {
      protein: {
        id: ["A", "B"],
        sequence: "GSHMKT",
        modifications: [{ ptmType: "SEP", ptmPosition: 2 }],
        description: "a chain",
        unpairedMsa: UNPAIRED,
        pairedMsa: PAIRED,
        templates: [{ mmcif: TEMPLATE, queryIndices: [0, 1], templateIndices: [0, 1] }],
      },
    },
    { protein: { id: "F", sequence: "GSHMKA" } },
    {
      rna: {
        id: "C",
        sequence: "ACGUA",
        modifications: [{ modificationType: "PSU", basePosition: 4 }],
        unpairedMsa: ">q\nACGUA\n",
      },
    },
    { dna: { id: "D", sequence: "ACGT" } },
    { ligand: { id: "E", ccdCodes: ["NAG", "BMA"] } },
  ],
  bondedAtomPairs: [
    [
      ["E", 1, "O4"],
      ["E", 2, "C1"],
    ],
  ],
  userCCD: null,
});

/** Inputs that AlphaFold 3's own pipeline has read, if their folder is named. @returns {string[]} */
function recorded(folder = process.env.AF3_GPU_RECORDED_JOBS) {
  if (folder === undefined || !existsSync(folder)) return [];
  const inputs = readdirSync(folder)
    .map((name) => path.join(folder, name, "input.json"))
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, "utf8"));
  const errors = path.join(folder, "input_errors.json");
  /** @type {{ input: unknown }[]} */
  const refused = existsSync(errors) ? JSON.parse(readFileSync(errors, "utf8")) : [];
  return [...inputs, ...refused.map(({ input }) => JSON.stringify(input))];
}

/** Texts by what they are; recorded jobs give theirs too. @returns {Record<"json" | "fasta" | "a3m" | "cif" | "ccd" | "structure", string[]>} */
export function texts() {
  const jobs = [
    EVERYTHING,
    SERVER_JOBS,
    jobOfMsas(UNPAIRED, PAIRED),
    jobOfComponent(COMPONENT),
    jobOfTemplate(TEMPLATE),
    ...recorded(),
  ];
  return {
    json: jobs,
    fasta: [FASTA, COLABFOLD],
    a3m: [UNPAIRED, PAIRED, COLABFOLD],
    cif: [TEMPLATE, ...within(jobs, "mmcif")],
    structure: [structure(true), structure(false), `MODEL        1\n${structure(true)}TER\nENDMDL\n${structure(true)}`],
    ccd: [COMPONENT, ...within(jobs, "userCCD")],
  };
}

/** A turn of a helix with a base behind it, as PDB or mmCIF. @param {boolean} pdb */
export function structure(pdb) {
  const atoms = ["PHE", "ASP", "MSE", "ALA", "GLY", "DA"].flatMap((residue, at) =>
    (residue === "DA" ? ["P", "C1'", "C3'"] : ["N", "CA", "C", "CD1", "CD2"]).map((name, of) => {
      const place = [2.3 * Math.cos(1.7 * at + of), 2.3 * Math.sin(1.7 * at + of), 1.5 * at + 0.4 * of];
      return { residue, name, at, place: place.map((value) => value.toFixed(3)), chain: residue === "DA" ? "B" : "A" };
    }),
  );
  if (pdb)
    return atoms
      .map(({ residue, name, at, place, chain }, serial) => {
        const places = place.map((value) => value.padStart(8)).join("");
        const start = `ATOM  ${String(serial).padStart(5)} ${` ${name}`.padEnd(4)} ${residue.padStart(3)} ${chain}`;
        return `${start}${String(at + 1).padStart(4)}    ${places}  1.00  0.00           ${name[0]}\n`;
      })
      .join("");
  const items = "type_symbol label_atom_id label_alt_id label_comp_id auth_asym_id label_seq_id auth_seq_id";
  const rows = atoms.map(
    ({ residue, name, at, place, chain }) =>
      `${name[0]} "${name}" . ${residue} ${chain} ${at + 1} ${at + 7} ${place.join(" ")}`,
  );
  const names = [...items.split(" "), "Cartn_x", "Cartn_y", "Cartn_z"].map((item) => `_atom_site.${item}`);
  return `data_x\nloop_\n${names.join("\n")}\n${rows.join("\n")}\n`;
}

/** Long texts under a name in any of the jobs. @param {readonly string[]} jobs @param {string} name */
function within(jobs, name) {
  /** @type {string[]} */
  const found = [];
  for (const text of jobs)
    JSON.parse(text, (key, value) => {
      if (key === name && typeof value === "string" && value.length < 10_000) found.push(value);
      return value;
    });
  return [...new Set(found)];
}
