/** Bonds between tokens (Protenix' `data/core/featurizer.py`, get_bond_features). */
import type { HostTensor } from "../../../formats/tensor.ts";
import type { Complex } from "../../../pipeline/complex.ts";
import type { BondedAtom } from "../../../pipeline/input/job.ts";
import { moleculeIn } from "./molecules.ts";
import { isWhole, type TokenAtom } from "./tokens.ts";

const key = (chain: string, residue: number, atom: string): string => `${chain} ${residue} ${atom}`;

/**
 * Which tokens are bonded, both ways: within ligands and modified residues, and where one end is a ligand; between polymers only what is no
 * bond along a chain, such as a disulfide's or a ring's.
 */
export function bondFeatures({ chains, bonds }: Complex, atoms: readonly TokenAtom[]): [string, HostTensor] {
  const tokens = (atoms.at(-1)?.index ?? -1) + 1;
  const places = new Map(
    atoms.map((each) => [key(each.token.chain.id, each.token.residue.number, each.atom.name), each]),
  );
  const matrix = new Float32Array(tokens * tokens);
  const join = (a: TokenAtom | undefined, b: TokenAtom | undefined): void => {
    if (!a || !b || !isTold(a, b)) return;
    matrix[a.index * tokens + b.index] = 1;
    matrix[b.index * tokens + a.index] = 1;
  };
  for (const chain of chains)
    for (const [at, residue] of chain.residues.entries()) {
      const find = (name: string, other = residue) => places.get(key(chain.id, other.number, name));
      if (!isWhole(chain, residue))
        for (const { first, second } of residue.component.bonds)
          join(find(residue.component.atoms[first].name), find(residue.component.atoms[second].name));
      // Caps are ligands to the dictionary, whose bonds are told.
      const next = chain.residues[at + 1];
      const cap = (residue.name === "ACE" && at === 0) || (next?.name === "NME" && at === chain.residues.length - 2);
      if (next && cap && chain.entity.kind !== "ligand") join(find("C"), find("N", next));
    }
  const end = ({ chain, residue, atom }: BondedAtom) =>
    places.get(key(chain, residue, atom)) ?? (atom === "SE" ? places.get(key(chain, residue, "SD")) : undefined);
  for (const [first, second] of bonds) join(end(first), end(second));
  return ["token_bonds", { dtype: "float32", shape: [tokens, tokens], data: matrix }];
}

function isTold({ token: a }: TokenAtom, { token: b }: TokenAtom): boolean {
  if (a.chain !== b.chain || Math.abs(a.residue.number - b.residue.number) > 1) return true;
  if (moleculeIn(a.chain, a.residue) === "ligand" || moleculeIn(b.chain, b.residue) === "ligand") return true;
  return a.residue === b.residue && !isWhole(a.chain, a.residue);
}
