/** Residues and atoms of a job's chains, in the order of AlphaFold 3's pipeline (its `folding_input.to_structure`, `structure_cleaning`). */
import { BadInputError } from "../errors.ts";
import { visible } from "../words.ts";
import { type Component, type ComponentAtom, isGlycan, isHydrogen } from "./dictionary/component.ts";
import type { Components } from "./dictionary/dictionary.ts";
import { smilesCode, smilesComponent } from "./dictionary/smiles.ts";
import {
  type Bond,
  type BondedAtom,
  chainNumber,
  type Entity,
  type Job,
  type Ligand,
  lengthOf,
  type Polymer,
  type PolymerKind,
} from "./input/job.ts";

/** A residue of a polymer, or a component of a ligand. */
export interface Residue {
  /** Of the complex. */
  readonly chain: number;
  /** Within its chain, from 1. */
  readonly number: number;
  /** The component's code, or one of its own for a SMILES. */
  readonly name: string;
  readonly component: Component;
  /** Heavy atoms that are there. */
  readonly atoms: readonly ComponentAtom[];
  /** Heavy atoms of the component, those that left too: in this order slots are given to the atoms of a standard residue. */
  readonly places: readonly ComponentAtom[];
}

export interface Chain {
  readonly id: string;
  readonly entity: Entity;
  readonly residues: readonly Residue[];
}

/** What a job describes, atom by atom. */
export interface Complex {
  readonly chains: readonly Chain[];
  /** Bonds of the job that networks are told of: across residues, with an end in a ligand. */
  readonly bonds: readonly Bond[];
  /** Chains that were left out, for nothing is known of any of their residues. */
  readonly dropped: readonly string[];
}

export interface ComplexOptions {
  /** Keeps the atom O1 of sugars that nothing is bonded to (the reference's option of that name). */
  readonly fixStandaloneGlycans?: boolean;
}

const PROTEIN = new Map(
  Object.entries({
    A: "ALA",
    R: "ARG",
    N: "ASN",
    D: "ASP",
    C: "CYS",
    Q: "GLN",
    E: "GLU",
    G: "GLY",
    H: "HIS",
    I: "ILE",
    L: "LEU",
    K: "LYS",
    M: "MET",
    F: "PHE",
    P: "PRO",
    S: "SER",
    T: "THR",
    W: "TRP",
    Y: "TYR",
    V: "VAL",
  }),
);
const RNA = new Map([..."ACGU"].map((letter) => [letter, letter]));
const DNA = new Map([..."ACGT"].map((letter) => [letter, `D${letter}`]));

/** Components by letter, and what stands for any other letter. */
const CODES: Readonly<{ [kind in PolymerKind]: readonly [codes: ReadonlyMap<string, string>, unknown: string] }> = {
  protein: [PROTEIN, "UNK"],
  rna: [RNA, "N"],
  dna: [DNA, "DN"],
};

/** Residues of a job: more than any device could hold the pairs of. */
const MOST_RESIDUES = 2 ** 17;

/** Components of which nothing is known. */
const UNKNOWN = new Set(["UNK", "N", "DN", "UNL"]);
/** The residue whose atoms an unknown amino acid has: the dictionary's own UNK has a side chain. */
const UNKNOWN_PROTEIN = "UNK";
const LEAST_PROTEIN = "GLY";

/** @throws {BadInputError} if there are more residues than anything could hold the pairs of */
export function checkLength(job: Job): void {
  const residues = job.entities.reduce((sum, entity) => sum + entity.ids.length * lengthOf(entity), 0);
  if (residues > MOST_RESIDUES)
    throw new BadInputError(visible(`${job.name}: ${residues} residues are more than would fit into memory`));
}

/** The codes of a chain's residues. @param own components of letters that an engine knows beside the usual ones */
export function codesOf(entity: Polymer, own: ReadonlyMap<string, string> = new Map()): string[] {
  const [codes, unknown] = CODES[entity.kind];
  const residues = Array.from(entity.sequence, (letter) => codes.get(letter) ?? own.get(letter) ?? unknown);
  for (const { code, position } of entity.modifications) residues[position - 1] = code;
  return residues;
}

/** Letters that say themselves that a residue is unknown. */
const SAID: Readonly<Record<PolymerKind, string>> = { protein: "X", rna: "NX", dna: "NX" };

/** Where, from 0, a chain has letters that stand for no component, and what counts in their place. @param own as of {@link codesOf} */
export function strangeLetters(
  entity: Polymer,
  own: ReadonlyMap<string, string> = new Map(),
): { readonly strange: readonly number[]; readonly unknown: string } {
  const { kind, modifications, sequence } = entity;
  const [codes, unknown] = CODES[kind];
  const modified = new Set(modifications.map(({ position }) => position - 1));
  const isKnown = (letter: string): boolean => codes.has(letter) || own.has(letter) || SAID[kind].includes(letter);
  const strange = [...sequence].flatMap((letter, at) => (modified.has(at) || isKnown(letter) ? [] : [at]));
  return { strange, unknown };
}

