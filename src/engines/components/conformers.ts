/** Coordinates of residues and ligands before they are placed: given ones, or the dictionary's (AlphaFold 3's `features.py`, RefStructure). */
import type { Residue } from "../../pipeline/complex.ts";
import type { Component } from "../../pipeline/dictionary/component.ts";
import type { Token } from "../../pipeline/tokens.ts";
import type { ConformerSource } from "../core/featurise.ts";

/** Where no ideal coordinates are: model coordinates of what was changed before (`ref_max_modified_date`). */
const MODELS_BEFORE = "2021-09-30";

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The order of a conformer's atoms: of the dictionary by name, of a SMILES as written, with its hydrogens behind. */
export const conformerAtoms = ({ atoms, smiles }: Component): string[] => {
  const names = atoms.map(({ name }) => name);
  return smiles === undefined ? names.sort(compare) : names;
};

/** Coordinates of the dictionary, in its order; 0 where it has none. */
export function ownCoordinates({ ideal, model, modified }: Component): Float64Array {
  const dated = modified !== undefined && modified < MODELS_BEFORE;
  const chosen = ideal.some(Number.isNaN) && model && dated ? model : ideal;
  return chosen.map((value) => (Number.isNaN(value) ? 0 : value));
}

/** Residues with any atom, in the order of their tokens. */
export function residuesOf(tokens: readonly Token[]): Residue[] {
  return [...new Set(tokens.filter(({ atoms }) => atoms.some(Boolean)).map(({ residue }) => residue))];
}

/** Codes of components of which nobody has coordinates. */
export function withoutCoordinates(tokens: readonly Token[], source: ConformerSource): string[] {
  return residuesOf(tokens).flatMap(({ component }, index) => {
    const known = source(component, "reference", index) ?? component.model;
    return !known && component.ideal.every(Number.isNaN) ? [component.code] : [];
  });
}
