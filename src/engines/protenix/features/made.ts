/** Features that components make up for a number of tokens: plans have the exact number of atoms, so that must follow from it. */
import type { HostTensor } from "../../../formats/tensor.ts";
import { lettersOf, residueAtoms } from "../../../pipeline/residues.ts";
import type { SyntheticOptions } from "../../../pipeline/synthetic/assembly.ts";
import { syntheticFeatures } from "./synthetic.ts";

/** All amino acids in turn: whatever the seed, so many tokens have the same atoms. */
const madeSequence = (tokens: number): string =>
  lettersOf(Array.from({ length: tokens }, (_, token) => token % residueAtoms.length));

/** How many atoms {@link madeFeatures} has for so many tokens: eight per token and a little less. */
export function madeAtoms(tokens: number): number {
  const all = (residues: typeof residueAtoms): number => residues.reduce((sum, { length }) => sum + length, 0);
  const turns = Math.floor(tokens / residueAtoms.length);
  return turns * all(residueAtoms) + all(residueAtoms.slice(0, tokens % residueAtoms.length));
}

/**
 * Features of one chain.
 * @param changes of the complex: with chains or ligands of their own, it has other residues and another number of atoms
 */
export function madeFeatures(
  { tokens, ...options }: SyntheticOptions,
  changes: Partial<SyntheticOptions> = {},
): Map<string, HostTensor> {
  const own = changes.tokens !== undefined || changes.chains !== undefined || changes.ligandTokens !== undefined;
  return syntheticFeatures({ tokens, ...options, ...(own ? {} : { sequence: madeSequence(tokens) }), ...changes });
}
