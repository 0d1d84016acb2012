/** Tokens of a complex: a standard residue each, every atom else (AlphaFold 3's `features.tokenizer`). */
import type { Chain, Complex, Residue } from "./complex.ts";
import type { ComponentAtom } from "./dictionary/component.ts";

/** Slots of a token. */
export const TOKEN_SLOTS = 24;

export interface Token {
  readonly chain: Chain;
  readonly residue: Residue;
  /** By slot; of a residue in the dictionary's order, with gaps where atoms left. */
  readonly atoms: readonly (ComponentAtom | undefined)[];
  /** The slot of the atom that stands for the token. */
  readonly centre: number;
  /** The token that this would be if no residue of a polymer were split: columns of MSAs and templates. */
  readonly column: number;
}

const STANDARD_PROTEIN = new Set(
  "ALA ARG ASN ASP CYS GLN GLU GLY HIS ILE LEU LYS MET PHE PRO SER THR TRP TYR VAL UNK MSE".split(" "),
);
const STANDARD_NUCLEIC = new Set("A C G U DA DC DG DT N DN".split(" "));

/** Whether a residue is one token. */
export function isWhole({ entity }: Chain, { name }: Residue): boolean {
  if (entity.kind === "ligand") return false;
  return (entity.kind === "protein" ? STANDARD_PROTEIN : STANDARD_NUCLEIC).has(name);
}

/** The tokens of a complex without padding, chain by chain. */
export function tokensOf({ chains }: Complex): Token[] {
  const tokens: Token[] = [];
  let column = 0;
  for (const chain of chains)
    for (const residue of chain.residues) {
      if (isWhole(chain, residue)) {
        const there = new Set(residue.atoms);
        const atoms = residue.places.slice(0, TOKEN_SLOTS).map((atom) => (there.has(atom) ? atom : undefined));
        tokens.push({ chain, residue, atoms, centre: centreOf(chain, atoms), column: column++ });
        continue;
      }
      const split = chain.entity.kind !== "ligand";
      for (const atom of residue.atoms)
        tokens.push({ chain, residue, atoms: [atom], centre: 0, column: split ? column : column++ });
      if (split) column++;
    }
  return tokens;
}

/** For each token its chain's place in the complex, and its column there. */
export function columnsOf({ chains }: Complex, tokens: readonly Token[]): (readonly [chain: number, column: number])[] {
  const first = new Map<Chain, number>();
  const places = new Map(chains.map((chain, place) => [chain, place]));
  return tokens.map(({ chain, column }) => {
    if (!first.has(chain)) first.set(chain, column);
    return [places.get(chain) ?? 0, column - (first.get(chain) ?? 0)] as const;
  });
}

/** The slot of CA or C1', else of the first atom. */
function centreOf({ entity }: Chain, atoms: Token["atoms"]): number {
  const name = entity.kind === "protein" ? "CA" : "C1'";
  const named = atoms.findIndex((atom) => atom?.name === name);
  return named >= 0
    ? named
    : Math.max(
        0,
        atoms.findIndex((atom) => atom !== undefined),
      );
}

/** Sizes that AlphaFold 3 pads to (its `run_alphafold.py`). */
export const BUCKETS: readonly number[] = [
  128, 256, 384, 512, 768, 1024, 1280, 1536, 2048, 2560, 3072, 3584, 4096, 4608, 5120,
];

/** The size that so many tokens are padded to: the smallest that fits, or none where all are too small. */
export function bucketOf(tokens: number, buckets: readonly number[] = BUCKETS): number {
  const large = buckets.filter((bucket) => bucket >= tokens);
  return large.length > 0 ? Math.min(...large) : tokens;
}
