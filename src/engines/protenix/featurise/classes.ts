/** The classes of Protenix' residues (its `data/constants.py`): 32, with nucleotides one earlier than AlphaFold 3 has them and the gap last. */
import { residueClassesAt } from "../../../pipeline/msa/classes.ts";

export const classes = residueClassesAt({ count: 32, gap: 31, rna: [21, 25], dna: [26, 30] });

/** Residues that are one token: twenty amino acids and X, four nucleotides and N of RNA and of DNA. */
export const STANDARD = new Set(
  "ALA ARG ASN ASP CYS GLN GLU GLY HIS ILE LEU LYS MET PHE PRO SER THR TRP TYR VAL UNK A G C U N DA DG DC DT DN".split(
    " ",
  ),
);
