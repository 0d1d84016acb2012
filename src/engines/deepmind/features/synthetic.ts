/** Synthetic features of deepmind: what its featuriser would make of protein chains and ligands. */
import { float32, type HostTensor, int32 } from "../../../formats/tensor.ts";
import { SLOTS, TOKEN_TYPES } from "../../../model/deepmind/sizes.ts";
import { atomLayout, gatherMap } from "../../../pipeline/atom_layout.ts";
import { GAP, pseudoBetaSlot } from "../../../pipeline/residues.ts";
import {
  type Assembly,
  assemble,
  checkSize,
  type SyntheticOptions,
  whole,
} from "../../../pipeline/synthetic/assembly.ts";
import { type Atom, atomsOf, bondsOf } from "../../../pipeline/synthetic/atoms.ts";
import { alignment, profileOf } from "../../../pipeline/synthetic/msa.ts";
import { templateFeatures } from "../../../pipeline/synthetic/templates.ts";
import { msaOrder } from "./msa_order.ts";

type Tensors = Map<string, HostTensor>;

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
    ...templateFeatures(assembly, atoms, templates, GAP),
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
  const numMsa = whole("the number of MSA rows in a pass", options.numMsa ?? Math.min(NUM_MSA, rows), 1, 2 ** 20);
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

/** Bonds in one direction. */
function bondFeatures(assembly: Assembly): [string, HostTensor][] {
  const { size, tokens } = assembly;
  const { across, within } = bondsOf(assembly);
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
