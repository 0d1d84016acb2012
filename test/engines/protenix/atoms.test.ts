/** What the host prepares of Protenix' atoms. */
import { describe, expect, it } from "vitest";
import { atomInputs, atomValues } from "../../../src/engines/protenix/atoms.ts";
import { madeAtoms, madeFeatures } from "../../../src/engines/protenix/features/made.ts";
import { float32, type HostTensor, int32 } from "../../../src/formats/tensor.ts";
import { Plan } from "../../../src/gpu/plan/plan.ts";
import { target } from "../../support/target.ts";

const ATOMS = 40;
const whole = (value: (atom: number) => number): HostTensor =>
  int32(
    [ATOMS],
    Int32Array.from({ length: ATOMS }, (_, atom) => value(atom)),
  );

/** 40 atoms of three tokens; the reference of the fourth atom is masked. */
const features = new Map([
  ["atom_to_token_idx", whole((atom) => (atom < 4 ? 0 : atom < 39 ? 1 : 2))],
  [
    "ref_pos",
    float32(
      [ATOMS, 3],
      Float32Array.from({ length: 3 * ATOMS }, (_, at) => at),
    ),
  ],
  ["ref_charge", whole((atom) => (atom === 1 ? -2 : 0))],
  ["ref_mask", whole((atom) => Number(atom !== 3))],
  ["ref_element", whole(() => 5)],
  [
    "ref_atom_name_chars",
    int32(
      [ATOMS, 4],
      Int32Array.from({ length: 4 * ATOMS }, (_, at) => at % 4),
    ),
  ],
  ["ref_space_uid", whole((atom) => Math.floor(atom / 10))],
]);
const inputs = atomInputs(new Plan(target), 3, ATOMS);
const values = new Map(atomValues(inputs, features, 3).map(([{ name }, data]) => [name, data]));
const rows = (name: string, width: number, index: number): number[] =>
  Array.from((values.get(name) as Float32Array).subarray(index * width, (index + 1) * width));

describe("features of an atom", () => {
  const at = (atom: number): number[] => rows("atom features", 392, atom).flatMap((value, c) => (value ? [c] : []));

  it("are its position, the inverse hyperbolic sine of its charge, and ones where its element and letters stand (P17)", () => {
    expect(rows("atom features", 392, 1).slice(0, 5)).toEqual([3, 4, 5, Math.fround(Math.asinh(-2)), 1]);
    // Carbon is the sixth element and stands at 5.
    expect(at(1).slice(5)).toEqual([5 + 5, 5 + 128, 5 + 128 + 64 + 1, 5 + 128 + 128 + 2, 5 + 128 + 192 + 3]);
  });

  it("are none where its reference is masked, and behind the last atom", () => {
    expect(at(3)).toEqual([]);
    expect(at(40)).toEqual([]);
    expect((values.get("atom features") as Float32Array).length).toBe(64 * 392);
  });
});

describe("windows", () => {
  it("see every atom, masked or not, and nothing beyond them", () => {
    expect([47, 48, 48 + 3, 48 + 39, 48 + 40].map((key) => rows("keys", 2, key))).toEqual([
      [-1, 0],
      [0, 1],
      [3, 1],
      [39, 1],
      [-1, 0],
    ]);
    // The second window begins 48 atoms before its first query.
    expect(rows("keys", 2, 128 + 16)).toEqual([0, 1]);
  });

  it("belong to no token behind the last atom", () => {
    expect([39, 40, 63].map((atom) => rows("tokens of atoms", 1, atom)[0])).toEqual([2, -1, -1]);
    expect(rows("first atoms", 4, 0)).toEqual([0, 4, 39, 40]);
    expect(rows("token atoms", 2, 4)).toEqual([4, Math.fround(1 / 35)]);
  });
});

describe("made-up inputs", () => {
  it.each([1, 7, 20, 33])("of %d tokens have the same atoms whatever the seed", (tokens) => {
    for (const seed of [0, 3])
      expect(madeFeatures({ tokens, seed }).get("atom_to_token_idx")?.shape).toEqual([madeAtoms(tokens)]);
  });
});
