/** Reference structures of all components that come with the package: placed anew, and otherwise the dictionary's. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "fflate";
import { expect, it } from "vitest";
import { featurise } from "../../../../src/engines/deepmind/featurise/index.ts";
import type { Component } from "../../../../src/pipeline/dictionary/component.ts";
import { openDictionary } from "../../../../src/pipeline/dictionary/dictionary.ts";
import { readJobs } from "../../../../src/pipeline/input/read.ts";

const { components }: { components: { code: string }[] } = JSON.parse(
  new TextDecoder().decode(
    gunzipSync(readFileSync(path.resolve(import.meta.dirname, "../../../../dictionary/components.json.gz"))),
  ),
);
const codes = components.map(({ code }) => code);
const dictionary = await openDictionary();

type Vector = readonly number[];
const minus = (a: Vector, b: Vector): Vector => a.map((value, axis) => value - b[axis]);
/** Six times the volume of a tetrahedron: its sign is the hand. */
function volume(centre: Vector, [first, second, third]: readonly Vector[]): number {
  const [a, b, c] = [first, second, third].map((point) => minus(point, centre));
  return a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2]) + a[2] * (b[0] * c[1] - b[1] * c[0]);
}

/** Where a component's atoms are in the dictionary, by name; those of a model where ideal ones are missing. */
function expectedPlaces({ atoms, ideal, model }: Component): Map<string, Vector> {
  const source = ideal.some(Number.isNaN) && model ? model : ideal;
  return new Map(atoms.map(({ name }, atom) => [name, [...source.subarray(atom * 3, atom * 3 + 3)]]));
}

it("all 197 have the dictionary's bond lengths and hands of atoms, wherever they are put", async () => {
  const sequences = [{ ligand: { id: "A", ccdCodes: codes } }];
  const input = { dialect: "alphafold3", version: 4, name: "all", modelSeeds: [7], sequences };
  const [job] = await readJobs(JSON.stringify(input), { file: "all.json" });
  const { tensors, complex, tokens } = featurise(job, dictionary, { buckets: [] });
  const positions = tensors.get("ref_pos")?.data ?? [];
  const placed = new Map<string, Map<string, Vector>>();
  tokens.forEach(({ residue, atoms }, token) => {
    const own = placed.get(residue.name) ?? new Map<string, Vector>();
    placed.set(residue.name, own);
    atoms.forEach((atom, slot) => {
      const at = (token * 24 + slot) * 3;
      if (atom)
        own.set(
          atom.name,
          Array.from({ length: 3 }, (_, axis) => positions[at + axis]),
        );
    });
  });
  expect([...placed.keys()].sort()).toEqual([...codes].sort());
  const seen = { bonds: 0, hands: 0, moved: 0 };
  for (const { name, component } of complex.chains[0].residues) {
    const [found, wanted] = [placed.get(name) ?? new Map<string, Vector>(), expectedPlaces(component)];
    const beside = new Map<string, string[]>();
    for (const { first, second } of component.bonds) {
      const [a, b] = [component.atoms[first].name, component.atoms[second].name];
      const [from, to, dictFrom, dictTo] = [found.get(a), found.get(b), wanted.get(a) ?? [], wanted.get(b) ?? []];
      if (!from || !to) continue;
      seen.bonds++;
      expect(Math.hypot(...minus(from, to)), `${name} ${a} ${b}`).toBeCloseTo(
        Math.hypot(...minus(dictFrom, dictTo)),
        4,
      );
      beside.set(a, [...(beside.get(a) ?? []), b]);
      beside.set(b, [...(beside.get(b) ?? []), a]);
    }
    for (const [centre, others] of beside) {
      if (others.length < 3) continue;
      const hand = (places: ReadonlyMap<string, Vector>): number =>
        volume(
          places.get(centre) ?? [],
          others.slice(0, 3).map((other) => places.get(other) ?? []),
        );
      expect(hand(found), `${name} ${centre}`).toBeCloseTo(hand(wanted), 3);
      if (Math.abs(hand(wanted)) > 1) seen.hands++;
    }
    const [[first, place]] = found;
    if (Math.hypot(...minus(place, wanted.get(first) ?? [])) > 0.1) seen.moved++;
  }
  // Neither is empty, or this would hold of nothing.
  expect(seen.bonds).toBeGreaterThan(3000);
  expect(seen.hands).toBeGreaterThan(450);
  expect(seen.moved).toBeGreaterThan(190);
});
