/** The local distance difference test (Mariani et al. 2013): how many distances of a reference a model keeps. */
import { Cells } from "../cells.ts";
import type { ChainPair, ResiduePair } from "./match.ts";
import type { Position } from "./structure.ts";
import { squaredDistance } from "./superpose.ts";

/** Distances of the reference up to so many ångström count. */
const INCLUSION_RADIUS = 15;
/** A distance is kept at each of these that it differs by less than, in ångström. */
const THRESHOLDS = [0.5, 1, 2, 4];

/** Pairs of atoms whose names are a matter of convention (Mariani et al. 2013; phosphate's oxygens likewise). */
const AMBIGUOUS: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  ARG: [["NH1", "NH2"]],
  ASP: [["OD1", "OD2"]],
  GLU: [["OE1", "OE2"]],
  LEU: [["CD1", "CD2"]],
  PHE: [
    ["CD1", "CD2"],
    ["CE1", "CE2"],
  ],
  TYR: [
    ["CD1", "CD2"],
    ["CE1", "CE2"],
  ],
  VAL: [["CG1", "CG2"]],
};
const PHOSPHATE: readonly (readonly [string, string])[] = [["OP1", "OP2"]];

const ambiguousOf = ({ reference, model }: ResiduePair): readonly (readonly [string, string])[] => {
  const own = AMBIGUOUS[reference.name];
  if (own) return model?.name === reference.name ? own : [];
  return reference.atoms.has("OP1") ? PHOSPHATE : [];
};

/** An atom of the reference, and where the model has it. */
export interface ScoredAtom {
  readonly name: string;
  /** Of the residue, among all of the list. */
  readonly residue: number;
  readonly reference: Position;
  readonly model: Position | undefined;
}

/** Atoms of the reference's residues, of those named alone if `only` is given. */
export function atomsOf(chains: readonly ChainPair[], only?: (chain: ChainPair) => string): ScoredAtom[] {
  let residue = 0;
  return chains.flatMap((chain) => {
    const name = only?.(chain);
    return chain.residues.flatMap((pair) => {
      const own = residue++;
      const names = name === undefined ? [...pair.reference.atoms.keys()] : [name];
      return names.flatMap((atom): ScoredAtom[] => {
        const reference = pair.reference.atoms.get(atom);
        return reference ? [{ name: atom, residue: own, reference, model: pair.model?.atoms.get(atom) }] : [];
      });
    });
  });
}

/** Finds an atom's neighbours in other residues, within the radius in the reference. */
function neighboursOf(atoms: readonly ScoredAtom[]): (at: number) => number[] {
  const cells = new Cells(
    atoms.flatMap(({ reference }) => reference),
    INCLUSION_RADIUS,
  );
  return (at) =>
    cells.near(at).filter((other) => {
      const [{ residue, reference }, atom] = [atoms[other], atoms[at]];
      return residue !== atom.residue && squaredDistance(reference, atom.reference) < INCLUSION_RADIUS ** 2;
    });
}

/** Of the distances from one atom to others, the number that counts, and the mean number that is kept. */
function keptOf(
  atom: ScoredAtom,
  model: Position | undefined,
  neighbours: readonly number[],
  atoms: readonly ScoredAtom[],
  places: readonly (Position | undefined)[],
): { counted: number; kept: number } {
  let kept = 0;
  for (const at of neighbours) {
    const other = places[at];
    if (!model || !other) continue;
    const wanted = Math.sqrt(squaredDistance(atom.reference, atoms[at].reference));
    const difference = Math.abs(Math.sqrt(squaredDistance(model, other)) - wanted);
    for (const threshold of THRESHOLDS) if (difference < threshold) kept += 1 / THRESHOLDS.length;
  }
  return { counted: neighbours.length, kept };
}

/**
 * The lDDT of atoms, 0 to 1: of the distances between different residues, those to atoms that the model lacks are lost.
 * @returns null where the reference has no two residues that near
 */
export function lddt(atoms: readonly ScoredAtom[]): number | null {
  const neighbours = neighboursOf(atoms);
  const places = atoms.map(({ model }) => model);
  const sum = { counted: 0, kept: 0 };
  atoms.forEach((atom, at) => {
    const own = keptOf(atom, atom.model, neighbours(at), atoms, places);
    sum.counted += own.counted;
    sum.kept += own.kept;
  });
  return sum.counted === 0 ? null : sum.kept / sum.counted;
}

/**
 * The same chains with the model's ambiguous atoms named as keeps more of the reference's distances to all atoms that are none: PHE's CD1 and
 * CD2 with CE1 and CE2, and the like.
 */
export function withBestNames(chains: readonly ChainPair[]): ChainPair[] {
  const pairs = chains.flatMap(({ residues }) => residues);
  const ambiguous = pairs.map((pair) => new Set(ambiguousOf(pair).flat()));
  const atoms = atomsOf(chains);
  const neighbours = neighboursOf(atoms);
  const fixed = atoms.map(({ name, residue }) => !ambiguous[residue].has(name));
  const places = atoms.map(({ model }) => model);
  const gains = new Float64Array(pairs.length);
  atoms.forEach((atom, at) => {
    if (fixed[at]) return;
    const { residue, name } = atom;
    const around = neighbours(at).filter((other) => fixed[other]);
    const swapped = pairs[residue].model?.atoms.get(otherName(ambiguousOf(pairs[residue]), name));
    gains[residue] +=
      keptOf(atom, swapped, around, atoms, places).kept - keptOf(atom, atom.model, around, atoms, places).kept;
  });
  let residue = 0;
  return chains.map((chain) => ({
    ...chain,
    residues: chain.residues.map((pair) => (gains[residue++] > 0 ? swappedNames(pair) : pair)),
  }));
}

function otherName(names: readonly (readonly [string, string])[], name: string): string {
  const found = names.find((pair) => pair.includes(name));
  return found ? found[found[0] === name ? 1 : 0] : name;
}

function swappedNames(pair: ResiduePair): ResiduePair {
  const { model } = pair;
  if (!model) return pair;
  const names = ambiguousOf(pair);
  const atoms = new Map([...model.atoms].map(([name, position]) => [otherName(names, name), position]));
  return { ...pair, model: { ...model, atoms } };
}
