/** Synthetic features of deepmind: what its featuriser would make of protein chains and ligands. */
import { RandomStream } from "../../../formats/random.ts";
import { type HostTensor, int32 } from "../../../formats/tensor.ts";
import { SLOTS, TOKEN_TYPES } from "../../../model/deepmind/sizes.ts";
import { atomLayout, gatherMap } from "../../../pipeline/atom_layout.ts";
import { elementOf, pseudoBetaSlot, residueAtoms, residueCharge, residueParents } from "../../../pipeline/residues.ts";
import {
  type Assembly,
  assemble,
  checkSize,
  type SyntheticOptions,
  whole,
} from "../../../pipeline/synthetic/assembly.ts";
import { conformer, type Point } from "../../../pipeline/synthetic/conformers.ts";
import { alignment, profileOf } from "../../../pipeline/synthetic/msa.ts";
import { msaOrder } from "./msa_order.ts";
import { templateFeatures } from "./templates.ts";

type Tensors = Map<string, HostTensor>;

const float32 = (shape: readonly number[], data: Float32Array): HostTensor => ({ dtype: "float32", shape, data });

/** An atom in its slot. */
export interface Atom {
  readonly token: number;
  readonly slot: number;
  readonly name: string;
  readonly element: number;
  readonly charge: number;
  readonly position: Point;
}

const DEFAULTS = { msaRows: 128, templates: 4, recycles: 0 } as const;
/** `Evoformer.Config.num_msa`. */
const NUM_MSA = 1024;

/** All of deepmind's features, docs/features.md. @throws {BadInputError} if the options do not fit each other */
export function syntheticFeatures(options: SyntheticOptions): Tensors {
  const assembly = assemble(options);
  const templates = whole("the number of templates", options.templates ?? DEFAULTS.templates, 0, 64);
  checkSize("template_atom_positions", templates, assembly.size, SLOTS, 3);
  const atoms = atomsOf(assembly);
  const mask = new Int32Array(assembly.size * SLOTS);
  for (const { token, slot } of atoms) mask[token * SLOTS + slot] = 1;
  const tensors: Tensors = new Map([
    ...tokenFeatures(assembly),
    ...atomFeatures(assembly, atoms, mask),
    ...sequenceFeatures(assembly, options),
    ...templateFeatures(assembly, atoms, templates),
    ...bondFeatures(assembly),
    ...pseudoBeta(assembly),
  ]);
  for (const [name, tensor] of atomLayout(mask, tensors.get("seq_mask")?.data as Int32Array)) tensors.set(name, tensor);
  return tensors;
}

function tokenFeatures({ size, tokens }: Assembly): [string, HostTensor][] {
  const perToken = (name: string, value: (token: number) => number): [string, HostTensor] => {
    const data = new Int32Array(size); // padding stays 0
    for (let token = 0; token < tokens.length; token++) data[token] = value(token);
    return [name, int32([size], data)];
  };
  return [
    perToken("token_index", (token) => token + 1),
    perToken("residue_index", (token) => tokens[token].residue + 1),
    perToken("asym_id", (token) => tokens[token].chain + 1),
    perToken("entity_id", (token) => tokens[token].entity + 1),
    perToken("sym_id", (token) => tokens[token].copy + 1),
    perToken("seq_mask", () => 1),
    perToken("aatype", (token) => tokens[token].aatype),
  ];
}

const LIGAND_ELEMENTS = ["C", "C", "C", "C", "N", "O", "O", "S"];

/** For each atom of a ligand the earlier one that it is bonded to; the first has itself. */
function ligandParents(seed: number, component: number, count: number): number[] {
  const back = new RandomStream(seed, `bonds/${component}`).integers(count, 16);
  return back.map((draw, atom) => Math.max(0, atom - 1 - Math.max(0, draw - 11))); // mostly a chain, with branches
}

/** Runs of tokens that share a component: a residue each, or the atoms of a ligand. */
function componentsOf({ tokens }: Assembly): { first: number; count: number }[] {
  const runs: { first: number; count: number }[] = [];
  tokens.forEach(({ component }, token) => {
    if (token > 0 && component === tokens[token - 1].component) runs[runs.length - 1].count++;
    else runs.push({ first: token, count: 1 });
  });
  return runs;
}

function atomsOf(assembly: Assembly): Atom[] {
  const { seed, tokens } = assembly;
  return componentsOf(assembly).flatMap(({ first, count }) => {
    const { aatype, component, ligandAtom } = tokens[first];
    const name = `ref_pos/${component}`;
    if (ligandAtom === undefined) {
      const positions = conformer(seed, name, residueParents[aatype]);
      return residueAtoms[aatype].map((atom, slot) => ({
        token: first,
        slot,
        name: atom,
        element: elementOf(atom),
        charge: residueCharge(aatype, atom),
        position: positions[slot],
      }));
    }
    const positions = conformer(seed, name, ligandParents(seed, component, count));
    const elements = new RandomStream(seed, `element/${component}`).integers(count, LIGAND_ELEMENTS.length);
    const charges = new RandomStream(seed, `charge/${component}`).integers(count, 16);
    return positions.map((position, atom) => ({
      token: first + atom,
      slot: 0,
      name: `${LIGAND_ELEMENTS[elements[atom]]}${atom + 1}`,
      element: elementOf(LIGAND_ELEMENTS[elements[atom]]),
      charge: charges[atom] === 0 ? 1 : charges[atom] === 1 ? -1 : 0,
      position,
    }));
  });
}

