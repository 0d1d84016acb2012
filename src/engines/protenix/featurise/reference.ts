/** Reference structures of residues and ligands, and frames (Protenix' `data/core/featurizer.py`, get_reference_features, get_token_frame). */
import { type HostTensor, int32 } from "../../../formats/tensor.ts";
import type { Residue } from "../../../pipeline/complex.ts";
import { atomicNumber } from "../../../pipeline/dictionary/elements.ts";
import type { Token } from "../../../pipeline/tokens.ts";
import { conformerAtoms, ownCoordinates, residuesOf } from "../../components/conformers.ts";
import type { ConformerSource } from "../../core/featurise.ts";
import { moleculeIn } from "./molecules.ts";
import type { TokenAtom } from "./tokens.ts";

/** The first of the ten classes that no element has. */
const NO_ELEMENT = 118;
const NAME_CHARACTERS = 4;
/** Angles that are too near to a line, in degrees, and what keeps their cosine finite. */
const [FLAT, NEARLY_FLAT] = [25, 155];
const EPSILON = 1e-4;
const NEAR_ZERO = 1e-8;

/** Coordinates of all atoms [atoms, 3], about the middle of the atoms that each residue has. */
function positionsOf(tokens: readonly Token[], atoms: readonly TokenAtom[], source: ConformerSource): Float32Array {
  const positions = new Float32Array(atoms.length * 3);
  const given = new Map(
    residuesOf(tokens).map((residue, index) => {
      const { component } = residue;
      const points = source(component, "reference", index);
      const names = points ? conformerAtoms(component) : component.atoms.map(({ name }) => name);
      return [
        residue,
        { points: points ?? ownCoordinates(component), places: new Map(names.map((name, at) => [name, at])) },
      ];
    }),
  );
  const members = new Map<Residue, number[]>();
  atoms.forEach(({ token: { residue }, atom }, at) => {
    const found = given.get(residue);
    const place = found?.places.get(atom.name) ?? 0;
    for (let axis = 0; axis < 3; axis++) positions[at * 3 + axis] = found?.points[place * 3 + axis] ?? 0;
    members.set(residue, [...(members.get(residue) ?? []), at]);
  });
  for (const own of members.values())
    for (let axis = 0; axis < 3; axis++) {
      const middle = own.reduce((sum, at) => sum + positions[at * 3 + axis], 0) / own.length;
      for (const at of own) positions[at * 3 + axis] -= middle;
    }
  return positions;
}

/** The features of reference structures, and of frames that are made of them. */
export function referenceFeatures(
  tokens: readonly Token[],
  atoms: readonly TokenAtom[],
  source: ConformerSource,
): [string, HostTensor][] {
  const positions = positionsOf(tokens, atoms, source);
  const names = new Int32Array(atoms.length * NAME_CHARACTERS);
  atoms.forEach(({ atom: { name } }, at) => {
    for (let i = 0; i < Math.min(name.length, NAME_CHARACTERS); i++)
      names[at * NAME_CHARACTERS + i] = name.charCodeAt(i) - 32;
  });
  const uids = new Map(residuesOf(tokens).map((residue, index) => [residue, index]));
  const make = (name: string, value: (atom: TokenAtom) => number): [string, HostTensor] => [
    name,
    int32([atoms.length], Int32Array.from(atoms, value)),
  ];
  return [
    ["ref_pos", { dtype: "float32", shape: [atoms.length, 3], data: positions }],
    make("ref_mask", () => 1),
    make("ref_element", ({ atom }) => (atomicNumber(atom.element) || NO_ELEMENT + 1) - 1),
    make("ref_charge", ({ atom }) => atom.charge),
    ["ref_atom_name_chars", int32([atoms.length, NAME_CHARACTERS], names)],
    make("ref_space_uid", ({ token }) => uids.get(token.residue) ?? 0),
    ...frames(tokens, atoms, positions),
  ];
}

/** Atoms of frames: the backbone's of whole residues; of others the token's own between its nearest and its second nearest. */
function frames(
  tokens: readonly Token[],
  atoms: readonly TokenAtom[],
  positions: Float32Array,
): [string, HostTensor][] {
  const first = new Map<Token, number>();
  const members = new Map<Residue, number[]>();
  atoms.forEach(({ token }, at) => {
    if (!first.has(token)) first.set(token, at);
    members.set(token.residue, [...(members.get(token.residue) ?? []), at]);
  });
  const has = new Int32Array(tokens.length);
  const indices = new Int32Array(tokens.length * 3).fill(-1);
  tokens.forEach((token, index) => {
    const start = first.get(token) ?? 0;
    if (token.atoms.length > 1) {
      const names = moleculeIn(token.chain, token.residue) === "protein" ? ["N", "CA", "C"] : ["C1'", "C3'", "C4'"];
      const places = names.map((name) => token.atoms.findIndex((atom) => atom?.name === name));
      if (places.includes(-1)) return;
      has[index] = 1;
      indices.set(
        places.map((place) => start + place),
        index * 3,
      );
      return;
    }
    indices[index * 3 + 1] = start;
    const around = members.get(token.residue) ?? [];
    if (around.length < 3) return;
    const nearest = around
      .filter((at) => at !== start)
      .map((at) => [at, lengthOf(between(positions, start, at))] as const)
      .sort(([, a], [, b]) => a - b);
    const [a, c] = [nearest[0][0], nearest[1][0]];
    indices.set([a, start, c], index * 3);
    has[index] = isBent(between(positions, a, start), between(positions, start, c)) ? 1 : 0;
  });
  return [
    ["has_frame", int32([tokens.length], has)],
    ["frame_atom_index", int32([tokens.length, 3], indices)],
  ];
}

type Vector = readonly [number, number, number];

const between = (positions: Float32Array, from: number, to: number): Vector => [
  positions[to * 3] - positions[from * 3],
  positions[to * 3 + 1] - positions[from * 3 + 1],
  positions[to * 3 + 2] - positions[from * 3 + 2],
];
const lengthOf = (vector: Vector): number => Math.hypot(...vector);

function isBent(first: Vector, second: Vector): boolean {
  const [one, other] = [lengthOf(first), lengthOf(second)];
  if (one <= NEAR_ZERO || other <= NEAR_ZERO) return false;
  const dot = first.reduce((sum, value, axis) => sum + value * second[axis], 0);
  const cosine = Math.min(1, Math.max(-1, dot / (one * other + EPSILON)));
  const degrees = (Math.acos(cosine) * 180) / Math.PI;
  return degrees > FLAT && degrees < NEARLY_FLAT;
}
