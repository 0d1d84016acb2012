/** The heavy atoms of the twenty amino acids, in the chemical component dictionary's order, which is that of atom slots. */
import { BadInputError } from "../errors.ts";

const BACKBONE = ["N", "CA", "C", "O"];

/** Side chains by class: ALA ARG ASN ASP CYS GLN GLU GLY HIS ILE LEU LYS MET PHE PRO SER THR TRP TYR VAL. */
const SIDE_CHAINS: readonly string[] = [
  "CB",
  "CB CG CD NE CZ NH1 NH2",
  "CB CG OD1 ND2",
  "CB CG OD1 OD2",
  "CB SG",
  "CB CG CD OE1 NE2",
  "CB CG CD OE1 OE2",
  "",
  "CB CG ND1 CD2 CE1 NE2",
  "CB CG1 CG2 CD1",
  "CB CG CD1 CD2",
  "CB CG CD CE NZ",
  "CB CG SD CE",
  "CB CG CD1 CD2 CE1 CE2 CZ",
  "CB CG CD",
  "CB OG",
  "CB OG1 CG2",
  "CB CG CD1 CD2 NE1 CE2 CE3 CZ2 CZ3 CH2",
  "CB CG CD1 CD2 CE1 CE2 CZ OH",
  "CB CG1 CG2",
];

/** Classes that engines share: the amino acids, then X (ligands too) and the gap. */
export const AMINO_ACIDS = SIDE_CHAINS.length;
export const UNKNOWN = 20;
export const GAP = 21;

/** One-letter codes by class. */
const LETTERS = "ARNDCQEGHILKMFPSTWYV";

export const isAminoAcid = (letter: string): boolean => letter.length === 1 && LETTERS.includes(letter);

/** Classes of residues by their one-letter codes. @throws {BadInputError} naming the first letter that is no amino acid's */
export function residueClasses(sequence: string): Int32Array {
  const classes = Int32Array.from(sequence, (letter) => LETTERS.indexOf(letter));
  const strange = classes.indexOf(-1);
  if (strange >= 0)
    throw new BadInputError(
      `the sequence has "${sequence[strange]}" at position ${strange + 1}, expected one of ${LETTERS}`,
    );
  return classes;
}

/**
 * One-letter codes of tokens, for people.
 * @param classes of residues, [tokens]
 * @returns a letter per token: X for ligands, gaps and whatever else is none of the twenty amino acids
 */
export const lettersOf = (classes: ArrayLike<number>): string =>
  Array.from(classes, (residue) => LETTERS[residue] ?? "X").join("");

/** Names of an amino acid's 4 to 14 heavy atoms. */
export const residueAtoms: readonly (readonly string[])[] = SIDE_CHAINS.map((atoms) => [
  ...BACKBONE,
  ...atoms.split(" ").filter(Boolean),
]);

/** Formal charges in the dictionary, by class and atom: ARG, HIS and LYS are protonated there. */
const CHARGES: Readonly<Record<string, number>> = { "1 NH2": 1, "8 ND1": 1, "11 NZ": 1 };

export const residueCharge = (aatype: number, atom: string): number => CHARGES[`${aatype} ${atom}`] ?? 0;

/** Slot of the pseudo-beta atom: CB, or glycine's CA. */
export const pseudoBetaSlot = (aatype: number): number => Math.max(1, residueAtoms[aatype].indexOf("CB"));

const ATOMIC_NUMBERS: Readonly<Record<string, number>> = { C: 6, N: 7, O: 8, S: 16 };

/** The atomic number of an atom whose name begins with its element. */
export const elementOf = (atom: string): number => ATOMIC_NUMBERS[atom[0]];

const REMOTENESS = "ABGDEZH";

/** For each atom of an amino acid the earlier one that it is bonded to; of rings one way round. The first has itself. */
export const residueParents: readonly (readonly number[])[] = residueAtoms.map((atoms) =>
  atoms.map((name, atom) => {
    if (atom < BACKBONE.length) return Math.max(0, atom - 1);
    const nearer = REMOTENESS[REMOTENESS.indexOf(name[1]) - 1];
    return atoms.slice(0, atom).findLastIndex((other) => other[1] === nearer);
  }),
);
