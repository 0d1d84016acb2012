/** What of a job's chains is taken for something else than it says: letters that are no residue's, and ions that are none. */
import { type Complex, strangeLetters } from "./complex.ts";
import type { Component } from "./dictionary/component.ts";
import type { Entity, Polymer } from "./input/job.ts";

/** Letters with components of their own, by kind of polymer. */
export type OwnLetters = Readonly<Record<Polymer["kind"], ReadonlyMap<string, string>>>;

const WORDS: Readonly<Record<Polymer["kind"], string>> = {
  protein: "proteins",
  rna: "chains of RNA",
  dna: "chains of DNA",
};
/** Letters that a note lists with their places. */
const MOST_LISTED = 5;

function aboutLetters(id: string, entity: Polymer, own: OwnLetters | undefined): string[] {
  const { strange, unknown } = strangeLetters(entity, own?.[entity.kind]);
  if (strange.length === 0) return [];
  const listed = strange.slice(0, MOST_LISTED).map((at) => `${entity.sequence[at]} at position ${at + 1}`);
  const more = strange.length > MOST_LISTED ? [`${strange.length - MOST_LISTED} more`] : [];
  return [
    `chain ${id}: letters that ${WORDS[entity.kind]} do not have count as unknown residues (${unknown}): ${[...listed, ...more].join(", ")}`,
  ];
}

function aboutIon(id: string, { code, atoms }: Component): string[] {
  if (atoms.reduce((sum, { charge }) => sum + charge, 0) !== 0) return [];
  return [`chain ${id}: ${code} is given as an ion, but has no charge: it is taken as any other ligand`];
}

/** What is said of a complex, a line each; copies share theirs. @param own letters that the engine knows beside the usual ones */
export function residueNotes({ chains }: Complex, own?: OwnLetters): string[] {
  const told = new Set<Entity>();
  return chains.flatMap(({ id, entity, residues }) => {
    if (told.has(entity)) return [];
    told.add(entity);
    if (entity.kind !== "ligand") return aboutLetters(id, entity, own);
    return entity.ion ? residues.flatMap(({ component }) => aboutIon(id, component)) : [];
  });
}
