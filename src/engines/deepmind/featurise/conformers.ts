/** Reference structures of residues and ligands, and which tokens have a frame (AlphaFold 3's `features.py`: RefStructure, Frames). */
import { type HostTensor, int32 } from "../../../formats/tensor.ts";
import { SLOTS } from "../../../model/deepmind/sizes.ts";
import type { Residue } from "../../../pipeline/complex.ts";
import type { Component } from "../../../pipeline/dictionary/component.ts";
import { atomicNumber } from "../../../pipeline/dictionary/elements.ts";
import { NumpyRandomState } from "../../../pipeline/numpy_random.ts";
import type { Token } from "../../../pipeline/tokens.ts";
import { conformerAtoms, ownCoordinates, residuesOf } from "../../components/conformers.ts";
import type { ConformerSource, ConformerUse } from "../../core/featurise.ts";
import { perToken } from "./tokens.ts";

/** Components of the shipped table that RDKit makes no molecule of: the reference draws no seed for them. */
const NO_MOLECULE = new Set("BCL CHL CLA DOD F3S FES HEA HEC HEM SF4 UNX".split(" "));
const SEED_RANGE = [1, 2 ** 31] as const;
const FRAMES_SEED = 12312837;
/** 1 − |cos| of less than this is a line: 25 degrees. */
const ON_A_LINE = 0.0937;
const NEAR_ZERO = 1e-8;

/** Positions of a conformer's atoms by name, after it was moved to a random place. */
type Placed = ReadonlyMap<string, readonly [number, number, number]>;

function place(component: Component, given: ArrayLike<number> | undefined, random: NumpyRandomState): Placed {
  const names = given ? conformerAtoms(component) : component.atoms.map(({ name }) => name);
  const points = Float32Array.from(given ?? ownCoordinates(component));
  const count = points.length / 3;
  // In float32, as NumPy's mean over atoms.
  const centre = new Float32Array(3);
  for (let at = 0; at < points.length; at++) centre[at % 3] += points[at];
  for (let axis = 0; axis < 3; axis++) centre[axis] /= count;
  const [first, second] = [0, 1].map(() => [random.normal(), random.normal(), random.normal()]);
  const scaled = (v: readonly number[]): number[] => v.map((x) => x / Math.max(1e-10, Math.hypot(...v)));
  const e0 = scaled(first);
  const along = second.reduce((sum, x, axis) => sum + x * e0[axis], 0);
  const e1 = scaled(second.map((x, axis) => x - e0[axis] * along));
  const e2 = [0, 1, 2].map((axis) => {
    const [next, last] = [(axis + 1) % 3, (axis + 2) % 3];
    return e0[next] * e1[last] - e0[last] * e1[next];
  });
  const shift = [random.normal(), random.normal(), random.normal()];
  const centred = points.map((value, at) => value - centre[at % 3]);
  const moved = (atom: number, row: readonly number[], axis: number): number =>
    row[0] * centred[atom * 3] + row[1] * centred[atom * 3 + 1] + row[2] * centred[atom * 3 + 2] + shift[axis];
  return new Map(
    names.map((name, atom) => [name, [moved(atom, e0, 0), moved(atom, e1, 1), moved(atom, e2, 2)] as const] as const),
  );
}

function placeAll(
  residues: readonly Residue[],
  source: ConformerSource,
  use: ConformerUse,
  seed: number,
): Map<Residue, Placed> {
  const random = new NumpyRandomState(seed);
  return new Map(
    residues.map((residue, index) => {
      const { component } = residue;
      if (!NO_MOLECULE.has(component.code)) random.integer(...SEED_RANGE); // the conformer's, which only RDKit has a use for
      return [residue, place(component, source(component, use, index), random)] as const;
    }),
  );
}

/**
 * The features of reference structures and the mask of frames.
 * @param size tokens with padding
 * @param seed of the model, which places the conformers
 */
