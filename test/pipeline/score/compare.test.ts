/** Scores of models: analytic cases, and those that biotite has computed of the same structures (export/tests/test_score.py). */
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { BadInputError } from "../../../src/errors.ts";
import { compareStructures, type StructureComparison } from "../../../src/pipeline/score/compare.ts";
import { cifOf, MADE, type MadeAtom, modelOf, pdbOf, referenceOf } from "../../support/score_structures.ts";

const [protein, nucleic] = MADE;
const score = (model: readonly MadeAtom[], reference: readonly MadeAtom[]): StructureComparison =>
  compareStructures({ text: pdbOf(model), file: "model.pdb" }, { text: cifOf(reference), file: "reference.cif" });

type Scores = Readonly<Record<string, number>>;
const computed: Readonly<Record<string, Scores>> = JSON.parse(
  readFileSync(path.resolve(import.meta.dirname, "../../fixtures/score.json"), "utf8"),
);

const numbersOf = ({ lddt, tm, rmsd }: StructureComparison["whole"]) => ({
  lddt_one: lddt.one,
  lddt_all: lddt.all,
  rmsd_one: rmsd.one,
  rmsd_all: rmsd.all,
  tm,
});

const turnedAtoms = (atoms: readonly MadeAtom[]): MadeAtom[] =>
  atoms.map((atom) => {
    const [x, y, z] = atom.position;
    return { ...atom, position: [100 - y, x, z + 3] };
  });

describe.each(MADE.map((made) => [made.kind, made] as const))("a made %s", (kind, made) => {
  it("has biotite's lDDT and RMSD, and the TM-score of an exhaustive search", () => {
    const { whole, chains, notes } = score(modelOf(made), referenceOf(made));
    const { tm, ...others } = numbersOf(whole);
    for (const [name, value] of Object.entries(others)) expect(value, name).toBeCloseTo(computed[kind][name], 4);
    // The search of the field's program, which is this one, ends a little below the largest.
    expect((tm ?? 0) / computed[kind].tm).toBeGreaterThan(0.995);
    expect((tm ?? 0) / computed[kind].tm).toBeLessThan(1.0001);
    expect(whole.residues).toEqual({ reference: made.length, model: made.length - 1 });
    expect(whole.atoms).toEqual({ reference: made.length * 4, model: made.length * 4 - 5 });
    expect(chains).toEqual([{ chain: made.chain, modelChain: made.chain, kind, ...whole }]);
    expect(notes).toEqual([]);
  });

  it("is its own best model, wherever it is", () => {
    for (const model of [referenceOf(made), turnedAtoms(referenceOf(made))]) {
      const { whole } = score(model, referenceOf(made));
      expect([whole.lddt, whole.tm]).toEqual([{ one: 1, all: 1 }, expect.closeTo(1, 4)]);
      expect(whole.rmsd).toEqual({ one: expect.closeTo(0, 2), all: expect.closeTo(0, 2) });
    }
  });

  it("is unlike its mirror image but for its distances", () => {
    const mirrored = referenceOf(made).map((atom) => {
      const [x, y, z] = atom.position;
      return { ...atom, position: [-x, y, z] };
    });
    const { whole } = score(mirrored, referenceOf(made));
    expect(whole.lddt).toEqual({ one: 1, all: 1 });
    expect(whole.rmsd.one).toBeGreaterThan(1);
    expect(whole.tm).toBeLessThan(0.9);
  });
});

/** Five CA in a line, 4 Å apart. */
const line = (shift = 0): MadeAtom[] =>
  Array.from({ length: 5 }, (_, at) => ({
    chain: "A",
    residue: "ALA",
    number: at + 1,
    name: "CA",
    position: [4 * at, at === 4 ? shift : 0, 0],
  }));

describe("an atom that is moved", () => {
  it.each([
    // Pairs of the last with the first four, which are 16 (too far), 12, 8 and 4 Å away: it moves at a right angle to the line.
    [1, [0.041, 0.062, 0.123]],
    [3, [0.369, 0.544, 1]],
    [5, [1, 1.434, 2.403]],
  ])("by %i Å loses the distances that it changes", (shift, changes) => {
    const { whole } = score(line(shift), line());
    const kept = changes.reduce((sum, change) => sum + [0.5, 1, 2, 4].filter((limit) => change < limit).length / 4, 0);
    // Within 15 Å there are nine pairs, three of the last.
    expect(whole.lddt.all).toBeCloseTo((6 + kept) / 9, 6);
  });

  it("counts in the RMSD of what both have", () => {
    const two = (distance: number): MadeAtom[] =>
      line()
        .slice(0, 2)
        .map((atom, at) => ({ ...atom, position: [at * distance, 0, 0] }));
    // Both ends are off by half of what the distance is.
    expect(score(two(5), two(4)).whole.rmsd.one).toBeCloseTo(0.5, 6);
    expect(score(line().slice(0, 4), line()).whole).toMatchObject({
      rmsd: { one: expect.closeTo(0, 5) },
      lddt: { one: expect.closeTo(6 / 9, 6) },
      // Of five residues four are there.
      tm: expect.closeTo(4 / 5, 6),
    });
  });
});

