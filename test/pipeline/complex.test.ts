/** Residues, atoms and tokens of jobs. */
import { describe, expect, it } from "vitest";
import { BadInputError } from "../../src/errors.ts";
import { SLOTS } from "../../src/model/deepmind/sizes.ts";
import { type ComplexOptions, complexOf } from "../../src/pipeline/complex.ts";
import { openDictionary } from "../../src/pipeline/dictionary/dictionary.ts";
import { readJobs } from "../../src/pipeline/input/read.ts";
import { BUCKETS, bucketOf, TOKEN_SLOTS, tokensOf } from "../../src/pipeline/tokens.ts";

const dictionary = await openDictionary();
const make = async (sequences: unknown[], bondedAtomPairs: unknown = null, options: ComplexOptions = {}) => {
  const text = JSON.stringify({
    dialect: "alphafold3",
    version: 4,
    name: "x",
    modelSeeds: [1],
    sequences,
    bondedAtomPairs,
  });
  return complexOf((await readJobs(text, { file: "x.json" }))[0], dictionary, options);
};
const protein = (id: string | string[], sequence: string, ...modifications: [string, number][]) => ({
  protein: { id, sequence, modifications: modifications.map(([ptmType, ptmPosition]) => ({ ptmType, ptmPosition })) },
});
const ligand = (id: string, ...ccdCodes: string[]) => ({ ligand: { id, ccdCodes } });

describe("a complex", () => {
  it("has chains in the reference's order, whatever the input's is", async () => {
    const { chains } = await make([
      ligand("AB", "MG"),
      protein("BA", "GS"),
      protein(["Z", "A"], "G"),
      ligand("AA", "ZN"),
    ]);
    expect(chains.map(({ id }) => id)).toEqual(["A", "Z", "AA", "BA", "AB"]);
  });

  it("drops chains of nothing but one unknown residue, and says so", async () => {
    const { chains, dropped } = await make([
      protein("A", "XXU"),
      { rna: { id: "B", sequence: "TT" } },
      { dna: { id: "C", sequence: "UA" } },
    ]);
    expect([chains.map(({ id }) => id), dropped]).toEqual([["C"], ["A", "B"]]);
    expect(chains[0].residues.map(({ name }) => name)).toEqual(["DN", "DA"]);
    await expect(make([protein("A", "X")])).rejects.toThrow("x: no chain has a residue that is known");
  });

  it("leaves out what leaves: OXT but at the end, OP3 but at the beginning", async () => {
    const { chains } = await make([protein("A", "GG"), { dna: { id: "B", sequence: "TT" } }]);
    const has = (atom: string) =>
      chains.flatMap(({ residues }) => residues.map(({ atoms }) => atoms.some(({ name }) => name === atom)));
    expect(has("OXT")).toEqual([false, true, false, false]);
    expect(has("OP3")).toEqual([false, false, true, false]);
  });

  it("gives unknown amino acids the atoms of glycine", async () => {
    const { chains } = await make([protein("A", "XG")]);
    expect(chains[0].residues[0].atoms.map(({ name }) => name)).toEqual(["N", "CA", "C", "O"]);
  });

  it("leaves O1 of sugars out unless a bond has it", async () => {
    const o1 = async (bonds: unknown, options = {}) =>
      (await make([ligand("A", "NAG", "NAG")], bonds, options)).chains[0].residues.map(({ atoms }) =>
        atoms.some(({ name }) => name === "O1"),
      );
    const bond = [
      [
        ["A", 1, "O4"],
        ["A", 2, "C1"],
      ],
    ];
    expect(await o1(null)).toEqual([false, false]);
    expect(await o1(null, { fixStandaloneGlycans: true })).toEqual([true, true]);
    expect(await o1(bond, { fixStandaloneGlycans: true })).toEqual([false, false]);
    expect(
      await o1([
        [
          ["A", 1, "O1"],
          ["A", 2, "C1"],
        ],
      ]),
    ).toEqual([true, false]);
  });

  it("keeps bonds across residues that have an end in a ligand", async () => {
    const chains = [protein("A", "NGCC"), ligand("B", "NAG", "NAG")];
    const kept = async (...bonds: unknown[]) => (await make(chains, bonds)).bonds.length;
    expect(
      await kept(
        [
          ["A", 1, "ND2"],
          ["B", 1, "C1"],
        ],
        [
          ["B", 1, "O4"],
          ["B", 2, "C1"],
        ],
      ),
    ).toBe(2);
    expect(
      await kept([
        ["A", 3, "SG"],
        ["A", 4, "SG"],
      ]),
    ).toBe(0);
    expect(
      await kept([
        ["B", 1, "O4"],
        ["B", 1, "C1"],
      ]),
    ).toBe(0);
  });

  it("refuses components and atoms that nobody knows", async () => {
    await expect(make([protein("A", "GS", ["ZZZZ", 2])])).rejects.toThrow(
      'chain A, residue 2: the component "ZZZZ" is not among',
    );
    await expect(
      make(
        [ligand("A", "NAG", "NAG")],
        [
          [
            ["A", 1, "XX"],
            ["A", 2, "C1"],
          ],
        ],
      ),
    ).rejects.toThrow(BadInputError);
    await expect(
      make(
        [ligand("A", "NAG", "NAG")],
        [
          [
            ["A", 1, "XX"],
            ["A", 2, "C1"],
          ],
        ],
      ),
    ).rejects.toThrow('a bond names the atom "XX" of residue 1 of chain A, NAG, which has no such atom; it has C1, C2');
  });
});

describe("tokens", () => {
  it("are whole standard residues, and MSE; atoms of all else", async () => {
    const tokens = tokensOf(await make([protein("A", "GMSA", ["MSE", 2], ["SEP", 3]), ligand("B", "GOL")]));
    expect(
      tokens.map(({ residue, atoms }) => `${residue.name}${atoms.length === 1 ? ` ${atoms[0]?.name}` : ""}`),
    ).toEqual([
      "GLY",
      "MSE",
      ..."N CA CB OG C O P O1P O2P O3P".split(" ").map((atom) => `SEP ${atom}`),
      "ALA",
      ..."C1 O1 C2 O2 C3 O3".split(" ").map((atom) => `GOL ${atom}`),
    ]);
    expect(tokens.map(({ column }) => column)).toEqual([0, 1, ...new Array(10).fill(2), 3, 4, 5, 6, 7, 8, 9]);
  });

  it("keep the dictionary's slots, with gaps for what left", async () => {
    const [first, second] = tokensOf(await make([{ rna: { id: "A", sequence: "AC" } }]));
    expect(first.atoms.slice(0, 2).map((atom) => atom?.name)).toEqual(["OP3", "P"]);
    expect(second.atoms.slice(0, 2).map((atom) => atom?.name)).toEqual([undefined, "P"]);
    expect([first, second].map(({ atoms, centre }) => atoms[centre]?.name)).toEqual(["C1'", "C1'"]);
  });

  it("have as many slots as the networks", () => {
    expect(TOKEN_SLOTS).toBe(SLOTS);
  });

  it("are padded to the smallest bucket that holds them", () => {
    expect([1, 128, 129, 5120].map((tokens) => bucketOf(tokens))).toEqual([128, 128, 256, 5120]);
    expect(bucketOf(5121)).toBe(5121);
    expect(bucketOf(7, [])).toBe(7);
    expect(BUCKETS).toHaveLength(15);
  });
});