export function conformerFeatures(
  tokens: readonly Token[],
  size: number,
  seed: number,
  source: ConformerSource,
): [string, HostTensor][] {
  const residues = residuesOf(tokens);
  return [
    ...referenceFeatures(tokens, size, placeAll(residues, source, "reference", seed)),
    frames(tokens, size, placeAll(residues, source, "frames", FRAMES_SEED)),
  ];
}

function referenceFeatures(
  tokens: readonly Token[],
  size: number,
  placed: ReadonlyMap<Residue, Placed>,
): [string, HostTensor][] {
  const slots = size * SLOTS;
  const [mask, element, uid, chars] = [slots, slots, slots, slots * 4].map((length) => new Int32Array(length));
  const [charge, positions] = [new Float32Array(slots), new Float32Array(slots * 3)];
  const uids = new Map<Residue, number>();
  tokens.forEach(({ residue, atoms }, token) => {
    const own = uids.get(residue) ?? uids.size;
    uids.set(residue, own);
    // Empty slots have their residue's number too.
    uid.fill(own, token * SLOTS, (token + 1) * SLOTS);
    atoms.forEach((atom, slot) => {
      const point = atom && placed.get(residue)?.get(atom.name);
      if (!point) return;
      const at = token * SLOTS + slot;
      mask[at] = 1;
      element[at] = atomicNumber(atom.element) ?? 0;
      charge[at] = atom.charge;
      positions.set(point, at * 3);
      for (let i = 0; i < atom.name.length; i++) chars[at * 4 + i] = atom.name.charCodeAt(i) - 32;
    });
  });
  return [
    ["ref_pos", { dtype: "float32", shape: [size, SLOTS, 3], data: positions }],
    ["ref_mask", int32([size, SLOTS], mask)],
    ["ref_element", int32([size, SLOTS], element)],
    ["ref_charge", { dtype: "float32", shape: [size, SLOTS], data: charge }],
    ["ref_atom_name_chars", int32([size, SLOTS, 4], chars)],
    ["ref_space_uid", int32([size, SLOTS], uid)],
  ];
}

/** Polymers have frames; an atom of a ligand has one of itself and its two nearest, unless they are on a line. */
function frames(tokens: readonly Token[], size: number, placed: ReadonlyMap<Residue, Placed>): [string, HostTensor] {
  const groups = new Map<Residue, (Float32Array | undefined)[]>();
  const places = tokens.map(({ residue, atoms, centre }) => {
    const point = placed.get(residue)?.get(atoms[centre]?.name ?? "");
    const group = groups.get(residue) ?? [];
    groups.set(residue, group);
    return group.push(point && Float32Array.from(point)) - 1;
  });
  return perToken("frames_mask", size, tokens, ({ chain, residue }, token) => {
    if (chain.entity.kind !== "ligand") return 1;
    return hasFrame(groups.get(residue) ?? [], places[token]) ? 1 : 0;
  });
}

/** Atoms that are nowhere come last, and the atom itself. */
const FAR = 1e8;

function hasFrame(group: readonly (Float32Array | undefined)[], own: number): boolean {
  if (group.length < 3) return false;
  const origin = group[own] ?? new Float32Array(3);
  const vectors = group.map((point) => (point ?? new Float32Array(3)).map((value, axis) => value - origin[axis]));
  const cost = vectors.map((vector, at) => lengthOf(vector) + (group[at] ? 0 : FAR) + (at === own ? FAR : 0));
  const [a, c] = vectors
    .map((_, at) => at)
    .sort((x, y) => cost[x] - cost[y])
    .map((at) => vectors[at]);
  if (lengthOf(a) <= NEAR_ZERO || lengthOf(c) <= NEAR_ZERO) return false;
  const cosine = a.reduce((sum, value, axis) => sum + (value / lengthOf(a)) * (c[axis] / lengthOf(c)), 0);
  return 1 - Math.abs(cosine) >= ON_A_LINE;
}

/** In float32, as NumPy has it: distances that are equal by symmetry differ by their rounding. */
function lengthOf(vector: Float32Array): number {
  let sum = 0;
  for (const value of vector) sum = Math.fround(sum + Math.fround(value * value));
  return Math.fround(Math.sqrt(sum));
}
