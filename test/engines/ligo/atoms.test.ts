/** What the host prepares of ligo's atoms. */

import { describe, expect, it } from "vitest";
import { windowKeys } from "../../../src/engines/components/flat_atoms.ts";
import { atomInputs, atomsOf, atomValues } from "../../../src/engines/ligo/atoms.ts";
import { float32, type HostTensor } from "../../../src/formats/tensor.ts";
import { Plan } from "../../../src/gpu/plan/plan.ts";
import { target } from "../../support/target.ts";

const KEYS = 128;

describe("windows", () => {
  const keys = windowKeys(96);
  const window = (index: number): number[] => keys.slice(index * KEYS, (index + 1) * KEYS);

  it("reach 48 atoms before their first query and 48 behind their last", () => {
    expect(keys.length).toBe(3 * KEYS);
    expect(window(1)).toEqual([
      ...Array.from({ length: 16 }, () => -1),
      ...Array.from({ length: 96 }, (_, atom) => atom),
      ...Array.from({ length: 16 }, () => -1),
    ]);
  });

  it("have no keys beyond the ends of the list", () => {
    expect(
      window(0)
        .slice(0, 48)
        .every((key) => key === -1),
    ).toBe(true);
    expect(window(0)[48]).toBe(0);
    expect(window(2)[0]).toBe(16);
    expect(window(2)[79]).toBe(95);
    expect(
      window(2)
        .slice(80)
        .every((key) => key === -1),
    ).toBe(true);
  });

  it("are full", () => {
    expect([1, 8, 9].map(atomsOf)).toEqual([32, 32, 64]);
  });
});

/** 32 atoms of three tokens; the second owns none. */
function features(): Map<string, HostTensor> {
  const A = 32;
  const real = (name: string, width: number, value: (atom: number, at: number) => number): [string, HostTensor] => [
    name,
    float32(
      width === 1 ? [A] : [A, width],
      Float32Array.from({ length: A * width }, (_, at) => value(Math.floor(at / width), at % width)),
    ),
  ];
  const integer = (name: string, value: (atom: number) => number): [string, HostTensor] => [
    name,
    { dtype: "int32", shape: [A], data: Int32Array.from({ length: A }, (_, atom) => value(atom)) },
  ];
  return new Map([
    real("atom_mask", 1, (atom) => Number(atom !== 3)),
    real("ref_pos", 3, (atom, axis) => 10 * atom + axis),
    real("ref_charge", 1, (atom) => -atom),
    real("ref_mask", 1, () => 1),
    real("ref_element", 4, (_, at) => 20 + at),
    real("ref_atom_name_chars", 4, (_, at) => 30 + at),
    integer("ref_space_uid", (atom) => (atom < 2 ? 0 : 2 ** 31 - 1 - (atom % 2))),
    integer("atom_to_token", (atom) => (atom < 4 ? 0 : 2)),
  ]);
}

describe("values", () => {
  const inputs = atomInputs(new Plan(target), 3, 32);
  const values = new Map(atomValues(inputs, features(), 3).map(([{ name }, data]) => [name, data]));
  const rows = (name: string, width: number, index: number): number[] =>
    Array.from((values.get(name) as Float32Array).subarray(index * width, (index + 1) * width));

  it("have the features side by side in the order of the weights, padded", () => {
    expect(rows("atom features", 16, 5)).toEqual([50, 51, 52, -5, 1, 20, 21, 22, 23, 30, 31, 32, 33, 0, 0, 0]);
  });

  it("tell reference spaces apart that no float could", () => {
    expect([0, 1, 2, 3, 4].map((atom) => rows("atoms", 8, atom)[3])).toEqual([0, 0, 1, 2, 1]);
    expect(rows("atoms", 8, 3)).toEqual([30, 31, 32, 2, 0, 0, 0, 0]);
  });

  it("give keys without an atom a masked row, space 0 and token 0", () => {
    expect(rows("keys", 2, 0)).toEqual([-1, 0]);
    expect(rows("pair keys", 4, 0)).toEqual([-1, 0, 0, 0]);
    expect(rows("keys", 2, 48 + 3)).toEqual([3, 0]);
    expect(rows("keys", 2, 48 + 4)).toEqual([4, 1]);
    expect(rows("pair keys", 4, 48 + 4)).toEqual([4, 1, 2, 0]);
  });

  it("count masked atoms in a token's mean", () => {
    expect(Array.from(values.get("first atoms") as Float32Array)).toEqual([0, 4, 4, 32]);
    expect(rows("token atoms", 2, 3)).toEqual([3, 1 / 4]);
    expect(rows("token atoms", 2, 4)).toEqual([4, Math.fround(1 / 28)]);
  });
});