describe("several chains", () => {
  const named = (atoms: readonly MadeAtom[], chain: string): MadeAtom[] => atoms.map((atom) => ({ ...atom, chain }));
  const both = [...referenceOf(protein), ...referenceOf(nucleic)];

  it("are scored together and each on its own: what is between them counts in the whole alone", () => {
    const apart = [...referenceOf(protein), ...turnedAtoms(referenceOf(nucleic))];
    const { whole, chains } = score(apart, both);
    expect(chains.map(({ lddt, tm }) => [lddt.all, tm])).toEqual([
      [1, expect.closeTo(1, 4)],
      [1, expect.closeTo(1, 4)],
    ]);
    expect(whole.lddt.all).toBeLessThan(0.9);
    expect(whole.rmsd.one).toBeGreaterThan(5);
    expect(whole.residues).toEqual({ reference: 76, model: 76 });
  });

  it("are found by their sequence where their names differ, and missing ones count as wrong", () => {
    const { whole, chains, notes } = score([...named(referenceOf(protein), "X"), ...named(line(), "Y")], both);
    expect(chains.map(({ chain, modelChain }) => [chain, modelChain])).toEqual([
      ["A", "X"],
      ["B", null],
    ]);
    expect(notes).toEqual([
      "chain A of the reference is matched with chain X of the model, by sequence",
      "chain B of the reference has none in the model that is like it",
      "chain Y of the model stands for none of the reference",
    ]);
    expect(chains[1]).toMatchObject({ tm: null, lddt: { one: 0, all: 0 }, rmsd: { one: null, all: null } });
    expect(whole.residues).toEqual({ reference: 76, model: 40 });
    expect(whole.tm).toBeLessThan(0.6);
  });
});

describe("residues", () => {
  const renumbered = (atoms: readonly MadeAtom[], by: number): MadeAtom[] =>
    atoms.map((atom) => ({ ...atom, number: atom.number + by }));

  it("with other numbers are matched by sequence, and that is said", () => {
    const part = renumbered(
      referenceOf(protein).filter(({ number }) => number > 7 && number < 31),
      101,
    );
    const { whole, notes } = score(part, referenceOf(protein));
    expect(notes).toEqual(["residues of chain A are numbered otherwise in the model: they are matched by sequence"]);
    expect(whole.residues).toEqual({ reference: 40, model: 23 });
    expect(whole.rmsd.all).toBeCloseTo(0, 2);
  });

  it("that are others keep their place, and are counted", () => {
    const mutated = referenceOf(protein).map((atom) => (atom.number === 4 ? { ...atom, residue: "TRP" } : atom));
    const { whole, notes } = score(mutated, referenceOf(protein));
    expect(notes).toEqual(["1 residue of chain A is another in the model"]);
    expect(whole.lddt.all).toBe(1);
  });

  it.each([
    ["PHE", "CD1 CD2", true],
    ["ASP", "OD1 OD2", true],
    ["ILE", "CG1 CG2", false],
  ])("of %s with %s exchanged have all distances of lDDT: %s", (residue, names, same) => {
    const [first, second] = names.split(" ");
    const reference = referenceOf({ ...protein, residues: [residue], atoms: ["CA", first, second] });
    const exchanged = reference.map((atom) => ({
      ...atom,
      name: atom.name === first ? second : atom.name === second ? first : atom.name,
    }));
    const { whole } = score(exchanged, reference);
    // The RMSD takes names as they are.
    expect([whole.lddt.all === 1, (whole.rmsd.all ?? 0) > 0.5]).toEqual([same, true]);
  });
});

it("structures that have nothing in common are refused", () => {
  const other = referenceOf({ ...protein, residues: ["TRP"] });
  expect(() => score(other, referenceOf(protein))).toThrow(BadInputError);
  expect(() => score(other, referenceOf(protein))).toThrow(
    "model.pdb and reference.cif have no residue in common: no chain of one is like a chain of the other",
  );
});
