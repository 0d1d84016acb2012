/** Features of tokens and their slots (AlphaFold 3's `features.py`: TokenFeatures, PredictedStructureInfo, PseudoBetaInfo). */
import { type HostTensor, int32 } from "../../../formats/tensor.ts";
import { SLOTS } from "../../../model/deepmind/sizes.ts";
import { gatherMap } from "../../../pipeline/atom_layout.ts";
import type { Chain } from "../../../pipeline/complex.ts";
import type { Components } from "../../../pipeline/dictionary/dictionary.ts";
import { UNKNOWN } from "../../../pipeline/residues.ts";
import type { Token } from "../../../pipeline/tokens.ts";
import { classes } from "./classes.ts";

type Named = [string, HostTensor];

/** A tensor of one number per token, 0 in the padding. */
export function perToken(
  name: string,
  size: number,
  tokens: readonly Token[],
  value: (token: Token, index: number) => number,
): Named {
  const data = new Int32Array(size);
  tokens.forEach((token, index) => {
    data[index] = value(token, index);
  });
  return [name, int32([size], data)];
}

/** Numbers of chains, from 1: of the chain, of what it is a copy of, and of the copy. */
function numbersOf(tokens: readonly Token[]): Map<Chain, readonly [asym: number, entity: number, copy: number]> {
  const names = new Map<Chain, string[]>();
  for (const { chain, residue } of tokens) {
    const found = names.get(chain);
    if (found) found.push(residue.name);
    else names.set(chain, [residue.name]);
  }
  const copies = new Map<string, [entity: number, copies: number]>();
  const numbers = new Map<Chain, readonly [number, number, number]>();
  for (const [chain, list] of names) {
    const key = list.join(",");
    const found = copies.get(key) ?? [copies.size + 1, 0];
    found[1]++;
    copies.set(key, found);
    numbers.set(chain, [numbers.size + 1, ...found]);
  }
  return numbers;
}

/** Per token: numbers, classes and flags. @param size tokens with padding */
export function tokenFeatures(tokens: readonly Token[], size: number, dictionary: Components): Named[] {
  const numbers = numbersOf(tokens);
  const make = (name: string, value: (token: Token, index: number) => number): Named =>
    perToken(name, size, tokens, value);
  const numbered = (name: string, which: 0 | 1 | 2): Named =>
    make(name, ({ chain }) => numbers.get(chain)?.[which] ?? 0);
  const flag = (name: string, kind: string): Named => make(name, ({ chain }) => (chain.entity.kind === kind ? 1 : 0));
  return [
    make("residue_index", ({ residue }) => residue.number),
    make("token_index", (_, index) => index + 1),
    make("aatype", ({ chain, residue }) => {
      const { kind } = chain.entity;
      return kind === "ligand" ? UNKNOWN : classes.of(kind, dictionary.letter(residue.name));
    }),
    make("seq_mask", () => 1),
    numbered("asym_id", 0),
    numbered("entity_id", 1),
    numbered("sym_id", 2),
    ["seq_length", int32([], Int32Array.of(tokens.length))],
    flag("is_protein", "protein"),
    flag("is_rna", "rna"),
    flag("is_dna", "dna"),
    flag("is_ligand", "ligand"),
    // Hybrids of RNA and DNA, and water, which no input has.
    flag("is_nonstandard_polymer_chain", "hybrid"),
    flag("is_water", "water"),
    make("residue_center_index", ({ centre }) => centre),
  ];
}

/** Which slots hold an atom, [size, slots]. */
export function slotMask(tokens: readonly Token[], size: number): Int32Array {
  const mask = new Int32Array(size * SLOTS);
  tokens.forEach(({ atoms }, token) => {
    atoms.forEach((atom, slot) => {
      if (atom) mask[token * SLOTS + slot] = 1;
    });
  });
  return mask;
}

/** Nucleotides whose ring next to the sugar has the atom C4 at its middle: purines. */
const PURINES = new Set(["A", "G", "DA", "DG"]);

/** The slot of CB, of the base's ring, or of a ligand's atom; the first atom where there is none. */
function betaSlot({ chain, residue, atoms }: Token): number {
  const slotOf = (name: string): number => atoms.findIndex((atom) => atom?.name === name);
  const names =
    chain.entity.kind === "ligand"
      ? []
      : chain.entity.kind === "protein"
        ? ["CB", "CA"]
        : [PURINES.has(residue.component.parent ?? residue.name) ? "C4" : "C2"];
  const found = names.map(slotOf).find((slot) => slot >= 0);
  return (
    found ??
    Math.max(
      0,
      atoms.findIndex((atom) => atom !== undefined),
    )
  );
}

/** The map of pseudo-beta atoms. */
export const pseudoBeta = (tokens: readonly Token[], size: number): Named[] =>
  gatherMap(
    "token_atoms_to_pseudo_beta",
    [size],
    tokens.map((token, index) => index * SLOTS + betaSlot(token)),
    [tokens.length, SLOTS],
  );
