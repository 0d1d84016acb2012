/** Sizes that deepmind's network fixes. */

/** Types of tokens: 20 amino acids, unknown, gap, 4 of RNA, 4 of DNA, unknown nucleic acid. */
export const TOKEN_TYPES = 31;

/** Atom slots of a token. */
export const SLOTS = 24;