function atomFeatures({ size, tokens }: Assembly, atoms: readonly Atom[], mask: Int32Array): [string, HostTensor][] {
  const slots = size * SLOTS;
  const [element, uid, chars] = [new Int32Array(slots), new Int32Array(slots), new Int32Array(slots * 4)];
  const [charge, positions] = [new Float32Array(slots), new Float32Array(slots * 3)];
  // Empty slots of a token have its id too; padding tokens have 0, as the first residue does.
  tokens.forEach(({ component }, token) => {
    uid.fill(component, token * SLOTS, (token + 1) * SLOTS);
  });
  for (const atom of atoms) {
    const at = atom.token * SLOTS + atom.slot;
    element[at] = atom.element;
    charge[at] = atom.charge;
    positions.set(atom.position, at * 3);
    for (let i = 0; i < atom.name.length; i++) chars[at * 4 + i] = atom.name.charCodeAt(i) - 32;
  }
  return [
    ["pred_dense_atom_mask", int32([size, SLOTS], mask)],
    ["ref_mask", int32([size, SLOTS], mask.slice())],
    ["ref_element", int32([size, SLOTS], element)],
    ["ref_charge", float32([size, SLOTS], charge)],
    ["ref_space_uid", int32([size, SLOTS], uid)],
    ["ref_pos", float32([size, SLOTS, 3], positions)],
    ["ref_atom_name_chars", int32([size, SLOTS, 4], chars)],
  ];
}

function sequenceFeatures(assembly: Assembly, options: SyntheticOptions): [string, HostTensor][] {
  const { size, tokens, seed } = assembly;
  const rows = whole("the number of MSA rows", options.msaRows ?? DEFAULTS.msaRows, 1, 2 ** 20);
  const numMsa = whole("num_msa", options.numMsa ?? Math.min(NUM_MSA, rows), 1, 2 ** 20);
  const passes = 1 + whole("the number of recycles", options.recycles ?? DEFAULTS.recycles, 0, 1000);
  checkSize("msa", rows, size);
  checkSize("msa_order", passes, numMsa);
  const aligned = alignment(assembly, "msa", rows);
  const { profile, deletionMean } = profileOf(assembly, aligned, TOKEN_TYPES);
  const mask = new Int32Array(rows * size);
  for (let row = 0; row < rows; row++) mask.fill(1, row * size, row * size + tokens.length);
  const used = new Uint8Array(rows).fill(1);
  return [
    ["msa", int32([rows, size], aligned.classes)],
    ["msa_mask", int32([rows, size], mask)],
    ["deletion_matrix", int32([rows, size], aligned.deletions)],
    ["profile", float32([size, TOKEN_TYPES], profile)],
    ["deletion_mean", float32([size], deletionMean)],
    ["msa_order", int32([passes, numMsa], msaOrder(used, passes, numMsa, seed))],
  ];
}

/** Bonds in one direction. Every second ligand hangs on a residue, as sugars do; a ligand's own bonds are a tree. */
function bondFeatures(assembly: Assembly): [string, HostTensor][] {
  const { seed, size, tokens } = assembly;
  const ligands = componentsOf(assembly).filter(({ first }) => tokens[first].ligandAtom !== undefined);
  const residues = tokens.filter(({ ligandAtom }) => ligandAtom === undefined).length;
  const hosts = new RandomStream(seed, "bonds/hosts").integers(ligands.length, residues);
  const across = residues ? ligands.flatMap(({ first }, i) => (i % 2 === 0 ? [hosts[i], first] : [])) : [];
  const within = ligands.flatMap(({ first, count }) =>
    ligandParents(seed, tokens[first].component, count).flatMap((parent, atom) =>
      atom > 0 ? [first + parent, first + atom] : [],
    ),
  );
  // The featuriser makes these maps and the next from tokens without padding.
  return [
    ...gatherMap("tokens_to_polymer_ligand_bonds", [size, 2], across, [tokens.length]),
    ...gatherMap("tokens_to_ligand_ligand_bonds", [10 * size, 2], within, [tokens.length]),
  ];
}

function pseudoBeta({ size, tokens }: Assembly): [string, HostTensor][] {
  const atoms = tokens.map(
    ({ aatype, ligandAtom }, token) => token * SLOTS + (ligandAtom === undefined ? pseudoBetaSlot(aatype) : 0),
  );
  return gatherMap("token_atoms_to_pseudo_beta", [size], atoms, [tokens.length, SLOTS]);
}