/**
 * The chains of a job with their atoms. Chains are sorted as the reference sorts them, and those that consist of one unknown component are left out.
 * @throws {BadInputError} naming the component, atom or SMILES that nobody knows, or if no chain is left
 */
export function complexOf(job: Job, dictionary: Components, options: ComplexOptions = {}): Complex {
  checkLength(job);
  const all = job.entities
    .flatMap((entity) => entity.ids.map((id) => ({ id, entity })))
    .sort((a, b) => chainNumber(a.id) - chainNumber(b.id));
  const dropped: string[] = [];
  const kept = all.filter(({ id, entity }) => {
    const codes = entity.kind === "ligand" ? (entity.codes ?? []) : codesOf(entity);
    const unknown = codes.length > 0 && UNKNOWN.has(codes[0]) && codes.every((code) => code === codes[0]);
    if (unknown) dropped.push(id);
    return !unknown;
  });
  if (kept.length === 0) throw new BadInputError(visible(`${job.name}: no chain has a residue that is known`));
  const named = namedAtoms(job.bonds ?? []);
  const chains = kept.map(
    ({ id, entity }, chain): Chain => ({
      id,
      entity,
      residues:
        entity.kind === "ligand"
          ? ligandResidues(entity, id, chain, dictionary, named, options)
          : polymerResidues(entity, id, chain, dictionary),
    }),
  );
  return { chains, bonds: keptBonds(job, chains), dropped };
}

const key = (chain: string, residue: number): string => `${chain} ${residue}`;

/** Names of the atoms that bonds name, by residue. */
function namedAtoms(bonds: readonly Bond[]): Map<string, Set<string>> {
  const named = new Map<string, Set<string>>();
  for (const { chain, residue, atom } of bonds.flat()) {
    const atoms = named.get(key(chain, residue)) ?? new Set();
    named.set(key(chain, residue), atoms.add(atom));
  }
  return named;
}

/** The atoms that networks see, in the dictionary's order. */
export const heavyAtoms = ({ atoms }: Component): ComponentAtom[] => atoms.filter((atom) => !isHydrogen(atom));

function polymerResidues(entity: Polymer, id: string, chain: number, dictionary: Components): Residue[] {
  const codes = codesOf(entity);
  return codes.map((name, index): Residue => {
    const place = `chain ${id}, residue ${index + 1}`;
    const component = dictionary.get(name, place);
    const places = heavyAtoms(name === UNKNOWN_PROTEIN ? dictionary.get(LEAST_PROTEIN, place) : component);
    const leaves = entity.kind === "protein" ? index !== codes.length - 1 && "OXT" : index !== 0 && "OP3";
    return { chain, number: index + 1, name, component, places, atoms: places.filter((atom) => atom.name !== leaves) };
  });
}

function ligandResidues(
  { codes, smiles }: Ligand,
  id: string,
  chain: number,
  dictionary: Components,
  named: ReadonlyMap<string, ReadonlySet<string>>,
  { fixStandaloneGlycans }: ComplexOptions,
): Residue[] {
  if (smiles !== undefined) {
    const component = smilesComponent(smiles, smilesCode(id), `chain ${id}`);
    const places = heavyAtoms(component);
    return [{ chain, number: 1, name: component.code, component, places, atoms: places }];
  }
  return (codes ?? []).map((name, index): Residue => {
    const component = dictionary.get(name, `chain ${id}, residue ${index + 1}`);
    const places = heavyAtoms(component);
    const bonded = named.get(key(id, index + 1));
    const leaves = isGlycan(component) && !bonded?.has("O1") && (bonded !== undefined || !fixStandaloneGlycans);
    return {
      chain,
      number: index + 1,
      name,
      component,
      places,
      atoms: leaves ? places.filter((atom) => atom.name !== "O1") : places,
    };
  });
}

function keptBonds(job: Job, chains: readonly Chain[]): Bond[] {
  const byId = new Map(chains.map((chain) => [chain.id, chain]));
  const bonds = job.bonds ?? [];
  for (const end of bonds.flat()) {
    const found = byId.get(end.chain); // what is left out takes its bonds along
    if (found) checkAtom(end, found, found.residues[end.residue - 1].component.atoms);
  }
  const isLigand = ({ chain }: BondedAtom): boolean => byId.get(chain)?.entity.kind === "ligand";
  return bonds.filter(([a, b]) => {
    const apart = a.chain !== b.chain || a.residue !== b.residue;
    return apart && byId.has(a.chain) && byId.has(b.chain) && (isLigand(a) || isLigand(b));
  });
}

/** @param atoms those that the residue has @throws {BadInputError} if a bond's atom is none of them */
export function checkAtom(
  { chain, residue, atom }: BondedAtom,
  { residues }: Chain,
  atoms: readonly ComponentAtom[],
): void {
  if (atoms.some(({ name }) => name === atom)) return;
  const names = atoms.map(({ name }) => name).join(", ");
  throw new BadInputError(
    visible(
      `a bond names the atom ${JSON.stringify(atom)} of residue ${residue} of chain ${chain}, ${residues[residue - 1].name}, which has no such atom; it has ${names}`,
    ),
  );
}
