/** Which chains and residues of a model stand for which of a reference. */
import { counted } from "../../words.ts";
import { align } from "./align.ts";
import type { Structure, StructureChain, StructureResidue } from "./structure.ts";

/** A residue of the reference, and that of the model that stands for it. */
export interface ResiduePair {
  readonly reference: StructureResidue;
  readonly model: StructureResidue | undefined;
}

export interface ChainPair {
  readonly reference: StructureChain;
  /** Undefined where the model has no such chain. */
  readonly model: StructureChain | undefined;
  /** All residues of the reference's chain. */
  readonly residues: readonly ResiduePair[];
}

export interface Matched {
  readonly pairs: readonly ChainPair[];
  /** Chains of the model that stand for none. */
  readonly left: readonly StructureChain[];
  /** What was not as it seemed. */
  readonly notes: readonly string[];
}

/** Of the residues that the shorter chain has, so many must be equal. */
const LEAST_IDENTITY = 0.5;
/** Of the residues with the same numbers, so many must have the same names. */
const LEAST_AGREEMENT = 0.9;

/** Residues whose names differ by what they were made of. */
const SAME: Readonly<Record<string, string>> = {
  MSE: "MET",
  HSD: "HIS",
  HSE: "HIS",
  HSP: "HIS",
  HID: "HIS",
  HIE: "HIS",
};
const nameOf = ({ name }: StructureResidue): string => SAME[name] ?? name;

type Pairs = readonly (readonly [model: number, reference: number])[];

interface Correspondence {
  readonly pairs: Pairs;
  readonly identity: number;
  readonly aligned: boolean;
}

type Numbering = (residue: StructureResidue) => string | undefined;
const NUMBERINGS: readonly Numbering[] = [({ sequenceNumber }) => sequenceNumber, ({ authorNumber }) => authorNumber];

function byNumbers(model: StructureChain, reference: StructureChain): Pairs | undefined {
  const shorter = Math.min(model.residues.length, reference.residues.length);
  for (const own of NUMBERINGS)
    for (const other of NUMBERINGS) {
      const places = new Map(model.residues.map((residue, at) => [own(residue), at]));
      const pairs = reference.residues.flatMap((residue, at): [number, number][] => {
        const number = other(residue);
        const found = number === undefined ? undefined : places.get(number);
        return found === undefined ? [] : [[found, at]];
      });
      const equal = equalOf(model, reference, pairs);
      if (pairs.length >= LEAST_AGREEMENT * shorter && equal >= LEAST_AGREEMENT * pairs.length) return pairs;
    }
  return undefined;
}

const equalOf = (model: StructureChain, reference: StructureChain, pairs: Pairs): number =>
  pairs.filter(([a, b]) => nameOf(model.residues[a]) === nameOf(reference.residues[b])).length;

function correspondence(model: StructureChain, reference: StructureChain): Correspondence {
  const shorter = Math.min(model.residues.length, reference.residues.length);
  const numbered = byNumbers(model, reference);
  const pairs = numbered ?? align(model.residues.map(nameOf), reference.residues.map(nameOf));
  return { pairs, identity: equalOf(model, reference, pairs) / shorter, aligned: numbered === undefined };
}

/** Finds for each chain of the reference one of the model: that of its name, else the one whose sequence is most like it. */
export function matchStructures(model: Structure, reference: Structure): Matched {
  const notes: string[] = [];
  const free = new Set(model.chains);
  const found = new Map<StructureChain, readonly [StructureChain, Correspondence]>();
  const take = (own: StructureChain, chain: StructureChain, matched: Correspondence): void => {
    free.delete(own);
    found.set(chain, [own, matched]);
  };
  for (const chain of reference.chains) {
    const own = model.chains.find(({ id, kind }) => id === chain.id && kind === chain.kind);
    const matched = own && correspondence(own, chain);
    if (own && matched && matched.identity >= LEAST_IDENTITY) take(own, chain, matched);
  }
  for (const chain of reference.chains) {
    if (found.has(chain)) continue;
    const candidates = [...free]
      .filter(({ kind }) => kind === chain.kind)
      .map((own) => [own, correspondence(own, chain)] as const)
      .filter(([, { identity }]) => identity >= LEAST_IDENTITY)
      .sort(([, a], [, b]) => b.identity - a.identity || b.pairs.length - a.pairs.length);
    if (candidates.length === 0) continue;
    const [[own, matched]] = candidates;
    take(own, chain, matched);
    notes.push(`chain ${chain.id} of the reference is matched with chain ${own.id} of the model, by sequence`);
  }
  const pairs = reference.chains.map((chain): ChainPair => {
    const [own, matched] = found.get(chain) ?? [];
    if (!own || !matched) notes.push(`chain ${chain.id} of the reference has none in the model that is like it`);
    if (own && matched?.aligned)
      notes.push(`residues of chain ${chain.id} are numbered otherwise in the model: they are matched by sequence`);
    const models = new Map(matched?.pairs.map(([a, b]) => [b, own?.residues[a]]));
    const residues = chain.residues.map((residue, at) => ({ reference: residue, model: models.get(at) }));
    const other = residues.filter(({ model: one, reference: two }) => one && nameOf(one) !== nameOf(two)).length;
    if (other > 0)
      notes.push(
        `${counted(other, "residue")} of chain ${chain.id} ${other === 1 ? "is another" : "are others"} in the model`,
      );
    return { reference: chain, model: own, residues };
  });
  for (const { id } of free) notes.push(`chain ${id} of the model stands for none of the reference`);
  return { pairs, left: [...free], notes };
}
