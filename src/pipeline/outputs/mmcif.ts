/** Predicted structures as mmCIF, in the categories of AlphaFold 3's files (its `structure.to_mmcif_dict`, `mmcif_metadata`). */
import type { CifValue } from "../../formats/cif.ts";
import { type CifTable, cifText } from "../../formats/cif_writer.ts";
import { fixed, numpySum } from "../../formats/decimal.ts";
import type { Chain, Residue } from "../complex.ts";
import type { Component } from "../dictionary/component.ts";
import type { PolymerKind } from "../input/job.ts";
import { type ModelSource, metadataTables, warningOf } from "./metadata.ts";
import { bondTables } from "./mmcif_bonds.ts";
import { checkPlaces, isPolymer, recordOf, type Structure, type StructureAtom, sequenceNumber } from "./structure.ts";

/** Digits behind the point. */
const [COORDINATE, CONFIDENCE] = [3, 2];
const POLYMERS: Readonly<Record<PolymerKind, string>> = {
  protein: "polypeptide(L)",
  rna: "polyribonucleotide",
  dna: "polydeoxyribonucleotide",
};

/** A table of one column per item, whose values are made of rows. */
function table<Row>(
  name: string,
  rows: readonly Row[],
  items: Readonly<Record<string, (row: Row, index: number) => CifValue>>,
): CifTable {
  return { name, columns: Object.entries(items).map(([item, value]) => [item, rows.map(value)] as const) };
}

const isBranched = ({ entity, residues }: Chain): boolean => entity.kind === "ligand" && residues.length > 1;
const flat = (chains: readonly Chain[]): { chain: Chain; residue: Residue }[] =>
  chains.flatMap((chain) => chain.residues.map((residue) => ({ chain, residue })));

/** The symbol of an element: as in the dictionary, in capitals, and as people write it for what a SMILES makes. */
export const symbolOf = ({ atom, residue }: StructureAtom): string =>
  residue.component.smiles === undefined ? atom.element : atom.element[0] + atom.element.slice(1).toLowerCase();

/**
 * The text of an mmCIF file, in pieces.
 * @throws {BadInputError} naming the first atom that has no place
 */
export function* mmcifText(structure: Structure, source: ModelSource): Generator<string> {
  checkPlaces(structure);
  const plddt = Array.from(structure.plddt, (value) => fixed(value, CONFIDENCE));
  const { chains } = structure.complex;
  const entities = new Map(chains.map((chain, index) => [chain, String(index + 1)]));
  const tables = [
    ...polymerTables(chains, entities),
    ...ligandTables(chains, entities),
    ...bondTables(structure),
    ...metadataTables(source, structure.name, [...entities.values()]),
    ...confidenceTables(structure, plddt),
    table("atom_type", [...new Set(structure.atoms.map(symbolOf))].sort(), { symbol: (symbol) => symbol }),
    componentTable(structure),
    table("entity", chains, {
      id: (chain) => entities.get(chain),
      pdbx_description: () => undefined,
      type: (chain) => (isPolymer(chain) ? "polymer" : isBranched(chain) ? "branched" : "non-polymer"),
    }),
    table("ma_target_entity_instance", chains, {
      asym_id: ({ id }) => id,
      details: () => undefined,
      entity_id: (chain) => entities.get(chain),
    }),
    table("struct_asym", chains, { entity_id: (chain) => entities.get(chain), id: ({ id }) => id }),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
  const entry = table("entry", [structure.name], { id: (name) => name });
  const warning = warningOf(source);
  const comment = [...(warning === undefined ? [] : [warning]), ...(source.terms?.comment ?? [])];
  yield* cifText(structure.name, [entry, ...tables, atomTable(structure, plddt, entities)], comment);
}

function polymerTables(chains: readonly Chain[], entities: ReadonlyMap<Chain, string>): CifTable[] {
  const polymers = chains.filter(isPolymer);
  return [
    table("entity_poly", polymers, {
      entity_id: (chain) => entities.get(chain),
      pdbx_strand_id: ({ id }) => id,
      type: ({ entity }) => (entity.kind === "ligand" ? null : POLYMERS[entity.kind]),
    }),
    table("entity_poly_seq", flat(polymers), {
      entity_id: ({ chain }) => entities.get(chain),
      hetero: () => "n",
      mon_id: ({ residue }) => residue.name,
      num: ({ residue }) => String(residue.number),
    }),
    table("pdbx_poly_seq_scheme", flat(polymers), {
      asym_id: ({ chain }) => chain.id,
      auth_seq_num: ({ residue }) => String(residue.number),
      entity_id: ({ chain }) => entities.get(chain),
      hetero: () => "n",
      mon_id: ({ residue }) => residue.name,
      pdb_ins_code: () => undefined,
      pdb_seq_num: ({ residue }) => String(residue.number),
      pdb_strand_id: ({ chain }) => chain.id,
      seq_id: ({ residue }) => String(residue.number),
    }),
  ];
}

function ligandTables(chains: readonly Chain[], entities: ReadonlyMap<Chain, string>): CifTable[] {
  const ligands = chains.filter((chain) => !isPolymer(chain));
  return [
    table("pdbx_branch_scheme", flat(ligands.filter(isBranched)), {
      asym_id: ({ chain }) => chain.id,
      auth_asym_id: ({ chain }) => chain.id,
      auth_seq_num: ({ residue }) => String(residue.number),
      entity_id: ({ chain }) => entities.get(chain),
      hetero: () => "n",
      mon_id: ({ residue }) => residue.name,
      num: ({ residue }) => String(residue.number),
      pdb_asym_id: ({ chain }) => chain.id,
      pdb_ins_code: () => undefined,
      pdb_seq_num: ({ residue }) => String(residue.number),
    }),
    table("pdbx_nonpoly_scheme", flat(ligands.filter((chain) => !isBranched(chain))), {
      asym_id: ({ chain }) => chain.id,
      auth_seq_num: ({ residue }) => String(residue.number),
      entity_id: ({ chain }) => entities.get(chain),
      mon_id: ({ residue }) => residue.name,
      pdb_ins_code: () => undefined,
      pdb_seq_num: ({ residue }) => String(residue.number),
      pdb_strand_id: ({ chain }) => chain.id,
    }),
  ];
}

/** Whether a component is a standard one: one without a parent. What is no polymer's has no say in it. */
function standardFlag({ type, parent, smiles }: Component): CifValue {
  if (smiles !== undefined) return null;
  if (type.toLowerCase() === "non-polymer") return undefined;
  return parent === undefined ? "y" : "n";
}

function componentTable({ complex }: Structure): CifTable {
  const components = new Map(flat(complex.chains).map(({ residue }) => [residue.name, residue.component]));
  const rows = [...components].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, component]) => component);
  const smiles = rows.some((component) => component.smiles !== undefined);
  return table("chem_comp", rows, {
    formula: ({ formula }) => formula ?? null,
    formula_weight: ({ weight }) => weight ?? null,
    id: ({ code }) => code,
    mon_nstd_flag: standardFlag,
    name: ({ name }) => name ?? null,
    ...(smiles ? { pdbx_smiles: (component: Component) => component.smiles ?? null } : {}),
    pdbx_synonyms: ({ synonyms }) => synonyms ?? null,
    // The reference writes the types of the dictionary, and a word of its own for a SMILES.
    type: (component) => (component.smiles === undefined ? component.type : "non-polymer"),
  });
}

