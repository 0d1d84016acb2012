/** A predicted structure: the atoms of a complex with a place and a confidence each. */
import { BadInputError } from "../../errors.ts";
import type { Chain, Complex, Residue } from "../complex.ts";
import type { ComponentAtom } from "../dictionary/component.ts";

export interface StructureAtom {
  readonly chain: Chain;
  readonly residue: Residue;
  readonly atom: ComponentAtom;
}

export interface Structure {
  /** Letters, digits and `_-.`: of the data block, and of files. */
  readonly name: string;
  readonly complex: Complex;
  /** Chain by chain, residue by residue: the order of the tokens' slots without gaps. */
  readonly atoms: readonly StructureAtom[];
  /** Ångström, [atoms, 3]. */
  readonly positions: ArrayLike<number>;
  /** Predicted lDDT from 0 to 100, [atoms]. */
  readonly plddt: ArrayLike<number>;
}

/** All atoms of a complex, in the order of its files. */
export const atomsOf = ({ chains }: Complex): StructureAtom[] =>
  chains.flatMap((chain) =>
    chain.residues.flatMap((residue) => residue.atoms.map((atom) => ({ chain, residue, atom }))),
  );

/** Residues whose atoms files call ATOM: the twenty amino acids and the eight nucleotides of RNA and DNA. */
const STANDARD = new Set(
  "ALA ARG ASN ASP CYS GLN GLU GLY HIS ILE LEU LYS MET PHE PRO SER THR TRP TYR VAL A C G U DA DC DG DT".split(" "),
);

export const isPolymer = ({ entity }: Chain): boolean => entity.kind !== "ligand";

/** The kind of an atom's record. */
export const recordOf = ({ chain, residue }: StructureAtom): "ATOM" | "HETATM" =>
  isPolymer(chain) && STANDARD.has(residue.name) ? "ATOM" : "HETATM";

/** A residue's number in its polymer; ligands have none. */
export const sequenceNumber = ({ chain, residue }: Pick<StructureAtom, "chain" | "residue">): string | undefined =>
  isPolymer(chain) ? String(residue.number) : undefined;

/** An atom for people, such as `chain A, residue 5 (LYS), atom CA`. */
export const atomText = ({ chain, residue, atom }: StructureAtom): string =>
  `chain ${chain.id}, residue ${residue.number} (${residue.name}), atom ${atom.name}`;

/** @throws {BadInputError} naming the first atom that has no place: no reader of structures takes such a file */
export function checkPlaces({ name, atoms, positions }: Structure): void {
  for (let at = 0; at < atoms.length * 3; at++)
    if (!Number.isFinite(positions[at]))
      throw new BadInputError(
        `${name}: ${atomText(atoms[Math.floor(at / 3)])} is at ${positions[at]}: the network's outputs are no structure`,
      );
}
