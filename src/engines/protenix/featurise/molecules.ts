/** What kind of molecule a residue is by its component, which need not be what its chain is (Protenix' `data/core/ccd.py`). */
import type { Chain, Residue } from "../../../pipeline/complex.ts";
import type { Component } from "../../../pipeline/dictionary/component.ts";
import type { Components } from "../../../pipeline/dictionary/dictionary.ts";
import type { PolymerKind } from "../../../pipeline/input/job.ts";

export type Molecule = PolymerKind | "ligand";

/** By the dictionary's type of the component. */
export function moleculeOf({ type }: Component): Molecule {
  const upper = type.toUpperCase();
  if (upper.includes("PEPTIDE") && upper !== "PEPTIDE-LIKE") return "protein";
  if (upper.includes("DNA")) return "dna";
  return upper.includes("RNA") ? "rna" : "ligand";
}

/** Whatever stands in a ligand is one. */
export const moleculeIn = ({ entity }: Chain, { component }: Residue): Molecule =>
  entity.kind === "ligand" ? "ligand" : moleculeOf(component);

/** Where the dictionary's letter is another than the shipped table has, which is AlphaFold 3's. */
const LETTERS: ReadonlyMap<string, string> = new Map([
  ["PCA", "Q"],
  ["PYL", "O"],
  ["SEC", "U"],
]);

/** The dictionary's one-letter code; undefined where it has none, or several letters. */
export function letterOf({ code, letter }: Component, dictionary: Components): string | undefined {
  const found = letter === undefined ? (LETTERS.get(code) ?? dictionary.letter(code)) : letter;
  return found?.length === 1 ? found : undefined;
}
