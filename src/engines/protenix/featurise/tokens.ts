/** Tokens and what is known of each, and of its atoms (Protenix' `data/tokenizer.py`, `data/core/parser.py`, AddAtomArrayAnnot). */
import { type HostTensor, int32 } from "../../../formats/tensor.ts";
import type { Chain, Complex, Residue } from "../../../pipeline/complex.ts";
import type { ComponentAtom } from "../../../pipeline/dictionary/component.ts";
import type { Components } from "../../../pipeline/dictionary/dictionary.ts";
import { UNKNOWN } from "../../../pipeline/residues.ts";
import type { Token } from "../../../pipeline/tokens.ts";
import { classes, STANDARD } from "./classes.ts";
import { letterOf, moleculeIn } from "./molecules.ts";

/** Whether a residue is one token. */
export const isWhole = (chain: Chain, residue: Residue): boolean =>
  STANDARD.has(residue.name) && moleculeIn(chain, residue) !== "ligand";

/** The atom that stands for a whole residue. */
const centreName = ({ name }: Residue): string => (name.length === 3 ? "CA" : "C1'");

/** The tokens of a complex, chain by chain: a standard residue each, every atom else. All slots hold an atom. */
export function tokensOf({ chains }: Complex): Token[] {
  const tokens: Token[] = [];
  let column = 0;
  for (const chain of chains)
    for (const residue of chain.residues) {
      const groups = isWhole(chain, residue) ? [residue.atoms] : residue.atoms.map((atom) => [atom]);
      for (const atoms of groups) {
        const centre = atoms.length === 1 ? 0 : atoms.findIndex(({ name }) => name === centreName(residue));
        tokens.push({ chain, residue, atoms, centre: Math.max(0, centre), column });
      }
      column++;
    }
  return tokens;
}

/** An atom with its token. */
export interface TokenAtom {
  readonly token: Token;
  /** The token's place. */
  readonly index: number;
  readonly atom: ComponentAtom;
}

/** All atoms of the tokens, in order. */
export const atomsOf = (tokens: readonly Token[]): TokenAtom[] =>
  tokens.flatMap((token, index) => token.atoms.flatMap((atom) => (atom ? [{ token, index, atom }] : [])));

/** The class of a residue: of modified ones that of their letter; of ligands X. */
function classIn(chain: Chain, residue: Residue, dictionary: Components): number {
  const molecule = moleculeIn(chain, residue);
  return molecule === "ligand" ? UNKNOWN : classes.of(molecule, letterOf(residue.component, dictionary));
}

/** Classes of tokens. */
export const tokenClasses = (tokens: readonly Token[], dictionary: Components): Int32Array => {
  const known = new Map<Residue, number>();
  return Int32Array.from(tokens, ({ chain, residue }) => {
    const found = known.get(residue) ?? classIn(chain, residue, dictionary);
    known.set(residue, found);
    return found;
  });
};

/** Rows of ones where each class is, [tokens, classes]. */
export function oneHot(values: Int32Array): Float32Array {
  const rows = new Float32Array(values.length * classes.count);
  values.forEach((value, token) => {
    rows[token * classes.count + value] = 1;
  });
  return rows;
}

/** Numbers of chains from 0: of the chain, of its entity among the job's as texts are sorted, and of the copy. */
function numbersOf({ chains }: Complex): Map<Chain, readonly [asym: number, entity: number, copy: number]> {
  const entities = [...new Set(chains.map(({ entity }) => entity))];
  const sorted = entities.map((_, at) => String(at + 1)).sort();
  const copies = new Map<Chain["entity"], number>();
  return new Map(
    chains.map((chain, asym) => {
      const copy = copies.get(chain.entity) ?? 0;
      copies.set(chain.entity, copy + 1);
      return [chain, [asym, sorted.indexOf(String(entities.indexOf(chain.entity) + 1)), copy]];
    }),
  );
}

/** Per token: its numbers and class. */
export function tokenFeatures(
  complex: Complex,
  tokens: readonly Token[],
  kinds: Int32Array,
): readonly [string, HostTensor][] {
  const numbers = numbersOf(complex);
  const make = (name: string, value: (token: Token, index: number) => number): [string, HostTensor] => [
    name,
    int32([tokens.length], Int32Array.from(tokens, value)),
  ];
  const numbered = (name: string, which: 0 | 1 | 2) => make(name, ({ chain }) => numbers.get(chain)?.[which] ?? 0);
  return [
    make("token_index", (_, index) => index),
    make("residue_index", ({ residue }) => residue.number),
    numbered("asym_id", 0),
    numbered("entity_id", 1),
    numbered("sym_id", 2),
    ["restype", { dtype: "float32", shape: [tokens.length, classes.count], data: oneHot(kinds) }],
  ];
}

/** Nucleotides whose ring next to the sugar has the atom C4 at its middle; others have C2 there. */
const PURINES = new Set(["DA", "DG", "A", "G"]);

/** The atom by which distances to a token are measured. */
function representative({ name }: Residue): string {
  if (name.length === 3) return name === "GLY" ? "CA" : "CB";
  if (name === "N" || name === "DN") return "C1'";
  return PURINES.has(name) ? "C4" : "C2";
}

/** The place of an atom among its residue's: the dictionary's heavy atoms, which OXT is the last of. */
function placeIn({ token: { chain, residue }, atom }: TokenAtom, dictionary: Components): number {
  if (!isWhole(chain, residue)) return 0;
  const { atoms } = dictionary.find(residue.name) ?? residue.component;
  const names = atoms.flatMap(({ name, element }) => (element === "H" || element === "D" ? [] : [name]));
  return Math.max(0, names.indexOf(atom.name));
}

/** What most atoms of a chain are: of equally many, the first. */
function moleculesOf(atoms: readonly TokenAtom[]): Map<Chain, string> {
  const counts = new Map<Chain, Map<string, number>>();
  for (const { token } of atoms) {
    const own = counts.get(token.chain) ?? new Map<string, number>();
    counts.set(token.chain, own);
    const molecule = moleculeIn(token.chain, token.residue);
    own.set(molecule, (own.get(molecule) ?? 0) + 1);
  }
  return new Map(
    [...counts].map(([chain, own]) => [chain, [...own].reduce((best, each) => (each[1] > best[1] ? each : best))[0]]),
  );
}

/** Per atom: its token, its place in it, and what its chain is. */
export function atomFeatures(atoms: readonly TokenAtom[], dictionary: Components): readonly [string, HostTensor][] {
  const molecules = moleculesOf(atoms);
  const make = (name: string, value: (atom: TokenAtom) => number): [string, HostTensor] => [
    name,
    int32([atoms.length], Int32Array.from(atoms, value)),
  ];
  const flag = (kind: string) => make(`is_${kind}`, ({ token: { chain } }) => (molecules.get(chain) === kind ? 1 : 0));
  const represents = ({ token, atom }: TokenAtom): boolean => {
    if (token.atoms.length === 1) return true;
    const name = representative(token.residue);
    return token.atoms.some((each) => each?.name === name) ? atom.name === name : atom === token.atoms[0];
  };
  return [
    make("atom_to_token_idx", ({ index }) => index),
    make("atom_to_tokatom_idx", (atom) => placeIn(atom, dictionary)),
    make("distogram_rep_atom_mask", (atom) => (represents(atom) ? 1 : 0)),
    ...["protein", "rna", "dna", "ligand"].map(flag),
  ];
}
