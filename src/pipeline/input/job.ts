/** What is to be predicted, as every kind of input file describes it. */

export type PolymerKind = "protein" | "rna" | "dna";

/** A residue that is another component than its letter says. */
export interface Modification {
  /** Of the chemical component dictionary. */
  readonly code: string;
  /** From 1. */
  readonly position: number;
}

/** A structure whose residues are laid on those of the chain. */
export interface Template {
  readonly mmcif: string;
  /** Residues of the chain, from 0. */
  readonly queryIndices: readonly number[];
  /** Residues of the template's full sequence, unresolved ones too, from 0; as many. */
  readonly templateIndices: readonly number[];
}

/** A polymer in one or several copies. MSAs and templates that nobody has looked for are null; none are "" and []. */
export interface Polymer {
  readonly kind: PolymerKind;
  /** A chain each. */
  readonly ids: readonly string[];
  /** One-letter codes before modifications. */
  readonly sequence: string;
  readonly modifications: readonly Modification[];
  readonly description?: string;
  /** a3m; proteins and RNA. */
  readonly unpairedMsa: string | null;
  /** a3m whose headers name species; proteins. */
  readonly pairedMsa: string | null;
  /** Proteins. */
  readonly templates: readonly Template[] | null;
}

/** A ligand or an ion in one or several copies: components one behind the other, or a SMILES. */
export interface Ligand {
  readonly kind: "ligand";
  readonly ids: readonly string[];
  readonly codes?: readonly string[];
  readonly smiles?: string;
  /** Whether the input calls it an ion. */
  readonly ion?: boolean;
  readonly description?: string;
}

export type Entity = Polymer | Ligand;

export interface BondedAtom {
  readonly chain: string;
  /** From 1. */
  readonly residue: number;
  readonly atom: string;
}

export type Bond = readonly [BondedAtom, BondedAtom];

/** Whether a bond joins an atom with itself. */
export const isLoop = ([a, b]: Bond): boolean => a.chain === b.chain && a.residue === b.residue && a.atom === b.atom;

/** The same text for bonds of the same two atoms, whichever of them comes first. */
export const bondKey = (bond: Bond): string =>
  bond
    .map(({ chain, residue, atom }) => `${chain} ${residue} ${atom}`)
    .sort()
    .join("\n");

/** One input. */
export interface Job {
  readonly name: string;
  /** One prediction each; 32 bits without a sign. */
  readonly seeds: readonly number[];
  readonly entities: readonly Entity[];
  /** Null where the input does not speak of bonds. */
  readonly bonds: readonly Bond[] | null;
  /** Components in place of the dictionary's and beside them, as CIF. */
  readonly userCcd: string | null;
}

/** The name of a job's files: spaces become underscores, of the rest letters, digits and `_-.` stay. */
export const fileName = (name: string): string => name.replaceAll(" ", "_").replace(/[^A-Za-z0-9_.-]/g, "");

/** Letters of a job's name that a file's name has: behind it come the sample and what is in the file, and disks take 255 of all. */
export const MOST_NAME = 160;

/** Residues of a chain: letters of a polymer, components of a ligand. */
export const lengthOf = (entity: Entity): number =>
  entity.kind === "ligand" ? (entity.codes?.length ?? 1) : entity.sequence.length;

/**
 * The nth name of a chain, from 0: A … Z, AA, BA, CA, …, in which the first letter changes fastest (AlphaFold 3's
 * `mmcif.int_id_to_str_id`).
 */
export function chainId(index: number): string {
  let id = "";
  for (let rest = index; rest >= 0; rest = Math.floor(rest / 26) - 1) id += String.fromCharCode(65 + (rest % 26));
  return id;
}

/** The place of a chain among all names, from 0: the opposite of {@link chainId}, by which the reference sorts chains. */
export const chainNumber = (id: string): number =>
  [...id].reduce((sum, letter, place) => sum + (letter.charCodeAt(0) - 64) * 26 ** place, 0) - 1;

/** The codes of components that a job names itself. */
export const componentCodes = (job: Job): Set<string> =>
  new Set(
    job.entities.flatMap((entity) =>
      entity.kind === "ligand" ? (entity.codes ?? []) : entity.modifications.map(({ code }) => code),
    ),
  );
