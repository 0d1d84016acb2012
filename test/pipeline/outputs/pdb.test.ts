/** PDB, column by column (wwPDB format 3.3), and what does not fit into it. */
import { describe, expect, it } from "vitest";
import { pdbText } from "../../../src/pipeline/outputs/pdb.ts";
import { jobOf, ligand, protein, structureOf } from "../../support/predicted.ts";

const source = { model: "seed-1_sample-0" };
const lines = async (sequences: readonly unknown[], more = {}): Promise<string[]> =>
  [...pdbText(await structureOf(await jobOf(sequences)), { ...source, ...more })].join("").split("\n").slice(0, -1);

describe("a PDB file", () => {
  it("has its columns", async () => {
    const found = (await lines([protein("A", "G"), ligand("B", "MG")])).filter((line) => !line.startsWith("REMARK"));
    expect(found.map((line) => line.trimEnd())).toEqual([
      "TITLE     a_job seed-1_sample-0",
      "ATOM      1  N   GLY A   1       6.000   0.000   0.000  1.00 30.00           N",
      "ATOM      2  CA  GLY A   1       3.242   5.049   1.500  1.00 37.12           C",
      "ATOM      3  C   GLY A   1      -2.497   5.456   3.000  1.00 44.25           C",
      "ATOM      4  O   GLY A   1      -5.940   0.847   4.500  1.00 51.37           O",
      "ATOM      5  OXT GLY A   1      -3.922  -4.541   6.000  1.00 58.49           O",
      "TER       6      GLY A   1",
      "HETATM    7 MG    MG B   1       1.702  -5.754   7.500  1.00 65.61          MG",
      "END",
    ]);
    for (const line of await lines([protein("A", "GS")])) expect(line).toHaveLength(80);
  });

  it("names chains of longer ids by free letters, and says which", async () => {
    const found = await lines([ligand(["A", "AA", "B", "BA"], "MG")]);
    expect(found.filter((line) => line.startsWith("REMARK   4")).map((line) => line.trimEnd())).toEqual([
      "REMARK   4 CHAIN C IS AA",
      "REMARK   4 CHAIN D IS BA",
    ]);
    expect(found.filter((line) => line.startsWith("HETATM")).map((line) => line[21])).toEqual([..."ABCD"]);
  });

  it("says that its weights were random, within the columns", async () => {
    const found = await lines([ligand("A", "MG")], { randomWeights: 0 });
    expect(found.join(" ").replace(/\s+/g, " ")).toMatch(
      /MADE WITH RANDOM WEIGHTS \(seed 0\): THIS IS NO PREDICTION, AND ITS REMARK 1 CONFIDENCES/,
    );
    for (const line of found) expect(line).toHaveLength(80);
  });

  it.each<[string, readonly unknown[], string]>([
    [
      "too many chains",
      [ligand(ids(63), "MG")],
      "a_job: a PDB file names at most 62 chains, and there are 63: write mmCIF",
    ],
    [
      "too many residues",
      [protein("A", "G".repeat(10_000))],
      "a_job: a PDB file numbers at most 9999 residues of a chain, and A has 10000: write mmCIF",
    ],
    [
      "a long name of a component",
      [{ ligand: { id: "L", smiles: "CCO" } }],
      "a_job: a PDB file names components by at most 3 characters, and chain L has LIG_L: write mmCIF",
    ],
    [
      "too many atoms",
      [protein(ids(3), "W".repeat(3000))],
      "a_job: a PDB file numbers at most 99999 atoms and ends of chains, and there are 126006: write mmCIF",
    ],
  ])("is refused for %s before it begins", async (_, sequences, message) => {
    const structure = await structureOf(await jobOf(sequences));
    expect(() => pdbText(structure, source)).toThrow(message);
  });

  it("is refused where a coordinate has no room", async () => {
    const structure = await structureOf(await jobOf([ligand("A", "MG")]));
    expect(() => pdbText({ ...structure, positions: [1, -1000, 1] }, source)).toThrow(
      "a_job: chain A, residue 1 (MG), atom MG is at -1000.000 Å, which a PDB file has no room for: write mmCIF",
    );
    expect([...pdbText({ ...structure, positions: [1, -999.999, 9999.999] }, source)].join("")).toContain(
      "-999.9999999.999",
    );
  });
});

/** Ids of so many chains. */
function ids(count: number): string[] {
  const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  return [...letters, ...letters.flatMap((a) => letters.map((b) => a + b))].slice(0, count);
}
