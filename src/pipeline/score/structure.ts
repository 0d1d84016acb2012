/** Structures as they are compared: polymer chains with the positions of their heavy atoms. */
import type { BadInputError } from "../../errors.ts";
import { groupedBy } from "../../groups.ts";

export type Position = readonly [x: number, y: number, z: number];

export type ChainKind = "protein" | "nucleic";

export interface StructureResidue {
  /** The component's code, such as ALA. */
  readonly name: string;
  /** As the file's author counts, with the insertion code behind: 52, 52A. */
  readonly authorNumber: string;
  /** Within the sequence, from 1; only mmCIF has it. */
  readonly sequenceNumber: string | undefined;
  /** In ångström, by the atom's name; hydrogens are left out. */
  readonly atoms: ReadonlyMap<string, Position>;
}

export interface StructureChain {
  /** The author's, as far as the file has one. */
  readonly id: string;
  readonly kind: ChainKind;
  readonly residues: readonly StructureResidue[];
}

/** The polymers of a file's first model. */
export interface Structure {
  readonly file: string;
  readonly chains: readonly StructureChain[];
}

/** An atom as files list it. */
export interface Site {
  readonly chain: string;
  readonly authorNumber: string;
  readonly sequenceNumber: string | undefined;
  readonly residue: string;
  readonly atom: string;
  /** The symbol in capitals. */
  readonly element: string;
  /** The label of an alternative place, or nothing. */
  readonly alternative: string;
  readonly occupancy: number;
  readonly position: Position;
}

const WATER: ReadonlySet<string> = new Set(["HOH", "WAT", "DOD"]);

const mean = (sites: readonly Site[]): number =>
  sites.reduce((sum, { occupancy }) => sum + occupancy, 0) / sites.length;

/** What is occupied most; the first of equals. */
function mostOccupied(sites: readonly Site[], key: (site: Site) => string): Site[] {
  const groups = groupedBy(sites, key);
  let best: Site[] = [];
  for (const group of groups.values()) if (best.length === 0 || mean(group) > mean(best)) best = group;
  return best;
}

/** One residue of one component, at the places that are occupied most. */
function residueOf(sites: readonly Site[]): StructureResidue {
  const component = mostOccupied(sites, ({ residue }) => residue);
  const fixed = component.filter(({ alternative }) => alternative === "");
  const chosen = mostOccupied(
    component.filter(({ alternative }) => alternative !== ""),
    ({ alternative }) => alternative,
  );
  const atoms = new Map<string, Position>();
  // What an alternative lacks, another has: a residue may be split in some atoms alone.
  for (const { atom, position } of [...fixed, ...chosen, ...component]) if (!atoms.has(atom)) atoms.set(atom, position);
  const [{ residue: name, authorNumber, sequenceNumber }] = component;
  return { name, authorNumber, sequenceNumber, atoms };
}

/** Atoms that stand for a residue: for distances and deviations, and for TM-scores. */
export const REPRESENTATIVES: Readonly<Record<ChainKind, { readonly one: string; readonly tm: string }>> = {
  protein: { one: "CA", tm: "CA" },
  nucleic: { one: "C1'", tm: "C3'" },
};

function kindOf(residues: readonly StructureResidue[]): ChainKind | undefined {
  const count = (atom: string): number => residues.filter(({ atoms }) => atoms.has(atom)).length;
  const [protein, nucleic] = [count("CA"), Math.max(count("C1'"), count("C3'"), count("P"))];
  if (protein === 0 && nucleic === 0) return undefined;
  return protein >= nucleic ? "protein" : "nucleic";
}

/**
 * Chains of a polymer's atoms, in the file's order.
 * @throws what `bad` makes, if no chain is a polymer
 */
export function chainsOf(sites: readonly Site[], bad: (what: string) => BadInputError): StructureChain[] {
  const heavy = sites.filter(({ element, residue }) => element !== "H" && element !== "D" && !WATER.has(residue));
  const chains = [...groupedBy(heavy, ({ chain }) => chain)].flatMap(([id, own]): StructureChain[] => {
    const residues = [
      ...groupedBy(own, ({ authorNumber, sequenceNumber }) => `${sequenceNumber} ${authorNumber}`).values(),
    ].map(residueOf);
    const kind = kindOf(residues);
    return kind ? [{ id, kind, residues }] : [];
  });
  if (chains.length === 0) throw bad("has no chain of amino acids or nucleotides");
  return chains;
}
