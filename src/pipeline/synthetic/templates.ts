/** Templates of a made-up complex: types, positions and masks of the atoms in their slots. */
import { RandomStream } from "../../formats/random.ts";
import type { HostTensor } from "../../formats/tensor.ts";
import { AMINO_ACIDS, pseudoBetaSlot } from "../residues.ts";
import { TOKEN_SLOTS as SLOTS } from "../tokens.ts";
import type { Assembly } from "./assembly.ts";
import type { Atom } from "./atoms.ts";
import { fold, minus, plus } from "./conformers.ts";

/**
 * Relatives of the proteins in a fold of their own; ligands have none. The last of several slots is empty.
 * @param gap the class of tokens that a template does not cover
 */
export function templateFeatures(
  assembly: Assembly,
  atoms: readonly Atom[],
  slots: number,
  gap: number,
): [string, HostTensor][] {
  const { seed, size, tokens } = assembly;
  const aatype = new Int32Array(slots * size);
  const mask = new Int32Array(slots * size * SLOTS);
  const positions = new Float32Array(slots * size * SLOTS * 3);
  const atomsAt: Atom[][] = tokens.map(() => []);
  for (const atom of atoms) atomsAt[atom.token].push(atom);
  for (let slot = 0; slot < (slots > 1 ? slots - 1 : slots); slot++) {
    const draw = (what: string, bound: number) =>
      new RandomStream(seed, `template/${what}/${slot}`).integers(tokens.length, bound);
    const [aligned, kept, residues] = [draw("aligned", 8), draw("kept", 4), draw("class", AMINO_ACIDS)];
    const places = fold(seed, `template/fold/${slot}`, tokens.length);
    tokens.forEach((token, index) => {
      if (token.ligandAtom !== undefined) return;
      const at = slot * size + index;
      aatype[at] = aligned[index] === 0 ? gap : kept[index] === 0 ? residues[index] : token.aatype;
      if (aligned[index] === 0) return;
      const [own, beta] = [atomsAt[index], pseudoBetaSlot(aatype[at])];
      // A mutated residue has the backbone, and CB if both have one.
      const present = kept[index] === 0 ? own.filter((atom) => atom.slot < Math.max(4, beta + 1)) : own;
      const centre = (own[beta] ?? own[1]).position;
      for (const { slot: atom, position } of present) {
        mask[at * SLOTS + atom] = 1;
        positions.set(plus(places[index], minus(position, centre)), (at * SLOTS + atom) * 3);
      }
    });
  }
  return [
    ["template_aatype", { dtype: "int32", shape: [slots, size], data: aatype }],
    ["template_atom_mask", { dtype: "int32", shape: [slots, size, SLOTS], data: mask }],
    ["template_atom_positions", { dtype: "float32", shape: [slots, size, SLOTS, 3], data: positions }],
  ];
}
