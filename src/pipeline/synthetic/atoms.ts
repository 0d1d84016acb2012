/** Atoms of a made-up complex in their slots, and its bonds. */
import { RandomStream } from "../../formats/random.ts";
import { elementOf, residueAtoms, residueCharge, residueParents } from "../residues.ts";
import type { Assembly } from "./assembly.ts";
import { conformer, type Point } from "./conformers.ts";

/** An atom in its slot. */
export interface Atom {
  readonly token: number;
  readonly slot: number;
  readonly name: string;
  readonly element: number;
  readonly charge: number;
  readonly position: Point;
}

const LIGAND_ELEMENTS = ["C", "C", "C", "C", "N", "O", "O", "S"];

/** For each atom of a ligand the earlier one that it is bonded to; the first has itself. */
function ligandParents(seed: number, component: number, count: number): number[] {
  const back = new RandomStream(seed, `bonds/${component}`).integers(count, 16);
  return back.map((draw, atom) => Math.max(0, atom - 1 - Math.max(0, draw - 11))); // mostly a chain, with branches
}

/** Runs of tokens that share a component: a residue each, or the atoms of a ligand. */
function componentsOf({ tokens }: Assembly): { first: number; count: number }[] {
  const runs: { first: number; count: number }[] = [];
  tokens.forEach(({ component }, token) => {
    if (token > 0 && component === tokens[token - 1].component) runs[runs.length - 1].count++;
    else runs.push({ first: token, count: 1 });
  });
  return runs;
}

/** All atoms, token by token. */
export function atomsOf(assembly: Assembly): Atom[] {
  const { seed, tokens } = assembly;
  return componentsOf(assembly).flatMap(({ first, count }) => {
    const { aatype, component, ligandAtom } = tokens[first];
    const name = `ref_pos/${component}`;
    if (ligandAtom === undefined) {
      const positions = conformer(seed, name, residueParents[aatype]);
      return residueAtoms[aatype].map((atom, slot) => ({
        token: first,
        slot,
        name: atom,
        element: elementOf(atom),
        charge: residueCharge(aatype, atom),
        position: positions[slot],
      }));
    }
    const positions = conformer(seed, name, ligandParents(seed, component, count));
    const elements = new RandomStream(seed, `element/${component}`).integers(count, LIGAND_ELEMENTS.length);
    const charges = new RandomStream(seed, `charge/${component}`).integers(count, 16);
    return positions.map((position, atom) => ({
      token: first + atom,
      slot: 0,
      name: `${LIGAND_ELEMENTS[elements[atom]]}${atom + 1}`,
      element: elementOf(LIGAND_ELEMENTS[elements[atom]]),
      charge: charges[atom] === 0 ? 1 : charges[atom] === 1 ? -1 : 0,
      position,
    }));
  });
}

/**
 * Bonds in one direction, as flat pairs of tokens. Every second ligand hangs on a residue, as sugars do; a ligand's own bonds are a tree.
 * @returns `across`: from a residue to a ligand; `within`: of a ligand's own atoms
 */
export function bondsOf(assembly: Assembly): { readonly across: number[]; readonly within: number[] } {
  const { seed, tokens } = assembly;
  const ligands = componentsOf(assembly).filter(({ first }) => tokens[first].ligandAtom !== undefined);
  const residues = tokens.filter(({ ligandAtom }) => ligandAtom === undefined).length;
  const hosts = new RandomStream(seed, "bonds/hosts").integers(ligands.length, residues);
  const across = residues ? ligands.flatMap(({ first }, i) => (i % 2 === 0 ? [hosts[i], first] : [])) : [];
  const within = ligands.flatMap(({ first, count }) =>
    ligandParents(seed, tokens[first].component, count).flatMap((parent, atom) =>
      atom > 0 ? [first + parent, first + atom] : [],
    ),
  );
  return { across, within };
}
