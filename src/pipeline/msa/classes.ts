/** Classes of residues by their letters, in which engines differ by where nucleotides and the gap stand. */
import type { PolymerKind } from "../input/job.ts";
import { UNKNOWN } from "../residues.ts";

const PROTEIN = "ARNDCQEGHILKMFPSTWYV";
const NUCLEOTIDES: Readonly<Record<Exclude<PolymerKind, "protein">, string>> = { rna: "AGCU", dna: "AGCT" };

/** Letters of proteins that stand for others: of B, Z and U the likelier one, of J and O none. */
const INSTEAD: Readonly<Record<string, string>> = { B: "D", Z: "E", U: "C", J: "X", O: "X" };

/** The letter of an amino acid that one stands for. */
export const aminoAcidOf = (letter: string): string => INSTEAD[letter] ?? letter;

/** No column: what no alignment may have. */
export const NO_CLASS = 255;

/** Where an engine's classes begin; amino acids are 0 to 19 and X is 20 everywhere. */
export interface ClassPlaces {
  /** All classes. */
  readonly count: number;
  readonly gap: number;
  /** The first of A, G, C and U or T, and the class of all other letters. */
  readonly rna: readonly [first: number, unknown: number];
  readonly dna: readonly [first: number, unknown: number];
}

export interface ResidueClasses {
  readonly count: number;
  readonly gap: number;
  /** The class of a residue by its one-letter code. */
  of(kind: PolymerKind, letter: string | undefined): number;
  /** Classes of an alignment's letters by character code; {@link NO_CLASS} for anything but capital letters and gaps. */
  letters(kind: PolymerKind): Uint8Array;
}

/** An engine's classes. */
export function residueClassesAt({ count, gap, rna, dna }: ClassPlaces): ResidueClasses {
  const of = (kind: PolymerKind, letter: string | undefined): number => {
    const [letters, first, unknown] =
      kind === "protein" ? [PROTEIN, 0, UNKNOWN] : [NUCLEOTIDES[kind], ...(kind === "rna" ? rna : dna)];
    const found = letter === undefined ? -1 : letters.indexOf(letter);
    return found < 0 ? unknown : first + found;
  };
  return {
    count,
    gap,
    of,
    letters(kind) {
      const classes = new Uint8Array(128).fill(NO_CLASS);
      for (let code = 65; code <= 90; code++) {
        const letter = String.fromCharCode(code);
        classes[code] = of(kind, kind === "protein" ? aminoAcidOf(letter) : letter);
      }
      classes["-".charCodeAt(0)] = gap;
      return classes;
    },
  };
}
