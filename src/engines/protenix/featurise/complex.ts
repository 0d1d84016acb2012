/** Residues and atoms of a job's chains, in the order of the job (Protenix' `data/inference/json_parser.py`, `json_to_feature.py`). */
import type { Note } from "../../../formats/config.ts";
import {
  type Chain,
  type Complex,
  checkAtom,
  checkLength,
  codesOf,
  heavyAtoms,
  type Residue,
} from "../../../pipeline/complex.ts";
import type { Component, ComponentAtom } from "../../../pipeline/dictionary/component.ts";
import type { Components } from "../../../pipeline/dictionary/dictionary.ts";
import { smilesCode, smilesComponent } from "../../../pipeline/dictionary/smiles.ts";
import type { Bond, BondedAtom, Job, Ligand, Polymer } from "../../../pipeline/input/job.ts";
import type { OwnLetters } from "../../../pipeline/residue_notes.ts";
import { leavingGroups } from "./leaving.ts";
import { moleculeOf } from "./molecules.ts";

/** Letters with components of their own beside the usual ones. */
export const OWN_LETTERS: OwnLetters = {
  protein: new Map(),
  rna: new Map([["I", "I"]]),
  dna: new Map([
    ["I", "DI"],
    ["U", "DU"],
  ]),
};

/**
 * The chains of a job with their atoms: those that leave where a bond is made are left out, and no others.
 * @param note told of residues that are not bonded to the next
 * @throws {BadInputError} naming the component, atom or SMILES that nobody knows
 */
export function complexOf(job: Job, dictionary: Components, note: Note = () => {}): Complex {
  checkLength(job);
  const chains = job.entities
    .flatMap((entity) => entity.ids.map((id) => ({ id, entity })))
    .map(({ id, entity }, place): Chain => {
      const residues =
        entity.kind === "ligand"
          ? ligandResidues(entity, id, place, dictionary)
          : polymerResidues(entity, id, place, dictionary, note);
      return { id, entity, residues };
    });
  const bonds = job.bonds ?? [];
  checkBonds(bonds, chains);
  return { chains: withoutLeaving(chains, bonds).map(withMethionine), bonds, dropped: [] };
}

const residueOf = (chain: number, number: number, component: Component): Residue => {
  const places = heavyAtoms(component);
  return { chain, number, name: component.code, component, places, atoms: places };
};

function ligandResidues(
  { codes, smiles }: Ligand,
  id: string,
  chain: number,
  dictionary: Components,
): readonly Residue[] {
  if (smiles !== undefined) return [residueOf(chain, 1, smilesComponent(smiles, smilesCode(id), `chain ${id}`))];
  return (codes ?? []).map((code, index) =>
    residueOf(chain, index + 1, dictionary.get(code, `chain ${id}, residue ${index + 1}`)),
  );
}

/** The atoms by which a residue is bonded to the next; undefined where the two do not fit each other. */
function linkOf(first: Residue, second: Residue): readonly [string, string] | undefined {
  const [one, other] = [moleculeOf(first.component), moleculeOf(second.component)];
  const nucleic = (molecule: string): boolean => molecule === "rna" || molecule === "dna";
  const names = one === "protein" && other === "protein" ? ["C", "N"] : nucleic(one) && nucleic(other) && ["O3'", "P"];
  if (!names) return undefined;
  const has = ({ atoms }: Residue, name: string): boolean => atoms.some((atom) => atom.name === name);
  return has(first, names[0]) && has(second, names[1]) ? [names[0], names[1]] : undefined;
}

/** Caps of chains, which are bonded as peptides are though the dictionary calls them no peptides. Nothing leaves there. */
function isCapped(residues: readonly Residue[], at: number): boolean {
  const has = ({ atoms }: Residue, name: string): boolean => atoms.some((atom) => atom.name === name);
  const cap =
    (at === 0 && residues[0].name === "ACE") || (at === residues.length - 2 && residues[at + 1].name === "NME");
  return cap && has(residues[at], "C") && has(residues[at + 1], "N");
}

