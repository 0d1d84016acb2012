/** Sizes and classes that Protenix' networks fix. */

/** Classes of residues: 20 amino acids, X, A G C U N of RNA, the same of DNA with T, and the gap. */
export const RESIDUE_TYPES = 32;

/** Ligands are X. */
export const GAP = 31;

/** Atom slots of a token in its templates and in the confidence head. */
export const SLOTS = 24;
