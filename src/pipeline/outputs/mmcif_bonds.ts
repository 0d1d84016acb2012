/** Bonds across residues as mmCIF (AlphaFold 3's `structure/bonds.py`). */
import type { CifValue } from "../../formats/cif.ts";
import type { CifTable } from "../../formats/cif_writer.ts";
import type { BondedAtom } from "../input/job.ts";
import { type Structure, type StructureAtom, sequenceNumber } from "./structure.ts";

const key = (chain: string, residue: number, atom: string): string => `${chain} ${residue} ${atom}`;

/** The category of bonds and that of their types; none where there are no bonds. */
export function bondTables({ complex, atoms }: Structure): CifTable[] {
  if (complex.bonds.length === 0) return [];
  const places = new Map(atoms.map((atom) => [key(atom.chain.id, atom.residue.number, atom.atom.name), atom]));
  const end = ({ chain, residue, atom }: BondedAtom): StructureAtom | undefined =>
    places.get(key(chain, residue, atom));
  const bonds = complex.bonds.flatMap(([first, second]): [StructureAtom, StructureAtom][] => {
    const [a, b] = [end(first), end(second)];
    return a && b ? [[a, b]] : [];
  });
  if (bonds.length === 0) return [];
  const column = (item: string, value: (bond: (typeof bonds)[number], index: number) => CifValue) =>
    [item, bonds.map(value)] as const;
  const partner = (which: 0 | 1) => {
    const name = `ptnr${which + 1}`;
    return [
      column(`${name}_auth_asym_id`, (bond) => bond[which].chain.id),
      column(`${name}_auth_seq_id`, (bond) => String(bond[which].residue.number)),
      column(`${name}_label_asym_id`, (bond) => bond[which].chain.id),
      column(`${name}_label_atom_id`, (bond) => bond[which].atom.name),
      column(`${name}_label_comp_id`, (bond) => bond[which].residue.name),
      column(`${name}_label_seq_id`, (bond) => sequenceNumber(bond[which])),
      column(`${name}_symmetry`, () => "1_555"),
    ];
  };
  const unknown = (item: string) => column(item, () => null);
  return [
    {
      name: "struct_conn",
      columns: [
        column("conn_type_id", () => "covale"),
        column("id", (_, index) => `covale${index + 1}`),
        ...["pdbx_ptnr1_PDB_ins_code", "pdbx_ptnr1_label_alt_id"].map(unknown),
        ...["pdbx_ptnr2_PDB_ins_code", "pdbx_ptnr2_label_alt_id"].map(unknown),
        ...["pdbx_role", "pdbx_value_order"].map(unknown),
        ...partner(0),
        ...partner(1),
      ],
    },
    {
      name: "struct_conn_type",
      columns: [
        ["criteria", [null]],
        ["id", ["covale"]],
        ["reference", [null]],
      ],
    },
  ];
}
