/** Features that components make up for a number of tokens: plans have the exact number of atoms, so that must follow from it. */
import type { HostTensor } from "../../../formats/tensor.ts";
import { residueAtoms, residueClasses } from "../../../pipeline/residues.ts";
import type { SyntheticOptions } from "../../../pipeline/synthetic/assembly.ts";
import { syntheticFeatures } from "./synthetic.ts";

const LETTERS = "ARNDCQEGHILKMFPSTWYV";

/** All amino acids in turn: whatever the seed, so many tokens have the same atoms. */
const madeSequence = (tokens: number): string => LETTERS.repeat(Math.ceil(tokens / LETTERS.length)).slice(0, tokens);

/** How many atoms {@link madeFeatures} has for so many tokens: eight per token and a little less. */
export const madeAtoms = (tokens: number): number =>
  residueClasses(madeSequence(tokens)).reduce((sum, aatype) => sum + residueAtoms[aatype].length, 0);

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
