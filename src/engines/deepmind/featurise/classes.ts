/** Classes of residues and letters (AlphaFold 3's `residue_names.py`, `msa_features.py`). */
import type { PolymerKind } from "../../../pipeline/input/job.ts";
import { GAP, UNKNOWN } from "../../../pipeline/residues.ts";

const PROTEIN = "ARNDCQEGHILKMFPSTWYV";
const RNA = "AGCU";
const DNA = "AGCT";
const FIRST_RNA = GAP + 1;
const FIRST_DNA = FIRST_RNA + RNA.length;
const UNKNOWN_NUCLEIC = FIRST_DNA + DNA.length;

/** The class of a residue by its one-letter code. */
export function classOf(kind: PolymerKind, letter: string | undefined): number {
  if (kind === "protein") {
    const found = letter === undefined ? -1 : PROTEIN.indexOf(letter);
    return found < 0 ? UNKNOWN : found;
  }
  const [letters, first] = kind === "rna" ? [RNA, FIRST_RNA] : [DNA, FIRST_DNA];
  const found = letter === undefined ? -1 : letters.indexOf(letter);
  return found < 0 ? UNKNOWN_NUCLEIC : first + found;
}

/** Letters of proteins that stand for others: of B, Z and U the likelier one, of J and O none. */
const INSTEAD: Readonly<Record<string, string>> = { B: "D", Z: "E", U: "C", J: "X", O: "X" };

/** The letter of an amino acid that one stands for. */
export const aminoAcidOf = (letter: string): string => INSTEAD[letter] ?? letter;

/** No column: what no alignment may have. */
export const NO_CLASS = 255;

/** Classes of an alignment's letters by character code; {@link NO_CLASS} for anything but capital letters and gaps. */
export const alignmentClasses = (kind: PolymerKind): Uint8Array => {
  const classes = new Uint8Array(128).fill(NO_CLASS);
  for (let code = 65; code <= 90; code++) {
    const letter = String.fromCharCode(code);
    classes[code] = classOf(kind, kind === "protein" ? aminoAcidOf(letter) : letter);
  }
  classes["-".charCodeAt(0)] = GAP;
  return classes;
};
