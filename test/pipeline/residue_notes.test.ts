/** What is said of letters that are no residue's and of ions that are none, by engines with letters of their own and without. */
import { expect, it } from "vitest";
import { featuriseInput } from "../../src/engines/core/featurise.ts";
import { findEngine } from "../../src/engines/index.ts";

const notesOf = async (engine: string, ...sequences: unknown[]): Promise<string[]> => {
  const notes: string[] = [];
  const text = JSON.stringify([{ name: "x", modelSeeds: [1], sequences }]);
  await featuriseInput(findEngine(engine), text, { file: "x.json" }, { note: (each) => notes.push(each) });
  return notes.filter((each) => /unknown|an ion/.test(each));
};

const sequences = [
  { proteinChain: { sequence: "GXBJK", count: 2, modifications: [{ ptmType: "CCD_SEP", ptmPosition: 4 }] } },
  { dnaSequence: { sequence: "ACGTXNZEQFPL" } },
  { rnaSequence: { sequence: "GUACT" } },
  ...["MG", "GOL", "SO4"].map((ion) => ({ ion: { ion } })),
  { ligand: { ligand: "CCD_GOL" } },
];

it.each(["deepmind", "protenix"])(
  "%s says each once, and nothing of letters that mean unknown residues",
  async (engine) => {
    expect(await notesOf(engine, ...sequences)).toEqual([
      "chain A: letters that proteins do not have count as unknown residues (UNK): B at position 3",
      "chain C: letters that chains of DNA do not have count as unknown residues (DN): Z at position 7, E at position 8, Q at position 9, F at position 10, P at position 11, 1 more",
      "chain D: letters that chains of RNA do not have count as unknown residues (N): T at position 5",
      "chain F: GOL is given as an ion, but has no charge: it is taken as any other ligand",
    ]);
  },
);

it("an engine's own letters are none of them", async () => {
  const dna = { dnaSequence: { sequence: "AUC" } };
  expect(await notesOf("protenix", dna)).toEqual([]);
  expect(await notesOf("deepmind", dna)).toEqual([
    "chain A: letters that chains of DNA do not have count as unknown residues (DN): U at position 2",
  ]);
});
