/** Bonds as maps from tokens (AlphaFold 3's `features.py`: PolymerLigandBondInfo, LigandLigandBondInfo). */
import type { HostTensor } from "../../../formats/tensor.ts";
import { SLOTS } from "../../../model/deepmind/sizes.ts";
import { gatherMap } from "../../../pipeline/atom_layout.ts";
import type { Complex, Residue } from "../../../pipeline/complex.ts";
import type { BondedAtom } from "../../../pipeline/input/job.ts";
import type { Token } from "../../../pipeline/tokens.ts";

const key = (chain: string, residue: number, atom: string): string => `${chain} ${residue} ${atom}`;

/** Residues whose bonds every network knows. */
const STANDARD = new Set(
  "ALA ARG ASN ASP CYS GLN GLU GLY HIS ILE LEU LYS MET PHE PRO SER THR TRP TYR VAL UNK A C G U DA DC DG DT N DN".split(
    " ",
  ),
);
/** Bonds within ligands and between them that there is room for. */
const BONDS_PER_TOKEN = 10;

/** @param size tokens with padding */
export function bondFeatures(complex: Complex, tokens: readonly Token[], size: number): [string, HostTensor][] {
  const tokenOf = new Map<string, number>();
  const slotOf = new Map<string, number>();
  tokens.forEach(({ chain, residue, atoms, centre }, index) => {
    tokenOf.set(key(chain.id, residue.number, atoms[centre]?.name ?? ""), index);
    atoms.forEach((atom, slot) => {
      if (atom) slotOf.set(key(chain.id, residue.number, atom.name), index * SLOTS + slot);
    });
  });
  const kinds = new Map(complex.chains.map(({ id, entity }) => [id, entity.kind]));
  const isLigand = ({ chain }: BondedAtom): boolean => kinds.get(chain) === "ligand";
  const across = complex.bonds.filter((bond) => !bond.every(isLigand));
  /** The atom that stands for the residue, at a polymer's end. */
  const standing = ({ chain, residue, atom }: BondedAtom): string => {
    const kind = kinds.get(chain);
    return key(chain, residue, kind === "ligand" ? atom : kind === "protein" ? "CA" : "C1'");
  };
  const polymer = across
    .map((bond) => bond.map((end) => tokenOf.get(standing(end))))
    .filter((pair) => !pair.includes(undefined));
  const atoms = across.flatMap((bond) => bond.map(({ chain, residue, atom }) => slotOf.get(key(chain, residue, atom))));

  const between = complex.bonds
    .filter((bond) => bond.every(isLigand))
    .map((bond) => bond.map(({ chain, residue, atom }) => [key(chain, residue, atom), atom] as const));
  const within = complex.chains.flatMap(({ id, residues }) => residues.flatMap((residue) => ownBonds(id, residue)));
  const ligand = [...between, ...within]
    .filter((bond) => bond.every(([end, atom]) => tokenOf.has(end) && !atom.startsWith("H")))
    .map((bond) => bond.map(([end]) => tokenOf.get(end)));
  return [
    ...gatherMap("tokens_to_polymer_ligand_bonds", [size, 2], polymer.flat(), [tokens.length]),
    ...gatherMap("token_atoms_to_polymer_ligand_bonds", [size, 2], atoms, [
      across.length > 0 ? tokens.length : size,
      SLOTS,
    ]),
    ...gatherMap("tokens_to_ligand_ligand_bonds", [BONDS_PER_TOKEN * size, 2], ligand.flat(), [tokens.length]),
  ];
}

/** The bonds within a component, in the dictionary's order, of those that are no standard residues. */
function ownBonds(
  chain: string,
  { number, name, component, atoms }: Residue,
): (readonly [key: string, atom: string])[][] {
  if (STANDARD.has(name) || atoms.length === 0) return [];
  return component.bonds.map(({ first, second }) =>
    [first, second].map(
      (atom) => [key(chain, number, component.atoms[atom].name), component.atoms[atom].name] as const,
    ),
  );
}
