/** How near a model is to a reference structure, by the scores of the field. */
import { BadInputError } from "../../errors.ts";
import { givenContent, givenFields, givenText, knownFields } from "../../formats/given.ts";
import { visible } from "../../words.ts";
import { atomsOf, lddt, type ScoredAtom, withBestNames } from "./lddt.ts";
import { type ChainPair, matchStructures } from "./match.ts";
import { readStructure } from "./read_structure.ts";
import { type ChainKind, type Position, REPRESENTATIVES } from "./structure.ts";
import { deviation } from "./superpose.ts";
import { tmScore } from "./tm_score.ts";

/** Scores of a chain, or of all of them. What cannot be computed is null. */
export interface StructureScores {
  /** Residues of the reference, and how many of them the model has. */
  readonly residues: { readonly reference: number; readonly model: number };
  /** Heavy atoms of these residues in the reference, and how many of them the model has. */
  readonly atoms: { readonly reference: number; readonly model: number };
  /** Local distance difference test, 0 to 1, of CA (C1' of nucleotides) and of all heavy atoms. What the model lacks is lost. */
  readonly lddt: { readonly one: number | null; readonly all: number | null };
  /** TM-score, 0 to 1, of CA (C3' of nucleotides), normalised by the residues of the reference. */
  readonly tm: number | null;
  /** Root mean square deviation in ångström of what both have, superposed: of CA (C1'), and of all heavy atoms. */
  readonly rmsd: { readonly one: number | null; readonly all: number | null };
}

export interface ChainScores extends StructureScores {
  /** Of the reference. */
  readonly chain: string;
  /** Of the model; null where it has none that is like it. */
  readonly modelChain: string | null;
  readonly kind: ChainKind;
}

export interface StructureComparison {
  /** Of the chains together, distances and places between them too. */
  readonly whole: StructureScores;
  /** By chain of the reference. */
  readonly chains: readonly ChainScores[];
  /** How chains and residues were matched where it was not by names and numbers, and what is missing or too much. */
  readonly notes: readonly string[];
}

/** A structure as text, and what it is called in messages. */
export interface StructureText {
  /** mmCIF or PDB. */
  readonly text: string;
  readonly file: string;
}

function givenStructure(name: string, value: unknown): void {
  givenFields(name, 'an object such as { text, file: "model.cif" }', value);
  knownFields(name, value, ["text", "file"]);
  givenContent(`${name}'s text`, value.text);
  givenText(`${name}'s file`, "a file's name", value.file);
}

/**
 * Scores a model by a reference structure: lDDT, TM-score and RMSD of the polymers of their first models.
 * Chains are matched by name, else by sequence; residues by number where these fit, else by sequence; the notes say so. Ligands, ions, water and
 * hydrogens count nowhere. Equal chains are not exchanged for a better score.
 * @param model,reference mmCIF or PDB as text
 * @throws {BadInputError} in one sentence, if one of them is no structure, an atom has no position, or no residue is in both
 */
export function compareStructures(model: StructureText, reference: StructureText): StructureComparison {
  givenStructure("the model", model);
  givenStructure("the reference", reference);
  const { pairs, notes } = matchStructures(
    readStructure(model.text, model.file),
    readStructure(reference.text, reference.file),
  );
  if (!pairs.some(({ residues }) => residues.some((residue) => residue.model)))
    throw new BadInputError(
      visible(
        `${model.file} and ${reference.file} have no residue in common: no chain of one is like a chain of the other`,
      ),
    );
  const whole = scoresOf(pairs);
  const chains = pairs.map(
    (pair): ChainScores => ({
      chain: pair.reference.id,
      modelChain: pair.model?.id ?? null,
      kind: pair.reference.kind,
      ...(pairs.length === 1 ? whole : scoresOf([pair])),
    }),
  );
  return { whole, chains, notes };
}

function scoresOf(chains: readonly ChainPair[]): StructureScores {
  const named = withBestNames(chains);
  const [one, all] = [atomsOf(named, ({ reference: { kind } }) => REPRESENTATIVES[kind].one), atomsOf(named)];
  const residues = chains.flatMap((chain) => chain.residues);
  const found = residues.filter((residue) => residue.model).length;
  const kind = chains.some((chain) => chain.reference.kind === "protein") ? "protein" : "nucleic";
  const ends = atomsOf(named, ({ reference }) => REPRESENTATIVES[reference.kind].tm);
  const { model, reference } = both(ends);
  return {
    residues: { reference: residues.length, model: found },
    atoms: { reference: all.length, model: all.filter((atom) => atom.model).length },
    lddt: { one: lddt(one), all: lddt(all) },
    tm: model.length === 0 ? null : tmScore(model, reference, ends.length, kind),
    rmsd: { one: rmsd(one), all: rmsd(atomsOf(chains)) }, // by names as they are, as other programs have it
  };
}

function both(atoms: readonly ScoredAtom[]): { model: Position[]; reference: Position[] } {
  const pairs = atoms.flatMap(({ model, reference }) => (model ? [{ model, reference }] : []));
  return { model: pairs.map((pair) => pair.model), reference: pairs.map((pair) => pair.reference) };
}

function rmsd(atoms: readonly ScoredAtom[]): number | null {
  const { model, reference } = both(atoms);
  return deviation(model, reference);
}