function polymerResidues(
  entity: Polymer,
  id: string,
  chain: number,
  dictionary: Components,
  note: Note,
): readonly Residue[] {
  const all = codesOf(entity, OWN_LETTERS[entity.kind]).map((code, index) =>
    residueOf(chain, index + 1, dictionary.get(code, `chain ${id}, residue ${index + 1}`)),
  );
  const leaving = all.map(() => new Set<string>());
  const bare = new Set<number>();
  for (let at = 0; at + 1 < all.length; at++) {
    const link = linkOf(all[at], all[at + 1]);
    if (link)
      for (const side of [0, 1])
        for (const name of leavingGroups(all[at + side].component, link[side])
          .slice(0, 1)
          .flat())
          leaving[at + side].add(name);
    else if (!isCapped(all, at)) {
      bare.add(at).add(at + 1);
      note(
        `chain ${id}: residues ${at + 1} (${all[at].name}) and ${at + 2} (${all[at + 1].name}) are not bonded to each other`,
      );
    }
  }
  return all.map((residue, at) => {
    const stays = ({ name, leaving: leaves }: ComponentAtom): boolean =>
      !leaving[at].has(name) && !(bare.has(at) && leaves && !isEnd(residue, name, at, all.length));
    return { ...residue, atoms: residue.atoms.filter(stays) };
  });
}

/** The atoms that ends of chains keep, whatever they are bonded to. */
function isEnd({ component }: Residue, name: string, at: number, length: number): boolean {
  const molecule = moleculeOf(component);
  if (name === "OP3") return at === 0 && (molecule === "rna" || molecule === "dna");
  return name === "OXT" && at === length - 1 && molecule === "protein";
}

const key = ({ chain, residue, atom }: BondedAtom): string => `${chain} ${residue} ${atom}`;

/** @throws {BadInputError} naming the bond whose atom is not there */
function checkBonds(bonds: readonly Bond[], chains: readonly Chain[]): void {
  const byId = new Map(chains.map((chain) => [chain.id, chain]));
  for (const end of bonds.flat()) {
    const found = byId.get(end.chain);
    if (found) checkAtom(end, found, found.residues[end.residue - 1].atoms);
  }
}

/** Without what leaves where bonds of the job are made: for each bond of an atom the next of the groups that can leave it. */
function withoutLeaving(chains: readonly Chain[], bonds: readonly Bond[]): readonly Chain[] {
  const counts = new Map<string, number>();
  for (const end of bonds.flat()) counts.set(key(end), (counts.get(key(end)) ?? 0) + 1);
  if (counts.size === 0) return chains;
  return chains.map((chain) => ({
    ...chain,
    residues: chain.residues.map((residue) => {
      const leaving = new Set(
        residue.atoms.flatMap(({ name }) =>
          leavingGroups(residue.component, name)
            .slice(0, counts.get(key({ chain: chain.id, residue: residue.number, atom: name })) ?? 0)
            .flat(),
        ),
      );
      return { ...residue, atoms: residue.atoms.filter(({ name }) => !leaving.has(name)) };
    }),
  }));
}

/** Selenomethionine is methionine to this network, with the coordinates and the order of its own atoms. */
function withMethionine(chain: Chain): Chain {
  return {
    ...chain,
    residues: chain.residues.map((residue) => {
      if (residue.name !== "MSE") return residue;
      const atoms = residue.component.atoms.map((atom) =>
        atom.name === "SE" ? { ...atom, name: "SD", element: "S" } : atom,
      );
      const there = new Set(residue.atoms.map(({ name }) => name));
      const component = { ...residue.component, code: "MET", atoms };
      const places = heavyAtoms(component);
      return {
        ...residue,
        name: "MET",
        component,
        places,
        atoms: places.filter(({ name }) => there.has(name === "SD" ? "SE" : name)),
      };
    }),
  };
}
