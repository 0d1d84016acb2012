/** What is made of the alignments of a complex's chains, whichever way their rows are ordered. */
import { float32, type HostTensor } from "../../formats/tensor.ts";
import type { Chain, Complex } from "../complex.ts";
import { columnsOf, type Token } from "../tokens.ts";
import { profileOf } from "./alignment.ts";
import type { ChainAlignments } from "./merge.ts";

/** Reads the alignments of all chains. Copies of an entity share what is read. */
export function alignmentsOfChains(complex: Complex, read: (chain: Chain) => ChainAlignments): ChainAlignments[] {
  const known = new Map<Chain["entity"], ChainAlignments>();
  return complex.chains.map((chain) => {
    const found = known.get(chain.entity) ?? read(chain);
    known.set(chain.entity, found);
    return found;
  });
}

/**
 * The frequencies of classes in each token's column, and its mean deletions, of the unpaired rows before any is left out.
 * @param size tokens with padding @param classes how many there are
 */
export function profileFeatures(
  complex: Complex,
  tokens: readonly Token[],
  chains: readonly ChainAlignments[],
  size: number,
  classes: number,
): [string, HostTensor][] {
  const profile = new Float32Array(size * classes);
  const deletionMean = new Float32Array(size);
  const profiles = new Map(chains.map(({ unpaired }) => [unpaired, profileOf(unpaired, classes)]));
  columnsOf(complex, tokens).forEach(([chain, column], token) => {
    const own = profiles.get(chains[chain].unpaired);
    if (!own) return;
    profile.set(own.profile.subarray(column * classes, (column + 1) * classes), token * classes);
    deletionMean[token] = own.deletionMean[column];
  });
  return [
    ["profile", float32([size, classes], profile)],
    ["deletion_mean", float32([size], deletionMean)],
  ];
}