/** The confidence of the whole, and of every residue; components of equal name in one ligand are one. */
function confidenceTables({ atoms }: Structure, plddt: readonly string[]): CifTable[] {
  const groups = new Map<string, { readonly of: StructureAtom; readonly values: number[] }>();
  atoms.forEach((of, at) => {
    const key = [of.chain.id, of.residue.name, sequenceNumber(of)].join(" ");
    const group = groups.get(key);
    if (group) group.values.push(Number(plddt[at]));
    else groups.set(key, { of, values: [Number(plddt[at])] });
  });
  const mean = (values: readonly number[]): string => fixed(numpySum(values) / values.length, CONFIDENCE);
  const text = (value: string): CifValue => (value === "NaN" ? null : value);
  return [
    table("ma_qa_metric_global", [plddt.map(Number)], {
      metric_id: () => "1",
      metric_value: (values) => text(mean(values)),
      model_id: () => "1",
      ordinal_id: () => "1",
    }),
    table("ma_qa_metric_local", [...groups.values()], {
      label_asym_id: ({ of }) => of.chain.id,
      label_comp_id: ({ of }) => of.residue.name,
      label_seq_id: ({ of }) => sequenceNumber(of),
      metric_id: () => "2",
      metric_value: ({ values }) => text(mean(values)),
      model_id: () => "1",
      ordinal_id: (_, index) => String(index + 1),
    }),
  ];
}

function atomTable(
  { atoms, positions }: Structure,
  plddt: readonly string[],
  entities: ReadonlyMap<Chain, string>,
): CifTable {
  const coordinate = (axis: number) => (_: StructureAtom, at: number) => fixed(positions[3 * at + axis], COORDINATE);
  return table("atom_site", atoms, {
    group_PDB: recordOf,
    id: (_, at) => String(at + 1),
    type_symbol: symbolOf,
    label_atom_id: ({ atom }) => atom.name,
    label_alt_id: () => undefined,
    label_comp_id: ({ residue }) => residue.name,
    label_asym_id: ({ chain }) => chain.id,
    label_entity_id: ({ chain }) => entities.get(chain),
    label_seq_id: sequenceNumber,
    pdbx_PDB_ins_code: () => null,
    Cartn_x: coordinate(0),
    Cartn_y: coordinate(1),
    Cartn_z: coordinate(2),
    occupancy: () => "1.00",
    B_iso_or_equiv: (_, at) => (plddt[at] === "NaN" ? null : plddt[at]),
    auth_seq_id: ({ residue }) => String(residue.number),
    auth_asym_id: ({ chain }) => chain.id,
    pdbx_PDB_model_num: () => "1",
  });
}
