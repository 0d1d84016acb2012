/** Stereo of positions against that of a SMILES: known molecules of the dictionary, and their mirror images. */
import { describe, expect, it } from "vitest";
import { type PlacedAtoms, stereoErrors } from "../../../src/pipeline/conformers/stereo.ts";
import { openDictionary } from "../../../src/pipeline/dictionary/dictionary.ts";
import { readSmiles } from "../../../src/pipeline/dictionary/smiles_reader.ts";

const dictionary = await openDictionary();

type Point = readonly [number, number, number];

/** The dictionary's ideal coordinates as those of a SMILES, whose atoms are named in its order. @param hand −1 for the mirror image */
function placedAs(code: string, names: string, hand: 1 | -1): PlacedAtoms {
  const { atoms, bonds, ideal } = dictionary.get(code, "a test");
  const point = (atom: number): Point => [hand * ideal[atom * 3], ideal[atom * 3 + 1], ideal[atom * 3 + 2]];
  const order = names.split(" ").map((name) => atoms.findIndex((atom) => atom.name === name));
  return {
    at: (atom) => point(order[atom]),
    hydrogenOf(atom) {
      const bond = bonds.find(({ first, second }) => first === order[atom] && atoms[second].element === "H");
      return bond && point(bond.second);
    },
  };
}

/** Heads of molecules whose configuration is textbook knowledge. */
const KNOWN: readonly (readonly [
  what: string,
  code: string,
  smiles: string,
  names: string,
  wrong: readonly string[],
])[] = [
  ["L-alanine", "ALA", "N[C@@H](C)C(=O)O", "N CA CB C O OXT", ["atom 2 (C)"]],
  ["L-alanine, from its acid", "ALA", "OC(=O)[C@H](C)N", "OXT C O CA CB N", ["atom 4 (C)"]],
  ["L-alanine, from the centre", "ALA", "[C@H](N)(C)C(=O)O", "CA N CB C O OXT", ["atom 1 (C)"]],
  [
    "L-threonine, which is 2S,3R",
    "THR",
    "N[C@@H]([C@@H](C)O)C(=O)O",
    "N CA CB CG2 OG1 C O OXT",
    ["atom 2 (C)", "atom 3 (C)"],
  ],
  [
    "L-isoleucine, which is 2S,3S",
    "ILE",
    "CC[C@H](C)[C@H](N)C(=O)O",
    "CD1 CG1 CB CG2 CA N C O OXT",
    ["atom 3 (C)", "atom 5 (C)"],
  ],
  ["L-proline, through its ring", "PRO", "OC(=O)[C@@H]1CCCN1", "OXT C O CA CB CG CD N", ["atom 4 (C)"]],
];

describe.each(KNOWN)("%s", (_, code, smiles, names, wrong) => {
  it("has the hand that its SMILES says, and its mirror image has not", () => {
    const graph = readSmiles(smiles, "a test");
    expect(stereoErrors(graph, placedAs(code, names, 1))).toEqual([]);
    expect(stereoErrors(graph, placedAs(code, names, -1))).toEqual(wrong);
  });
});

/** C=C along x, with the others above or below. */
const FLAT: readonly Point[] = [
  [-0.5, 1, 0],
  [0, 0, 0],
  [1.3, 0, 0],
  [1.8, 1, 0],
];
const flat = (cis: boolean): PlacedAtoms => ({
  at: (atom) => (atom === 3 && !cis ? [1.8, -1, 0] : FLAT[atom]),
  hydrogenOf: () => undefined,
});

describe("a double bond", () => {
  it.each([
    ["F/C=C/F", false],
    ["F\\C=C\\F", false],
    ["F/C=C\\F", true],
    ["F\\C=C/F", true],
  ])("%s", (smiles, cis) => {
    const graph = readSmiles(smiles, "a test");
    expect(stereoErrors(graph, flat(cis))).toEqual([]);
    expect(stereoErrors(graph, flat(!cis))).toEqual(["the bond of atoms 2 and 3"]);
  });

  it("that is written from its middle, through a ring or with one side alone", () => {
    const from = (smiles: string, order: readonly number[], cis: boolean) =>
      stereoErrors(readSmiles(smiles, "a test"), {
        at: (atom) => flat(cis).at(order[atom]),
        hydrogenOf: () => undefined,
      });
    // C(/F)=C/F has its first F above, as F\C=C/F has.
    expect(from("C(/F)=C/F", [1, 0, 2, 3], true)).toEqual([]);
    expect(from("C(/F)=C/F", [1, 0, 2, 3], false)).toHaveLength(1);
    expect(from("C/1=C/F.F1", [1, 2, 3, 0], true)).toEqual([]);
    expect(from("C/1=C/F.F1", [1, 2, 3, 0], false)).toHaveLength(1);
    expect(from("C1=C/F.F\\1", [1, 2, 3, 0], true)).toEqual([]);
    expect(from("FC=C/F", [0, 1, 2, 3], true)).toEqual([]);
    expect(from("FC=C/F", [0, 1, 2, 3], false)).toEqual([]);
  });
});

it("an atom that is flat, or has no place for its hydrogen, has no hand", () => {
  const graph = readSmiles("F[C@H](Cl)Br", "a test");
  const points: readonly Point[] = [
    [1, 0, 0],
    [0, 0, 0],
    [-1, 1, 0],
    [-1, -1, 0],
  ];
  const at = (atom: number) => points[atom];
  expect(stereoErrors(graph, { at, hydrogenOf: () => [0, 1, 0] })).toEqual(["atom 2 (C)"]);
  expect(stereoErrors(graph, { at, hydrogenOf: () => undefined })).toEqual(["atom 2 (C)"]);
  // Seen from F, its hydrogen (towards the viewer's right), Cl and Br go round anticlockwise.
  expect(stereoErrors(graph, { at, hydrogenOf: () => [0, 0, 1] }).length).not.toBe(
    stereoErrors(graph, { at, hydrogenOf: () => [0, 0, -1] }).length,
  );
});
