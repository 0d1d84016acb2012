/** Synthetic features of Protenix: what its featuriser would make of protein chains and ligands. No padding: its networks have no masks. */
import { BadInputError } from "../../../errors.ts";
import { arcTangent } from "../../../formats/exact_math.ts";
import { float32, type HostTensor, int32 } from "../../../formats/tensor.ts";
import { GAP, RESIDUE_TYPES, SLOTS } from "../../../model/protenix/sizes.ts";
import * as shared from "../../../pipeline/residues.ts";
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

const DEFAULTS = { msaRows: 128, templates: 4, recycles: 0, numMsa: 16384 } as const;

type Named = [string, HostTensor][];

/** All of Protenix' features, docs/features.md. @throws {BadInputError} if the options do not fit each other */
export function syntheticFeatures(options: SyntheticOptions): Map<string, HostTensor> {
  const assembly = assemble(options);
  if (options.padding)
    throw new BadInputError(
      `protenix has no masks, so its features have no padding: the number of padding tokens should be 0, not ${options.padding}`,
    );
  const templates = whole("the number of templates", options.templates ?? DEFAULTS.templates, 0, 64);
  checkSize("template_atom_positions", templates, assembly.size, SLOTS, 3);
  checkSize("token_bonds", assembly.size, assembly.size);
  const atoms = atomsOf(assembly);
  return new Map([
    ...tokenFeatures(assembly),
    ...atomFeatures(assembly, atoms),
    ...bonds(assembly),
    ...msaFeatures(assembly, options),
    ...(templates > 0 ? templateFeatures(assembly, atoms, templates, GAP) : []),
  ]);
}

function tokenFeatures({ size, tokens }: Assembly): Named {
  const perToken = (name: string, value: (token: number) => number): Named[number] => [
    name,
    int32(
      [size],
      Int32Array.from(tokens, (_, token) => value(token)),
    ),
  ];
  const restype = new Float32Array(size * RESIDUE_TYPES);
  tokens.forEach(({ aatype }, token) => {
    restype[token * RESIDUE_TYPES + aatype] = 1;
  });
  return [
    perToken("token_index", (token) => token),
    perToken("residue_index", (token) => tokens[token].residue + 1),
    perToken("asym_id", (token) => tokens[token].chain),
    perToken("entity_id", (token) => tokens[token].entity),
    perToken("sym_id", (token) => tokens[token].copy),
    ["restype", float32([size, RESIDUE_TYPES], restype)],
    // Ligands get frames of three atoms near each other, if there are so many.
    perToken("has_frame", (token) => Number(tokens[token].ligandAtom === undefined)),
  ];
}

function atomFeatures({ tokens }: Assembly, atoms: readonly Atom[]): Named {
  const count = atoms.length;
  const perAtom = (name: string, value: (atom: Atom) => number): Named[number] => [
    name,
    int32([count], Int32Array.from(atoms, value)),
  ];
  const characters = atoms.flatMap(({ name }) =>
    Array.from({ length: 4 }, (_, at) => (at < name.length ? name.charCodeAt(at) - 32 : 0)),
  );
  const isLigand = ({ token }: Atom): boolean => tokens[token].ligandAtom !== undefined;
  const stands = (atom: Atom): boolean =>
    isLigand(atom) || atom.slot === shared.pseudoBetaSlot(tokens[atom.token].aatype);
  return [
    perAtom("atom_to_token_idx", ({ token }) => token),
    ["ref_pos", float32([count, 3], Float32Array.from(atoms.flatMap(({ position }) => position)))],
    perAtom("ref_charge", ({ charge }) => charge),
    perAtom("ref_mask", () => 1),
    perAtom("ref_element", ({ element }) => element - 1),
    ["ref_atom_name_chars", int32([count, 4], Int32Array.from(characters))],
    perAtom("ref_space_uid", ({ token }) => tokens[token].component),
    perAtom("atom_to_tokatom_idx", ({ slot }) => slot),
    perAtom("distogram_rep_atom_mask", (atom) => Number(stands(atom))),
    perAtom("is_ligand", (atom) => Number(isLigand(atom))),
  ];
}

/** Bonds stand in both directions. */
function bonds(assembly: Assembly): Named {
  const { size } = assembly;
  const { across, within } = bondsOf(assembly);
  const bonded = new Float32Array(size * size);
  for (const pairs of [across, within])
    for (let at = 0; at < pairs.length; at += 2) {
      const [i, j] = [pairs[at], pairs[at + 1]];
      bonded[i * size + j] = 1;
      bonded[j * size + i] = 1;
    }
  return [["token_bonds", float32([size, size], bonded)]];
}

/** How long a deletion is, from 0 to 1. */
const deletionValue = (deletions: number): number => (2 / Math.PI) * arcTangent(deletions / 3);

function msaFeatures(assembly: Assembly, options: SyntheticOptions): Named {
  const { size, tokens, seed } = assembly;
  const rows = whole("the number of MSA rows", options.msaRows ?? DEFAULTS.msaRows, 1, 2 ** 20);
  const numMsa = whole("the number of MSA rows in a pass", options.numMsa ?? DEFAULTS.numMsa, 1, 2 ** 20);
  const passes = 1 + whole("the number of recycles", options.recycles ?? DEFAULTS.recycles, 0, 1000);
  checkSize("msa", rows, size);
  checkSize("msa_order", passes, Math.min(rows, numMsa));
  const { classes, deletions } = alignment(assembly, "msa", rows);
  classes.forEach((residue, at) => {
    const { ligandAtom, aatype } = tokens[at % size];
    // The columns of ligands hold their own class in all rows.
    if (ligandAtom !== undefined) classes[at] = aatype;
    else if (residue === shared.GAP) classes[at] = GAP;
  });
  const { profile, deletionMean } = profileOf(assembly, { classes, deletions }, RESIDUE_TYPES);
  const values = (of: (deletions: number) => number): HostTensor =>
    float32([rows, size], Float32Array.from(deletions, of));
  return [
    ["msa", int32([rows, size], classes)],
    ["has_deletion", values((count) => Math.min(count, 1))],
    ["deletion_value", values(deletionValue)],
    ["profile", float32([size, RESIDUE_TYPES], profile)],
    ["deletion_mean", float32([size], deletionMean)],
    ["msa_order", int32([passes, Math.min(rows, numMsa)], msaOrder(rows, { passes, numMsa, seed }))],
  ];
}
