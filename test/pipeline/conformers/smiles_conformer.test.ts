/** Conformers of SMILES: by openchemlib, and by libraries that fail in every way. */
import * as openchemlib from "openchemlib";
import { beforeAll, describe, expect, it } from "vitest";
import { BadInputError } from "../../../src/errors.ts";
import {
  type ChemistryLibrary,
  type ChemistryMolecule,
  ConformerError,
  makeConformer,
} from "../../../src/pipeline/conformers/smiles_conformer.ts";
import { smilesComponent } from "../../../src/pipeline/dictionary/smiles.ts";

beforeAll(() => {
  openchemlib.Resources.registerFromNodejs();
});

const distance = (points: ArrayLike<number>, a: number, b: number): number =>
  Math.hypot(...[0, 1, 2].map((axis) => points[a * 3 + axis] - points[b * 3 + axis]));

describe("a conformer", () => {
  it.each<[string, number]>([
    ["CCO", 9],
    ["[H]C([H])=O", 4],
    ["[H]O[H]", 3],
    ["C[C@@]([H])(F)Cl", 8],
    ["C[C@]([H])(F)Cl", 8],
    ["[2H]OC", 6],
    ["F[P@@](Cl)(Br)I", 5],
    ["C[S@](=O)CC", 13],
    ["F/C=C/F", 6],
    ["F/C=C\\F", 6],
    ["C/1=C/CCCCCCCCCC1", 34],
    ["C[N+](C)(C)C", 17],
    ["[NH4+]", 5],
    ["[Na+].[Cl-]", 2],
    ["Cc1c[nH]c2ccccc12", 19],
  ])(
    "of %s has %i atoms with hydrogens, bonds as long as bonds are, and heavy atoms as they are written",
    (smiles, atoms) => {
      const points = makeConformer(openchemlib, smiles, 3);
      expect(points).toHaveLength(atoms * 3);
      const { bonds } = smilesComponent(smiles, "LIG", "a test");
      for (const { first, second } of bonds) {
        expect(distance(points, first, second)).toBeGreaterThan(1.1);
        expect(distance(points, first, second)).toBeLessThan(2.6);
      }
      expect([...makeConformer(openchemlib, smiles, 3)]).toEqual([...points]);
    },
  );

  it("has double bonds shorter than single ones where the SMILES has them", () => {
    const points = makeConformer(openchemlib, "CC(=O)O", 1);
    expect(distance(points, 1, 2)).toBeLessThan(1.28);
    expect(distance(points, 1, 3)).toBeGreaterThan(1.28);
  });

  it("differs by its seed", () => {
    const [first, second] = [1, 2].map((seed) => makeConformer(openchemlib, "CCCCC(N)CCO", seed));
    expect([...first]).not.toEqual([...second]);
  });

  it("of a SMILES that is none is refused with its place", () => {
    expect(() => makeConformer(openchemlib, "CC(", 1)).toThrow(BadInputError);
  });

  it("of carbon with five bonds is none", () => {
    expect(() => makeConformer(openchemlib, "C(C)(C)(C)(C)C", 1)).toThrow(ConformerError);
  });
});

/** A library that has one molecule, whatever it is asked for. */
function library(
  labels: readonly string[],
  bonds: readonly (readonly [number, number])[],
  points: (seed: number) => readonly (readonly number[])[] | null,
): ChemistryLibrary & { readonly seeds: number[] } {
  const seeds: number[] = [];
  return {
    seeds,
    Molecule: Object.assign(() => {}, { fromSmiles: () => ({}) as ChemistryMolecule }),
    ConformerGenerator: class {
      private readonly seed: number;
      constructor(seed: number) {
        seeds.push(seed);
        this.seed = seed;
      }
      getOneConformerAsMolecule(): ChemistryMolecule | null {
        const found = points(this.seed);
        return (
          found && {
            getAllAtoms: () => labels.length,
            getAllBonds: () => bonds.length,
            getAtomLabel: (atom) => labels[atom],
            getBondAtom: (end, bond) => bonds[bond][end],
            getAtomX: (atom) => found[atom][0],
            getAtomY: (atom) => found[atom][1],
            getAtomZ: (atom) => found[atom][2],
          }
        );
      }
    },
  };
}

const STAR = [0, 1, 2, 3].map((other) => [1, other < 1 ? 0 : other + 1] as const);
const tetrahedron = (hand: number) => [
  [1, 1, hand],
  [0, 0, 0],
  [1, -1, -hand],
  [-1, 1, -hand],
  [-1, -1, hand],
];
const chiral = (right: (seed: number) => boolean) =>
  library(["F", "C", "Cl", "Br", "H"], STAR, (seed) => tetrahedron(right(seed) ? 1 : -1));

describe("a library", () => {
  it("is asked again with other seeds where it has the mirror image", () => {
    const hands = ["F[C@H](Cl)Br", "F[C@@H](Cl)Br"].map((smiles) => {
      const found = chiral((seed) => seed >= 2 ** 31 - 1 || seed < 2);
      const points = makeConformer(found, smiles, 2 ** 31 - 3);
      return [found.seeds.length, points[2]];
    });
    expect(hands.sort()).toEqual([
      [1, -1],
      [3, 1],
    ]);
  });

  it("that has the mirror image alone has none", () => {
    const [left, right] = [chiral(() => false), chiral(() => true)];
    const said = [left, right].flatMap((one) => {
      try {
        makeConformer(one, "F[C@H](Cl)Br", 1);
        return [];
      } catch (error) {
        return [error];
      }
    });
    expect(said).toEqual([new ConformerError("those that are found have not its stereo at atom 2 (C)")]);
    expect([left.seeds.length, right.seeds.length].sort()).toEqual([1, 5]);
  });

  it.each<[string, ChemistryLibrary, string]>([
    ["gives nothing", library([], [], () => null), "openchemlib finds none"],
    [
      "throws",
      library([], [], () => {
        throw new Error("no parameters");
      }),
      "openchemlib refuses it (no parameters)",
    ],
    ["has other atoms", library(["O", "C"], [[0, 1]], () => tetrahedron(1)), "reads other atoms or bonds in it"],
    ["has too few atoms", library(["C"], [], () => tetrahedron(1)), "reads other atoms or bonds in it"],
    ["has other bonds", library(["C", "O"], [], () => tetrahedron(1)), "reads other atoms or bonds in it"],
    [
      "has an atom nowhere",
      library(["C", "O"], [[0, 1]], () => [
        [0, 0, 0],
        [Number.NaN, 0, 0],
      ]),
      "leaves atoms without a place",
    ],
    [
      "has a bond of no length",
      library(["C", "O"], [[0, 1]], () => [
        [0, 0, 0],
        [0, 0, 0],
      ]),
      "makes a bond of 0.0 Å",
    ],
    [
      "has a bond without end",
      library(["C", "O"], [[0, 1]], () => [
        [0, 0, 0],
        [9, 0, 0],
      ]),
      "makes a bond of 9.0 Å",
    ],
  ])("that %s has none", (_, one, message) => {
    expect(() => makeConformer(one, "CO", 1)).toThrow(ConformerError);
    expect(() => makeConformer(one, "CO", 1)).toThrow(message);
  });
});
