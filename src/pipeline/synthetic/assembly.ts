/** What the synthetic features describe: protein chains, ligands of one token per atom, and padding behind them. */
import { BadInputError } from "../../errors.ts";
import { givenContent, givenFields, givenNumber, givenWhole, knownFields } from "../../formats/given.ts";
import { RandomStream } from "../../formats/random.ts";
import { shapeText, sizeOf } from "../../formats/tensor.ts";
import { AMINO_ACIDS, residueClasses, UNKNOWN } from "../residues.ts";

/** What may be asked of the generator; docs/features.md says what each does. */
export interface SyntheticOptions {
  /** All tokens: residues, ligand atoms and padding. */
  readonly tokens: number;
  /** Protein chains. */
  readonly chains?: number;
  /** Tokens that are ligand atoms: a number, or below one a fraction of the tokens. */
  readonly ligandTokens?: number;
  /** Tokens at the end that are masked. */
  readonly padding?: number;
  /** Rows of the MSA, the query among them. */
  readonly msaRows?: number;
  /** Rows that one pass through the trunk uses, of engines that choose some for each. */
  readonly numMsa?: number;
  /** Template slots, of engines that have some; of two and more the last one is empty. */
  readonly templates?: number;
  /** Passes through the trunk after the first. */
  readonly recycles?: number;
  /** Residues of the only chain in one-letter codes, in place of random ones; everything else stays made up. */
  readonly sequence?: string;
  readonly seed?: number;
}

/** One token. Numbers count from 0. */
export interface Token {
  readonly aatype: number;
  /** Within its chain; all atoms of a ligand have 0. */
  readonly residue: number;
  readonly chain: number;
  readonly entity: number;
  /** Which copy of its entity. */
  readonly copy: number;
  /** The residue or ligand among all of them: what shares a reference conformer. */
  readonly component: number;
  /** The token's place in its ligand; undefined for residues. */
  readonly ligandAtom: number | undefined;
}

/** Tokens without padding, in chains one behind the other, proteins before ligands. */
export interface Assembly {
  readonly seed: number;
  /** With padding. */
  readonly size: number;
  readonly tokens: readonly Token[];
  readonly proteinChains: number;
}

/** Atoms of a ligand at most; production inputs hold larger ones, which changes nothing but bonds. */
const LIGAND_ATOMS = 20;

const MOST_TOKENS = 2 ** 17;
/** Numbers in one tensor: two gigabytes. */
const MOST_VALUES = 2 ** 29;

/** @throws {BadInputError} if a tensor would be absurdly large, before it is made */
export function checkSize(what: string, ...shape: readonly number[]): void {
  if (sizeOf(shape) > MOST_VALUES)
    throw new BadInputError(`${what} ${shapeText(shape)} would not fit into memory: ask for less`);
}

/** @throws {BadInputError} unless it is a whole number in the range */
export function whole(name: string, value: number, least: number, most: number): number {
  givenWhole(name, value, least, most);
  return value;
}

const NUMBERS = ["tokens", "chains", "ligandTokens", "padding", "msaRows", "numMsa", "templates", "recycles", "seed"];

/**
 * Checks the types of all options; how large each may be is said where it is used.
 * @throws {BadInputError} naming the option that is of another type than it should be
 */
export function givenSynthetic(name: string, value: unknown): void {
  givenFields(name, "an object such as { tokens: 64, chains: 2 }", value);
  knownFields(name, value, [...NUMBERS, "sequence"]);
  for (const option of NUMBERS) if (value[option] !== undefined) givenNumber(option, value[option]);
  if (value.sequence !== undefined) givenContent("sequence", value.sequence);
}

/** Shares tokens out to chains and ligands. @throws {BadInputError} if they do not fit */
export function assemble(options: SyntheticOptions): Assembly {
  const { tokens, chains = 1, ligandTokens = 0, padding = 0, seed = 0 } = options;
  whole("the number of tokens", tokens, 1, MOST_TOKENS);
  whole("the number of padding tokens", padding, 0, tokens - 1);
  const present = tokens - padding;
  const ligands = whole(
    "the number of ligand tokens",
    ligandTokens > 0 && ligandTokens < 1 ? Math.round(ligandTokens * present) : ligandTokens,
    0,
    present,
  );
  const residues = present - ligands;
  if (residues) whole("the number of chains", chains, 1, residues);
  const proteinChains = residues ? chains : 0;
  const given = givenResidues(options, residues, proteinChains);
  const made: Token[] = [];
  let entity = -1;
  let component = 0;
  for (let chain = 0; chain < proteinChains; chain++) {
    const length = chainLength(residues, proteinChains, chain);
    // Chains come in identical pairs where their lengths allow it.
    const copy = chain % 2 === 1 && length === chainLength(residues, proteinChains, chain - 1) ? 1 : 0;
    if (!copy) entity++;
    const sequence = given ?? new RandomStream(seed, `aatype/${entity}`).integers(length, AMINO_ACIDS);
    for (let residue = 0; residue < length; residue++)
      made.push({
        aatype: sequence[residue],
        residue,
        chain,
        entity,
        copy,
        component: component++,
        ligandAtom: undefined,
      });
  }
  for (let first = 0; first < ligands; first += LIGAND_ATOMS, component++) {
    entity++;
    const chain = proteinChains + first / LIGAND_ATOMS;
    for (let atom = 0; atom < Math.min(LIGAND_ATOMS, ligands - first); atom++)
      made.push({ aatype: UNKNOWN, residue: 0, chain, entity, copy: 0, component, ligandAtom: atom });
  }
  return { seed, size: tokens, tokens: made, proteinChains };
}

/** Classes of a given sequence. @throws {BadInputError} if it is not that of one chain of so many residues */
function givenResidues(
  { sequence }: SyntheticOptions,
  residues: number,
  chains: number,
): ArrayLike<number> | undefined {
  if (sequence === undefined) return undefined;
  if (chains !== 1) throw new BadInputError(`a sequence is that of one chain, not of ${chains}`);
  if (sequence.length !== residues)
    throw new BadInputError(`the sequence has ${sequence.length} residues, the tokens hold ${residues}`);
  return residueClasses(sequence);
}

/** Chains differ by one residue at most, the longer ones first. */
const chainLength = (residues: number, chains: number, chain: number): number =>
  Math.floor(residues / chains) + (chain < residues % chains ? 1 : 0);
